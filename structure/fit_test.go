package structure

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// A cutTest is a case for one step: text with its hole marked, what was
// generated, and what the step leaves of it.
type cutTest struct {
	lang      *Language
	text      string
	generated string
	want      string
}

func runCutTests(t *testing.T, step func(*fitting, int) int, tests []cutTest) {
	t.Helper()
	for _, test := range tests {
		tree, start, end := parseMarked(t, test.lang, test.text)
		hole := tree.Hole(start, end)
		f := &fitting{Hole: hole, text: tree.replaced(start, end, test.generated)}
		cut := step(f, start+len(test.generated))
		if got := f.text[start:cut]; got != test.want {
			t.Errorf("%s %q with %q: left %q, want %q", test.lang, test.text, test.generated, got, test.want)
		}
	}
}

// A fitTest is a case for all steps: text with its hole marked, what was
// generated, what is left of it, and the verdict.
type fitTest struct {
	lang      *Language
	text      string
	generated string
	want      string
	verdict   string
}

func runFitTests(t *testing.T, tests []fitTest) {
	t.Helper()
	for _, test := range tests {
		tree, start, end := parseMarked(t, test.lang, test.text)
		got, err := tree.Fit(t.Context(), tree.Hole(start, end), test.generated)
		if err != nil {
			t.Fatal(err)
		}
		if got.Text != test.want || got.Verdict.String() != test.verdict {
			t.Errorf("%s %q with %q: %q, %v, want %q, %s", test.lang, test.text, test.generated, got.Text, got.Verdict, test.want, test.verdict)
		}
		rest, ok := test.generated, true
		for _, cut := range got.Cuts {
			rest, ok = strings.CutSuffix(rest, cut.Text)
			if !ok || cut.Text == "" || cut.Reason == OK {
				t.Errorf("%s %q with %q: cut off were %+v", test.lang, test.text, test.generated, got.Cuts)
			}
		}
		if strings.TrimSpace(rest) != strings.TrimSpace(strings.TrimSuffix(got.Text, got.Added)) {
			t.Errorf("%s %q with %q: %+v leave %q, not %q", test.lang, test.text, test.generated, got.Cuts, rest, got.Text)
		}
	}
}

func TestFit(t *testing.T) {
	const (
		closeConn = "package p\n\nfunc (s *S) Close() error {\n\ts.mu.Lock()\n\tdefer s.‸\n\treturn s.conn.Close()\n}\n"
		ifErr     = "package p\n\nfunc f() error {\n\tif err != nil {\n\t\t‸\n\t}\n\treturn nil\n}\n"
		body      = "package p\n\nfunc f() error {\n\t‸\n}\n"
	)
	runFitTests(t, []fitTest{
		{goLang, closeConn, "mu.Unlock()", "mu.Unlock()", "ok"},
		{goLang, closeConn, "mu.Unlock()\n", "mu.Unlock()", "ok"},
		{goLang, closeConn, "mu.Unlock()\n\treturn s.conn.Close()\n}", "mu.Unlock()", "ok"},
		{goLang, closeConn, "mu.Unlock()\n\treturn s.conn.Cl", "mu.Unlock()", "ok"},
		{goLang, closeConn, "mu.Unlock()\n\treturn s.conn.Close()\n}\n\nfunc g() {\n}\n", "mu.Unlock()", "ok"},
		{goLang, closeConn, "mu.Unlock(", "mu.Unlock(", "adds a parse error at line 5"},
		{goLang, closeConn, "mu.Unlock() )", "mu.Unlock()", "ok"},
		{goLang, ifErr, "return nil\n\t}", "return nil", "ok"},
		{goLang, ifErr, "return err\n\t}\n\treturn nil\n}", "return err", "ok"},
		{goLang, ifErr, "if x {\n\t\t\treturn err\n\t\t} else {\n\t\t\treturn x\n\t\t}\n\t}", "if x {\n\t\t\treturn err\n\t\t} else {\n\t\t\treturn x\n\t\t}", "ok"},
		{goLang, ifErr, "}", "", "repeats the suffix"},
		{goLang, ifErr, "\n\t}\n\treturn nil", "", "leaves the block"},
		{goLang, ifErr, "if {", "if {", "adds a parse error at line 5"},
		{goLang, body, "return nil\n}\n\nfunc g() {", "return nil", "ok"},
		{goLang, body, "for {\n\t\tx()\n\t}\n\treturn nil", "for {\n\t\tx()\n\t}\n\treturn nil", "ok"},
		{goLang, body, "s := `\nx\n`\n\treturn s", "s := `\nx\n`\n\treturn s", "ok"},
		{goLang, body, "", "", "empty"},
		{goLang, body, "nnnnnnnnnnnnnnnnnnnnnnnn", "", "repeats itself"},
		{goLang, body, " \n\t\n", "", "empty"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "a, b)", "a, b", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "a, g(b))\n\ty()", "a, g(b)", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸\n}\n", "a, b)\n\ty()\n}", "a, b)\n\ty()", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tif ‸ {\n\t\treturn\n\t}\n}\n", "x > 0 {\n\t\treturn\n\t}", "x > 0", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tif x‸\n}\n", " > 0 {\n\t\treturn\n\t}", " > 0 {\n\t\treturn\n\t}", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tfor ‸i < n; i++ {\n\t}\n}\n", "i := 0; i < n; i++ {", "i := 0; ", "ok"},
		{goLang, "package p\n\nvar s = \"a‸\"\n", "b\"", "b", "ok"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸1, 2‸)\n}\n", "3, 4)", "3, 4", "ok"},
		{goLang, "package p\n\n‸", "func f() {\n\tx()\n}\n", "func f() {\n\tx()\n}", "ok"},
		{goLang, "package p\r\n\r\nfunc f() {\r\n\t‸\r\n}\r\n", "x()\r\n}\r\n", "x()", "ok"},
		// The buffer has an error of its own after the hole, and before it.
		{goLang, "package p\n\nfunc f() {\n\t‸\n}\n\nfunc ) {\n}\n", "x()", "x()", "ok"},
		{goLang, "package p\n\nfunc e() {\n\tif x {\n\nfunc f() {\n\t‸\n}\n", "x()", "x()", "ok"},
		{goLang, "package p\n\nfunc e() {\n\tif x {\n\nfunc f() {\n\t‸\n}\n", "x(", "x(", "adds a parse error at line 7"},

		{pythonLang, "def f(x):\n    if x:\n        ‸\n    return 2\n", "return 1\n    else:\n        return 3", "return 1", "ok"},
		{pythonLang, "def f(x):\n    ‸\n", "if x:\n        return 1\n\n    else:\n        return 3\n\ndef g():", "if x:\n        return 1\n\n    else:\n        return 3", "ok"},
		{pythonLang, "def f(x):\n    ‸\n    return 1\n", "x += 1\n    return 1", "x += 1", "ok"},
		{pythonLang, "def f(x):\n    ‸\n", "return (", "return (", "adds a parse error at line 2"},
		{javaScriptLang, "a(() => {\n  ‸\n});\n", "b();\n});", "b();", "ok"},
		{javaScriptLang, "const s = `a ${‸} b`;\n", "x} c`;", "x", "ok"},
		{tsxLang, "const a = <p>{‸}</p>;\n", "b}</p>;", "b", "ok"},
		{javaLang, "class A {\n    int f() {\n        ‸\n    }\n}\n", "return 1;\n    }\n\n    int g() {", "return 1;", "ok"},
		{cLang, "int f(void) {\n    ‸\n}\n", "return 1;\n}\n", "return 1;", "ok"},
		{cppLang, "int f() {\n    std::vector<int> v{‸};\n}\n", "1, 2};", "1, 2", "ok"},
		{rustLang, "fn f() -> i32 {\n    let x = ‸;\n    x\n}\n", "g('a', \")\");\n    x\n}", "g('a', \")\")", "ok"},

		{plainLang, "a {\n  ‸\n}\n", "b (c)\n}", "b (c)", "ok"},
		{plainLang, "a {\n  ‸\n}\n", "b (c", "b (c", "adds a parse error at line 2"},
		{plainLang, "a {\n  ‸\n}\n", "b [(c]", "b [(c]", "adds a parse error at line 2"},
	})
}

func TestFitRefuses(t *testing.T) {
	tree := mustParse(t, goLang, "package p\n")
	other := mustParse(t, goLang, "package p\n")
	if _, err := tree.Fit(t.Context(), other.Hole(3, 3), "x"); err == nil {
		t.Error("a hole of another tree was accepted")
	}
	if _, err := tree.Fit(t.Context(), Hole{}, "x"); err == nil {
		t.Error("a hole of no tree was accepted")
	}
	if _, err := tree.Fit(t.Context(), tree.Hole(3, 3), strings.Repeat("x", MaxGenerated+1)); err == nil {
		t.Error("a text beyond the limit was accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tree.Fit(ctx, tree.Hole(3, 3), "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestLeaves gives a text byte by byte: it leaves the hole once what was written
// last is cut off, and from then on.
func TestLeaves(t *testing.T) {
	for _, test := range []struct {
		lang         *Language
		text         string
		stays, leave string
	}{
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n", "a(b)\n\t\tc()\n\t", "}\n}"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n", "for {\n\t\t\ta()\n\t\t}\n\t", "d()"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "a, g(b)", ")"},
		{goLang, "package p\n\nvar s = \"a‸\"\n", "b (c", "\" + d"},
		{goLang, "package p\n\nfunc f() {\n\t‸\n\treturn s.conn.Close()\n}\n", "return s.conn.Close()", ""},
		{goLang, "package p\n\nfunc f() {\n\t‸\n\treturn nil\n}\n", "a()\n\treturn nil", ""},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\tfor {\n\t\t\t‸\n\t\t}\n\t}\n}\n", "if y {\n\t\t\t\tbreak\n\t\t\t}\n\t\t\tz()", "\n\t\t}"},
		{goLang, "package p\n\nfunc f() {\n\t‸\n}\n", "x += 1\n\tx += 1\n\tx += 10\n", "\ty()\n\ty()\n\ty()"},
		{pythonLang, "def f():\n    ‸\n", "x = 1\n    elsewhere = 3\n    exceptional = 4", "\n    else:"},
		{rustLang, "fn f() {\n    g(‸)\n}\n", "')', 'x'", ")"},
		{goLang, "package p\n\nfunc f() {\n\tx := ‸\n}\n", "xyxyxyxyxyxyxy", "xyxy"},
		{pythonLang, "def f(x):\n    if x:\n        ‸\n    return 2\n", "return 1\n    ", "y = 1"},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		hole := tree.Hole(start, end)
		for n := range len(test.stays) + 1 {
			if hole.Leaves(test.stays[:n]) {
				t.Errorf("%q leaves after %q", test.text, test.stays[:n])
			}
		}
		for _, rest := range []string{test.leave + "\n", test.leave + "\nx()\n"} {
			if !hole.Leaves(test.stays + rest) {
				t.Errorf("%q does not leave after %q", test.text, test.stays+rest)
			}
		}
	}
}

func TestDedent(t *testing.T) {
	const (
		block    = "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n"
		pyBlock  = "def f():\n    if x:\n        ‸\n"
		pyBranch = "def f():\n    ‸\n"
	)
	runCutTests(t, (*fitting).dedent, []cutTest{
		{goLang, block, "a()\n\t\tb()", "a()\n\t\tb()"},
		{goLang, block, "a()\n\n\t\tb()\n\tc()", "a()\n\n\t\tb()"},
		{goLang, block, "a()\r\n\tc()", "a()"},
		{goLang, block, "for {\n\t\t\ta()\n\t\t}\n\t\tb()", "for {\n\t\t\ta()\n\t\t}\n\t\tb()"},
		{goLang, block, "a(\nb,\n)\n\t\tc()", "a(\nb,\n)\n\t\tc()"},
		{goLang, block, "s := `\na`\n\tb()", "s := `\na`"},
		{goLang, block, "\n\t}", ""},
		{goLang, "package p\n\nfunc f() {\n‸\n}\n", "\ta()\n\tb()\n}\n", "\ta()\n\tb()"},
		{goLang, "package p\n\nfunc f() {\n‸\n}\n", "\n\n\ta()\n\tb()\n}\n", "\n\n\ta()\n\tb()"},
		{goLang, "package p\n\nfunc f() {\n\tx(a,\n\t\t‸\n}\n", "b)\n\ty()\n}", "b)\n\ty()"},
		{goLang, "package p\n\nfunc f() {‸\n}\n", "\n\ta()\n", "\n\ta()\n"},
		{pythonLang, pyBlock, "a()\n\n        b()\n    c()", "a()\n\n        b()"},
		{pythonLang, pyBlock, "a()\n    else:\n        b()", "a()"},
		{pythonLang, pyBranch, "if a:\n        b()\n    elif c:\n        d()\n    else:\n        e()", "if a:\n        b()\n    elif c:\n        d()\n    else:\n        e()"},
		{pythonLang, pyBranch, "try:\n        a()\n    except E:\n        b()\n    finally:\n        c()", "try:\n        a()\n    except E:\n        b()\n    finally:\n        c()"},
		{pythonLang, pyBranch, "a()\n    else:\n        b()", "a()"},
		{pythonLang, pyBranch, "a()\n    finally:\n        b()", "a()"},
		{pythonLang, "def f():\n    if x‸\n", ":\n        a()\n    else:\n        b()", ":\n        a()\n    else:\n        b()"},
		{plainLang, "a:\n  ‸\n", "b\n  c\nd", "b\n  c"},
	})
}

func TestCloser(t *testing.T) {
	runCutTests(t, (*fitting).closer, []cutTest{
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "a)", "a"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "g(a), h[0]", "g(a), h[0]"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸\n}\n", "a)\n}", "a)\n"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸\n}\n", "a]", "a"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸)\n}\n", "\")\", ')') // )", "\")\", ')'"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n}\n", "y()\n\t}\n\tz()\n}", "y()\n\t}\n\tz()\n"},
		{javaScriptLang, "a(b, {\n  ‸\n});\n", "c: 1,\n});", "c: 1,\n"},
		{javaScriptLang, "const s = `${‸}`;\n", "a}`", "a"},
		{plainLang, "(‸)\n", "[a])", "[a]"},
	})
}

func TestQuote(t *testing.T) {
	runCutTests(t, (*fitting).quote, []cutTest{
		{goLang, "package p\n\nvar s = \"a‸\"\n", "b\" + c", "b"},
		{goLang, "package p\n\nvar s = \"a‸\"\n", "b \\\" c\"", "b \\\" c"},
		{goLang, "package p\n\nvar s = \"a‸\"\n", "b\nc", "b"},
		{goLang, "package p\n\nvar s = \"a‸\"\n", "\nc", ""},
		{goLang, "package p\n\nvar s = \"a‸\n", "b\" + c", "b\" + c"},
		{goLang, "package p\n\n/* a ‸ */\n", "b */ c", "b "},
		{goLang, "package p\n\nfunc f() { ‸ }\n", "s := \"a\"", "s := \"a\""},
		{pythonLang, "x = \"\"\"a‸\"\"\"\n", "b\"\"c\"\"\"\ny = 1", "b\"\"c"},
		{javaScriptLang, "const s = `a‸`;\n", "${b(`}`)} c` + d", "${b(`}`)} c"},
		{rustLang, "let s = r#\"a‸\"#;\n", "b\"c\"#;", "b\"c"},
	})
}

func TestOverlap(t *testing.T) {
	const block = "package p\n\nfunc f() {\n\t‸\n\ta()\n\n\tb()\n}\n"
	runCutTests(t, (*fitting).overlap, []cutTest{
		{goLang, block, "x()\n\ta()", "x()"},
		{goLang, block, "x()\n\ta()\n\tb()", "x()"},
		{goLang, block, "x()\n\ta()\n\tb()\n}\n\nfunc g() {", "x()"},
		{goLang, block, "x()\n\ta()\n\tc()", "x()"},
		{goLang, block, "if y {\n\t\tx()\n\t}\n\ta()\n\ta()\n\ta()", "if y {\n\t\tx()\n\t}"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n", "if y {\n\t}\n\tz()", "if y {\n\t}\n\tz()"},
		{goLang, block, "x()\n\ta(", "x()"},
		{goLang, block, "a()\n\tb()", ""},
		{goLang, block, "if y {\n\t\ta()\n\t}", "if y {\n\t\ta()\n\t}"},
		{goLang, block, "x()\r\n\ta()", "x()"},
		{pythonLang, "def f():\n    ‸\n    return 1\n", "x = 1\n    return 1\n", "x = 1"},
		{pythonLang, "‸\nmain()\n", "x = 1\nmain()\ny = 2", "x = 1"},
		{plainLang, "‸\nb\nc\n", "a\nb\nc", "a"},
	})
}

func TestVerdictString(t *testing.T) {
	for verdict, want := range map[Verdict]string{
		{}:                                   "ok",
		{Reason: Empty}:                      "empty",
		{Reason: LeavesBlock}:                "leaves the block",
		{Reason: RepeatsSuffix}:              "repeats the suffix",
		{Reason: RepeatsItself}:              "repeats itself",
		{Reason: AddsError, Line: 3}:         "adds a parse error at line 3",
		{Reason: NamesUndeclared, Name: "x"}: "names x, which nothing declares",
	} {
		if got := verdict.String(); got != want {
			t.Errorf("%#v: %q, want %q", verdict, got, want)
		}
		if verdict.OK() != (want == "ok") {
			t.Errorf("%v: OK is %v", verdict, verdict.OK())
		}
	}
}
