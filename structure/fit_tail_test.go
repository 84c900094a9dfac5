package structure

import "testing"

func TestTail(t *testing.T) {
	runCutTests(t, (*fitting).tail, []cutTest{
		{goLang, "package p\n\nfunc f() {\n\tx(‸, b)\n}\n", "a, b", "a"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸b)\n}\n", "a, b", "a, "},
		{goLang, "package p\n\nfunc f() {\n\tx(‸b)\n}\n", "ab", "ab"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸bc)\n}\n", "a, b", "a, b"},
		{goLang, "package p\n\nfunc f() {\n\tx[‸]\n}\n", "y[0]", "y[0]"},
		{goLang, "package p\n\nfunc f() {\n\tif ‸ {\n\t}\n}\n", "x {", "x"},
		{goLang, "package p\n\nvar s = \"a‸, world\"\n", "there, world", "there"},
		{goLang, "package p\n\nfunc f() {\n\tx(‸,b)\n}\n", "a, b", "a"},
		{goLang, "package p\n\nfunc f() {\n\tif x ‸== nil {\n\t}\n}\n", "&& y==nil {", "&& y"},
		{goLang, "package p\n\nfunc f() {\n\tx = ‸ + y\n}\n", "a+y", "a"},
		{goLang, "package p\n\nvar s = \"a‸, world\"\n", "there,world", "there,world"},
		{goLang, "package p\n\nfunc f() {\n\treturn ‸a b\n}\n", "ab", "ab"},
		{pythonLang, "x = f(‸, key = 1)\n", "a, key=1", "a"},
		{javaScriptLang, "const f = (‸) => {\n};\n", "a)=>{", "a"},
		{rustLang, "fn f() {\n    let x: ‸ = g();\n}\n", "u32=g();", "u32"},
		{plainLang, "a ‸ : b\n", "c:b", "c"},
		{plainLang, "a ‸\nb\n", "b", "b"},
	})
}
