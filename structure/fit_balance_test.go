//go:build cgo

package structure

import "testing"

// A hole in a block that nothing closes owes its closer, and one before lines
// that nothing opens owes an opener.
func TestFitBalances(t *testing.T) {
	const (
		ifGo     = "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\n\tz()\n}\n\nfunc g() {\n}\n"
		bodyGo   = "package p\n\nfunc f() {\n\t‸\n\t\ty()\n\t}\n}\n"
		switchGo = "package p\n\nfunc f() {\n\t‸\n\tcase 1:\n\t\ty()\n\t}\n}\n"
		callGo   = "package p\n\nfunc f() {\n\tg(func() {\n\t\tx()\n\t‸\n\ty()\n}\n"
	)
	runFitTests(t, []fitTest{
		{goLang, ifGo, "y()\n\t}", "y()\n\t}", "ok"},
		{goLang, ifGo, "y()", "y()\n\t}", "ok"},
		{goLang, ifGo, "y()\n\t} else {\n\t\ta()\n\t}\n\n\tz()\n}", "y()\n\t} else {\n\t\ta()\n\t}", "ok"},
		{goLang, ifGo, "y() z", "y() z", "adds a parse error at line 5"},
		{goLang, ifGo, "if y {\n\t\t\ta()\n\t\t}", "if y {\n\t\t\ta()\n\t\t}\n\t}", "ok"},
		{goLang, callGo, "})", "})", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tswitch x {\n\tcase 1:\n\t\t‸\n\n\tz()\n}\n", "y()", "y()\n\t}", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tv := T{\n\t\tA: 1,\n\t\t‸\n}\n", "B: 2,", "B: 2,\n\t}", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸\n}\n", "a, b", "a, b)", "ok"},
		{goLang, "package p\r\n\r\nfunc f() {\r\n\tif x {\r\n\t\t‸\r\n}\r\n", "y()\r\n\t}\r\n", "y()\r\n\t}", "ok"},
		{goLang, bodyGo, "if x {", "if x {", "ok"},
		{goLang, bodyGo, "if x {\n\t\tz()\n\t}\n\n\ta()", "if x {", "ok"},
		{goLang, bodyGo, "a()", "a()", "adds a parse error at line 4"},
		{goLang, bodyGo, "if x z {", "if x z {", "adds a parse error at line 4"},
		{goLang, bodyGo, "// A comment.", "// A comment.", "adds a parse error at line 4"},
		{goLang, switchGo, "switch x {", "switch x {", "ok"},
		{goLang, switchGo, "if x {", "if x {", "adds a parse error at line 5"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸))\n}\n", "g(a)", "g(a", "ok"},

		{pythonLang, "def f():\n    x = g(1,\n    ‸\n\ndef h():\n    pass\n", "y)", "y)", "ok"},
		{pythonLang, "def f():\n    x = g(1,\n    ‸\n\ndef h():\n    pass\n", "y", "y)", "ok"},
		{pythonLang, "x = [\n    1,\n    ‸\n\ny = 2\n", "2,", "2,\n]", "ok"},
		{javaScriptLang, "function f() {\n  if (x) {\n    ‸\n\n  z();\n}\n", "y();", "y();\n  }", "ok"},
		{javaScriptLang, "a(() => {\n  ‸\n\nconst x = 1;\n", "b();", "b();\n})", "ok"},
		{typeScriptLang, "class A {\n  f(): number {\n    if (x) {\n      ‸\n  }\n\n  g() {}\n}\n", "return 1;", "return 1;\n    }", "ok"},
		{javaLang, "class A {\n    int f() {\n        if (x) {\n            ‸\n    }\n\n    int g() { return 1; }\n}\n", "return 1;", "return 1;\n        }", "ok"},
		{javaLang, "class A {\n    void f() {\n        ‸\n            y();\n        }\n    }\n}\n", "if (x) {\n            z();\n        }", "if (x) {", "ok"},
		{cLang, "int f(void) {\n    if (x) {\n        ‸\n    return 1;\n}\n\nint g(void) { return 2; }\n", "return 0;", "return 0;\n    }", "ok"},
		{cLang, "int f(void) {\n    switch (x) {\n    case 1:\n        ‸\n    return 1;\n}\n", "return 0;", "return 0;\n    }", "ok"},
		{rustLang, "fn f() -> i32 {\n    if x {\n        ‸\n\n    1\n}\n\nfn g() {}\n", "return 2;", "return 2;\n    }", "ok"},
		{rustLang, "fn f() {\n    ‸\n        y();\n    }\n}\n", "for x in z {\n        w();\n    }", "for x in z {", "ok"},
	})
}

// While someone types, the file is often broken in other places than the hole,
// or ends too early.
func TestFitInBrokenCode(t *testing.T) {
	const endsEarly = "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n"
	runFitTests(t, []fitTest{
		{goLang, endsEarly, "y()", "y()", "ok"},
		{goLang, endsEarly, "y()\n\t}\n\tz()\n}\n\nfunc g() {", "y()\n\t}\n\tz()\n}", "ok"},
		{goLang, endsEarly, "y z w", "y z w", "adds a parse error at line 5"},
		{goLang, endsEarly, "y(z(", "y(z(", "adds a parse error at line 5"},
		{goLang, "package p\n\nfunc f() {\n\tx := foo(a b, ‸)\n}\n", "c", "c", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx := foo(‸, a b)\n}\n", "c", "c", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx := a b\n\t‸\n}\n", "y()", "y()", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tfoo(a, b\n\n\tx()\n\t‸\n\tz()\n}\n\nfunc g() {\n\th()\n}\n", "y()", "y()", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx(a))\n\t‸\n}\n", "y()", "y()", "ok"},
		{goLang, "package p\n\nfunc f() {\n\t‸\n\tx(a))\n}\n", "y()", "y()", "ok"},
		{goLang, "package p\n\nfunc f() {\n\t‸\n}\n\nfunc g() {\n\tx()\n\t}\n}\n", "y()", "y()", "ok"},
		{goLang, "package p\n\nfunc f() {\n\ts := \"a\n\t‸\n}\n", "y()", "y()", "ok"},

		{pythonLang, "def f():\n    if x\n        ‸\n", "return 1", "return 1", "ok"},
		{pythonLang, "if x:\n    ‸", "return 1", "return 1", "ok"},
		{javaScriptLang, "function f() {\n  if (x) {\n    ‸", "y();", "y();", "ok"},
		{javaScriptLang, "function f() {\n  a(1;\n  ‸\n}\n", "b();", "b();", "ok"},
		{javaScriptLang, "function f() {\n  ‸\n}\n\nfunction g() {\n}\n}\n", "if (x) {\n    y();\n  }", "if (x) {\n    y();\n  }", "ok"},
		{javaLang, "class A {\n    int f() {\n        ‸", "return 1;", "return 1;", "ok"},
		{javaLang, "class A {\n    void e() {\n        if (x) {\n\n    void f() {\n        ‸\n    }\n}\n", "g();", "g();", "ok"},
		{cLang, "#define F(x) {\nint f(void) {\n    ‸\n}\n", "return 0;", "return 0;", "ok"},
		{cLang, "int f(void) {\n    g(a b);\n    ‸\n}\n", "return 0;", "return 0;", "ok"},
		{rustLang, "fn f() -> i32 {\n    ‸", "1", "1", "ok"},
		{rustLang, "fn f() {\n    let x = a b;\n    ‸\n}\n", "y();", "y();", "ok"},
	})
}

// Grammars take a keyword for a name where it cannot be a keyword.
func TestFitKeywords(t *testing.T) {
	runFitTests(t, []fitTest{
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "a, if", "a, if", "adds a parse error at line 4"},
		{goLang, "package p\n\nfunc f() {\n\tx := ‸\n}\n", "a[type].b", "a[type].b", "adds a parse error at line 4"},
		{rustLang, "impl A {\n    fn f() -> A {\n        ‸\n    }\n}\n", "Self { a: 1 }", "Self { a: 1 }", "ok"},
		{pythonLang, "def f(self):\n    return ‸\n", "self.a is None", "self.a is None", "ok"},
		{javaLang, "class A {\n    int f() {\n        ‸\n    }\n}\n", "return this.a;", "return this.a;", "ok"},
	})
}
