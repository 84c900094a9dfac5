package structure

import "testing"

func TestHolePlace(t *testing.T) {
	for _, test := range []struct {
		lang *Language
		text string
		want Place
	}{
		{goLang, "‸", TopLevel},
		{goLang, "package p\n\n‸\n", TopLevel},
		{goLang, "package p\n\nfunc f() {\n}\n\n‸", TopLevel},
		{goLang, "package p\n\nfunc f() {\n\tx()\n\t‸\n}\n", Statement},
		{goLang, "package p\n\nfunc f() {\n\t‸\n}\n", Block},
		{goLang, "package p\n\nfunc f() {‸}\n", Block},
		{goLang, "package p\n\nfunc f() {‸\n\tx()\n}\n", LineTail},
		{goLang, "package p\n\nfunc f() {\n\tswitch x {\n\tcase 1:\n\t\t‸\n\t}\n}\n", Statement},
		{goLang, "package p\n\nfunc f() {\n\tdefer s.‸\n\treturn 1\n}\n", LineTail},
		{goLang, "package p\n\nfunc f() {\n\tx := ‸\n}\n", LineTail},
		{goLang, "package p\n\nfunc f() {\n\tif ‸ {\n\t}\n}\n", Expression},
		{goLang, "package p\n\nfunc f() {\n\tx := ‸ + 1\n}\n", Expression},
		{goLang, "package p\n\nfunc f() {\n\tg(1, ‸)\n}\n", Argument},
		{goLang, "package p\n\nfunc f() {\n\tg(1, ‸\n}\n", Argument},
		{goLang, "package p\n\nfunc f(a int, ‸) {\n}\n", Argument},
		{goLang, "package p\n\nfunc f() {\n\tx := (a + ‸)\n}\n", Expression},
		{goLang, "package p\n\nfunc f() {\n\tx := a[‸]\n}\n", Expression},
		{goLang, "package p\n\nvar t = T{\n\tA: 1,\n\t‸\n}\n", Expression},
		{goLang, "package p\n\nvar t = []int{‸", Expression},
		{goLang, "package p\n\ntype T struct {\n\tA int\n\t‸\n}\n", Member},
		{goLang, "package p\n\ntype T struct {\n\t‸\n}\n", Member},
		{goLang, "package p\n\ntype I interface {\n\t‸\n", Member},
		{goLang, "package p\n\nvar s = \"a ‸ b\"\n", String},
		{goLang, "package p\n\nvar s = `a\n‸\n`\n", String},
		{goLang, "package p\n\n// a ‸\n", Comment},
		{goLang, "package p\n\n/* a\n‸\n*/\n", Comment},
		{goLang, "package p\n\nfunc f() {\n\tx(‸1, 2‸)\n}\n", Argument},

		{pythonLang, "x = 1\n‸\n", TopLevel},
		{pythonLang, "def f():\n    ‸\n", Block},
		{pythonLang, "def f():\n    ‸\n\nx = 1\n", Block},
		{pythonLang, "def f():\n    ‸\n    return 1\n", Statement},
		{pythonLang, "def f():\n    x = 1\n    ‸\n", Statement},
		{pythonLang, "class C:\n    x = 1\n    ‸\n", Member},
		{pythonLang, "class C:\n    def f(self):\n        x\n        ‸\n", Statement},
		{pythonLang, "def f():\n    return ‸\n", LineTail},
		{pythonLang, "f(a, ‸)\n", Argument},
		{pythonLang, "x = [a for a in ‸]\n", Expression},
		{pythonLang, "x = '''a\n‸\n'''\n", String},
		{pythonLang, "x = 1 # ‸\n", Comment},

		{javaScriptLang, "function f() {\n  ‸\n}\n", Block},
		{javaScriptLang, "const f = () => {\n  a();\n  ‸\n};\n", Statement},
		{javaScriptLang, "const f = () => {\n  ‸", Statement},
		{javaScriptLang, "const o = {\n  a: 1,\n  ‸\n};\n", Expression},
		{javaScriptLang, "class A {\n  ‸\n}\n", Member},
		{javaScriptLang, "const s = `a ${‸} b`;\n", Expression},
		{javaScriptLang, "const s = `a ${b} ‸`;\n", String},
		{javaScriptLang, "if (/[(]/.test(‸)) {}\n", Argument},
		{javaScriptLang, "const x = a / b / ‸;\n", LineTail},
		{typeScriptLang, "interface A {\n  ‸\n}\n", Member},
		{typeScriptLang, "enum A {\n  B,\n  ‸\n}\n", Member},
		{tsxLang, "const a = <p>{‸}</p>;\n", Expression},
		{tsxLang, "const a = <p>it's {b‸}</p>;\n", Expression},
		{javaLang, "class A {\n    void f() {\n        ‸\n    }\n}\n", Block},
		{javaLang, "class A {\n    ‸\n}\n", Member},
		{javaLang, "class A {\n    int[] a = {1, ‸};\n}\n", Expression},
		{cLang, "int main(void) {\n    f();\n    ‸\n}\n", Statement},
		{cLang, "struct s {\n    ‸\n};\n", Member},
		{cLang, "int a[] = {1, ‸};\n", Expression},
		{cppLang, "auto s = R\"x(a ) \" ‸)x\";\n", String},
		{cppLang, "int n = 1'000'000; f(‸);\n", Argument},
		{cppLang, "namespace n {\n‸\n}\n", Member},
		{rustLang, "fn f<'a>(x: &'a str) {\n    ‸\n}\n", Block},
		{rustLang, "impl A {\n    fn f() {}\n    ‸\n}\n", Member},
		{rustLang, "fn f() {\n    match x {\n        'a' => ‸\n    }\n}\n", LineTail},
		{rustLang, "let s = r#\"a \" ‸\"#;\n", String},
		{rustLang, "/* a /* b */ ‸ */\n", Comment},

		{plainLang, "a\n‸\n", TopLevel},
		{plainLang, "a {\n  ‸\n}\n", Block},
		{plainLang, "a\n  b\n  ‸\n", Statement},
		{plainLang, "x = \"a ‸\"\n", String},
		{plainLang, "# it's ‸\n", Comment},
		{plainLang, "it's f(‸\n", Argument},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		if got := tree.Hole(start, end).Place; got != test.want {
			t.Errorf("%s %q: place %v, want %v", test.lang, test.text, got, test.want)
		}
	}
}

func TestHoleBrackets(t *testing.T) {
	for _, test := range []struct {
		lang          *Language
		text          string
		open, closers string
	}{
		{goLang, "package p\n\nfunc f() {\n\tg(‸)\n}\n", "{(", ")}"},
		{goLang, "package p\n\nfunc f() {\n\tg(‸\n}\n", "{(", "}"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n}\n", "{{", "}"},
		{goLang, "package p\n\nfunc f() {\n\tif x {‸\n\ty()\n}\n\nfunc g() {\n}\n", "{{", "}"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n", "{{", "}}"},
		{goLang, "package p\n\nfunc f() {\n\tgo func() {\n\t\t‸\n\t}()\n}\n", "{{", "}}"},
		{goLang, "package p\n\nfunc f() {\n\tx.do(\"(\", ')', `[`, /* { */ ‸)\n}\n", "{(", ")}"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸ // )\n}\n", "{(", "}"},
		{goLang, "package p\n\nfunc f() {\n\tg(\n\nfunc h() {\n\t‸\n}\n", "{({", "}"},
		{goLang, "package p\n\nfunc f() {\n\ts := \"(\n\tg(‸)\n}\n", "{(", ")}"},
		{pythonLang, "f(a, [‸\n", "([", ""},
		{pythonLang, "f(a, [‸])\n", "([", "])"},
		{javaScriptLang, "a(() => {\n  b(`${c(‸)}`);\n});\n", "({({(", ")})})"},
		{javaScriptLang, "const r = /[({]/; f(‸)\n", "(", ")"},
		{cppLang, "auto s = R\"(( [ {)\"; f(‸)\n", "(", ")"},
		{tsxLang, "const a = <p>it's {f(‸)}</p>;\n", "{(", ")}"},
		{javaScriptLang, "case'(': f(‸)\n", "(", ")"},
		{rustLang, "fn f<'a>() { g('(', '\\'', \"{\", ‸) }\n", "{(", ")}"},
		{plainLang, "a (b [‸] c\n", "([", "]"},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		h := tree.Hole(start, end)
		if h.Open != test.open || h.Closers != test.closers {
			t.Errorf("%s %q: open %q closers %q, want %q and %q", test.lang, test.text, h.Open, h.Closers, test.open, test.closers)
		}
	}
}

func TestHoleQuote(t *testing.T) {
	for _, test := range []struct {
		lang   *Language
		text   string
		quote  string
		closed bool
	}{
		{goLang, "package p\n\nvar s = \"a‸\"\n", `"`, true},
		{goLang, "package p\n\nvar s = f(\"a‸)\n", `"`, false},
		{goLang, "package p\n\nvar s = f(\"a‸, \"b\")\n", `"`, false},
		{goLang, "package p\n\nvar s = f(\"a‸\", \"b\")\n", `"`, true},
		{goLang, "package p\n\nvar s = `a‸\n`\n", "`", true},
		{goLang, "package p\n\nvar s = `a‸\n\nvar r = `b`\n", "`", false},
		{goLang, "package p\n\n/* a‸ */\n", "*/", true},
		{goLang, "package p\n\n/* a‸\n", "*/", false},
		{goLang, "package p\n\n// a‸\n", "", false},
		{goLang, "package p\n\nvar s = ‸\"a\"\n", "", false},
		{pythonLang, "def f():\n    \"\"\"a‸\n    \"\"\"\n", `"""`, true},
		{javaScriptLang, "f(`a ‸ ${b} c`)\n", "`", true},
		{cppLang, "auto s = R\"x(a‸)x\";\n", `)x"`, true},
		{rustLang, "let s = r##\"a‸\"##;\n", `"##`, true},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		h := tree.Hole(start, end)
		if h.Quote != test.quote || h.QuoteClosed != test.closed {
			t.Errorf("%s %q: quote %q %v, want %q %v", test.lang, test.text, h.Quote, h.QuoteClosed, test.quote, test.closed)
		}
	}
}

func TestHoleIndent(t *testing.T) {
	for _, test := range []struct {
		lang         *Language
		text         string
		indent, unit string
	}{
		{goLang, "‸", "", "\t"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\ty‸()\n", "\t\t", "\t"},
		{goLang, "package p\n\nfunc f() {\n‸\t\tx()\n}\n", "", "\t"},
		{goLang, "package p\n\nfunc f() {\n    if x {\n        ‸\n    }\n}\n", "        ", "    "},
		{pythonLang, "‸", "", "    "},
		{pythonLang, "def f():\n  if x:\n    ‸\n", "    ", "  "},
		{pythonLang, "def f():\n\tif x:\n\t\t‸\n", "\t\t", "\t"},
		{javaScriptLang, "f(‸)", "", "  "},
		{javaScriptLang, "function f() {\r\n    a();\r\n    ‸\r\n}\r\n", "    ", "    "},
		{plainLang, "a:\n   b:\n      ‸\n", "      ", "   "},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		h := tree.Hole(start, end)
		if h.Indent != test.indent || h.IndentUnit != test.unit {
			t.Errorf("%s %q: indent %q unit %q, want %q and %q", test.lang, test.text, h.Indent, h.IndentUnit, test.indent, test.unit)
		}
	}
}

func TestHoleMovesOffsetsIntoTheText(t *testing.T) {
	tree := mustParse(t, goLang, "package p\n")
	for _, test := range []struct{ start, end, wantStart, wantEnd int }{
		{-1, -1, 0, 0},
		{5, 2, 5, 5},
		{100, 200, 10, 10},
		{3, 200, 3, 10},
	} {
		h := tree.Hole(test.start, test.end)
		if h.Start != test.wantStart || h.End != test.wantEnd {
			t.Errorf("Hole(%d, %d) is [%d, %d)", test.start, test.end, h.Start, h.End)
		}
	}
}
