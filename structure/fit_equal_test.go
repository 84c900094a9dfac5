package structure

import "testing"

func TestEqual(t *testing.T) {
	const body = "package p\n\nfunc f() {\n\t‸\n\ta(b, c)\n\n\td()\n}\n"
	runCutTests(t, (*fitting).equal, []cutTest{
		{goLang, body, "a(b, c)", ""},
		{goLang, body, "a(b,c)", ""},
		{goLang, body, "a(b,c)\n\td( )\n", ""},
		{goLang, body, "a(b, c)\n\te()", "a(b, c)\n\te()"},
		{goLang, body, "a(b", "a(b"},
		{goLang, body, "a(bc)", "a(bc)"},
		{goLang, "package p\n\nfunc f() {\n\tx := ‸\n\ta\n}\n", "a", "a"},
		{pythonLang, "def f():\n    ‸\n    x = 1\n", "x=1", ""},
		{javaScriptLang, "‸\nf( 1 );\n", "f(1);", ""},
		{rustLang, "fn f() {\n    ‸\n    let a = &b;\n}\n", "let a=&b;", ""},
		{plainLang, "‸\na: 1\n", "a:1", ""},
		{plainLang, "‸\nend of it\n", "endof it", "endof it"},
	})
}
