package structure

import "testing"

func TestReindented(t *testing.T) {
	const (
		goBody = "package p\n\nfunc f() {\n\t‸\n}\n"
		goIf   = "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n"
		py     = "def f():\n    ‸\n"
		js     = "function f() {\n  ‸\n}\n"
		js2    = "function f() {\n  if (x) {\n    ‸\n  }\n}\n"
		cTabs  = "int f(void)\n{\n\t‸\n}\n"
		java   = "class A {\n    void f() {\n        ‸\n    }\n}\n"
	)
	for _, test := range []struct {
		lang      *Language
		text      string
		generated string
		want      string
	}{
		{goLang, goBody, "if x {\n\t\ty()\n\t}", "if x {\n\t\ty()\n\t}"},
		{goLang, goBody, "if x {\n        y()\n    }", "if x {\n\t\ty()\n\t}"},
		{goLang, goBody, "if x {\n\t    y()\n\t}", "if x {\n\t\ty()\n\t}"},
		{goLang, goIf, "a()\n        b()\n    }", "a()\n\t\tb()\n\t}"},
		{goLang, goBody, "s := `\n        a`\n\tb()", "s := `\n        a`\n\tb()"},
		{goLang, "package p\n\n‸\n", "func f() {\n    x()\n}", "func f() {\n    x()\n}"}, // no line to go by
		{pythonLang, py, "if x:\n      y()\n    z()", "if x:\n        y()\n    z()"},
		{pythonLang, py, "if x:\n\t\ty()\n\tz()", "if x:\n        y()\n    z()"},
		{pythonLang, py, "x = g(1,\n          2)", "x = g(1,\n          2)"},
		{pythonLang, "class A:\n    def f(self):\n        ‸\n", "return 1\n    y = 2", "return 1\n    y = 2"},
		{javaScriptLang, js, "if (x) {\n    y();\n  }", "if (x) {\n    y();\n  }"},
		{javaScriptLang, js, "if (x) {\n        y();\n    }", "if (x) {\n    y();\n  }"},
		{javaScriptLang, js, "if (x) {\n      y();\n      if (z) {\n          a();\n      }\n  }", "if (x) {\n    y();\n    if (z) {\n      a();\n    }\n  }"},
		{javaScriptLang, js2, "if (a) {\n            b();\n        }", "if (a) {\n      b();\n    }"},
		{javaScriptLang, js, "a();\n    b();", "a();\n  b();"},
		{javaScriptLang, js, "a\n    .b()\n    .c();", "a\n    .b()\n    .c();"},
		{typeScriptLang, js, "if (x) {\n\t\ty();\n\t}", "if (x) {\n    y();\n  }"},
		{cLang, cTabs, "if (x) {\n        y();\n    }", "if (x) {\n\t\ty();\n\t}"},
		{cLang, cTabs, "switch (x) {\n\tcase 1:\n\t\ty();\n\t}", "switch (x) {\n\tcase 1:\n\t\ty();\n\t}"},
		{javaLang, java, "f(\n                a);", "f(\n                a);"},
		{javaLang, java, "if (x) {\n          y();\n        }", "if (x) {\n            y();\n        }"},
		{javaLang, java, "if (x) {\r\n          y();\r\n        }", "if (x) {\r\n            y();\r\n        }"},
		{rustLang, "fn f() {\n    ‸\n}\n", "if x {\n\t\ty();\n\t}", "if x {\n        y();\n    }"},
		{plainLang, "a:\n  ‸\n", "b:\n\t\tc", "b:\n    c"},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		if got := tree.Hole(start, end).reindented(test.generated); got != test.want {
			t.Errorf("%s %q with %q: %q, want %q", test.lang, test.text, test.generated, got, test.want)
		}
	}
}

// A text that is indented otherwise is shown as the buffer is indented, and said
// to have been changed.
func TestFitReindents(t *testing.T) {
	tree, start, end := parseMarked(t, pythonLang, "def f():\n  ‸\n")
	got, err := tree.Fit(t.Context(), tree.Hole(start, end), "if x:\n        return 1\n    return 2\n\ndef g():")
	if err != nil {
		t.Fatal(err)
	}
	if want := "if x:\n    return 1\n  return 2"; got.Text != want || !got.Reindented || !got.Verdict.OK() {
		t.Errorf("%q, %+v, want %q", got.Text, got, want)
	}
}
