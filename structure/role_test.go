package structure

import (
	"strings"
	"testing"
)

// rolesOf returns a letter for each word of a text: declaration, use, member,
// key, label or word, in upper case where more text could change it.
func rolesOf(l *Language, text string) string {
	var b strings.Builder
	for _, at := range wordPattern.FindAllStringIndex(text, -1) {
		role, sure := l.Role(text, at[0], at[1])
		letter := role.String()[:1]
		if !sure {
			letter = strings.ToUpper(letter)
		}
		b.WriteString(letter)
	}
	return b.String()
}

func TestRole(t *testing.T) {
	for _, test := range []struct {
		lang        *Language
		text, roles string
	}{
		{goLang, "a, err := f(b.c, d)\n", "dduumu"},
		{goLang, "a = b + c\n", "uuu"},
		{goLang, "a", "U"},
		{goLang, "a, b", "UU"},
		{goLang, "a :", "U"},
		{goLang, "a, b :=", "dd"},
		{goLang, "for i, v := range xs {\n", "wddwu"},
		{goLang, "for i := 0; i < n; i++ {\n", "wduuu"},
		{goLang, "if v, ok := m[key]; ok {\n", "wdduuu"},
		{goLang, "switch t := x.(type) {\n", "wduw"},
		{goLang, "select {\ncase v, ok := <-ch:\n", "wwddu"},
		{goLang, "var x, y int = z, 1\n", "wdduu"},
		{goLang, "var x int\nconst c = d\ntype T struct {\n\ta, b E\n\tF\n}\n", "wduwduwdwddud"},
		{goLang, "func (s *S) Get(k, l K) (v V, err error) {\n", "wdudddududu"},
		{goLang, "func f(a int, b ...string) {\n", "wddudu"},
		{goLang, "func f[T any, U C](a T) {\n", "wddududu"},
		{goLang, "g := func(a int) (b int) { return a }\n", "dwduduwu"},
		{goLang, "x := S{a: 1, b: c}\n", "dukku"},
		{goLang, "switch x {\ncase a, b:\n\tf(c)\n", "wuwuuuu"},
		{goLang, "y := x[a:b]\n", "duuu"},
		{goLang, "import m \"math\"\n", "wdu"},
		{goLang, "outer:\n\tfor {\n\t\tbreak outer\n", "lwwl"},
		{goLang, "return a.b.c(d)\n", "wummu"},
		{pythonLang, "def f(a, b=c, *args, d: int = e, **kw):\n", "wdddudduud"},
		{pythonLang, "class A(B, metaclass=C):\n", "wduku"},
		{pythonLang, "a, b = c.d, e\n", "ddumu"},
		{pythonLang, "a", "U"},
		{pythonLang, "a = b = c\n", "ddu"},
		{pythonLang, "a == b\n", "uu"},
		{pythonLang, "a: int = b\n", "duu"},
		{pythonLang, "for i, (j, k) in xs:\n", "wdddwu"},
		{pythonLang, "with f(a) as b, g() as c:\n", "wuuwduwd"},
		{pythonLang, "except E as e:\n", "wuwd"},
		{pythonLang, "import a, b.c as d\n", "wddmwd"},
		{pythonLang, "from a.b import c, d as e\n", "wkmwddwd"},
		{pythonLang, "from a import (b,\n    c)\n", "wkwdd"},
		{pythonLang, "print(a, sep=b)\n", "uuku"},
		{pythonLang, "x = [i for i, j in xs if j]\n", "ddwddwuwu"},
		{pythonLang, "x = [i", "dU"},
		{pythonLang, "f = lambda a, b=c: a + b\n", "dwdduuu"},
		{pythonLang, "if (n := g(x)):\n", "wduu"},
		{pythonLang, "global a, b\n", "wdd"},
		{pythonLang, "d = {a: b}\n", "duu"},
		{pythonLang, "y = x[a:b]\n", "duuu"},
		{pythonLang, "a += b\n", "uu"},
		{pythonLang, "@dec\ndef f(): pass\n", "uwdw"},
		{javaScriptLang, "const a = b;\nconst {c, d: e} = f;\n", "wduwdkdu"},
		{javaScriptLang, "let [a, b] = c.d;\n", "wddum"},
		{javaScriptLang, "function f(a, {b}, ...c) {\n", "wddud"},
		{javaScriptLang, "const f = (a, b) => a + b;\n", "wddduu"},
		{javaScriptLang, "xs.map(x => x.y);\n", "umdum"},
		{javaScriptLang, "(a, b", "UU"},
		{javaScriptLang, "f({ a: b, c, d() {} });\n", "ukuud"},
		{javaScriptLang, "x = a ? b : c;\n", "uuuu"},
		{javaScriptLang, "import d, { a as b } from \"m\";\n", "wdddddd"},
		{javaScriptLang, "try { } catch (e) { }\n", "wwd"},
		{javaScriptLang, "for (const k of ks) {}\n", "wwduu"},
		{javaScriptLang, "class A extends B { m(a) { } static s = 1 }\n", "wdwuddwd"},
		{javaScriptLang, "return <div className={x} id=\"y\">{z}</div>;\n", "wkkukuuk"},
		{javaScriptLang, "x = `t ${a} ${b.c}`;\n", "uuuuuum"},
		{typeScriptLang, "function f<T>(a: T, b?: U): V {\n", "wddduduu"},
		{typeScriptLang, "interface I { a: string; m(p: number): void }\n", "udkudduw"},
		{typeScriptLang, "const x: Map<string, T> = y;\n", "wduuuu"},
		{typeScriptLang, "type A<T> = B;\n", "uddu"},
		{tsxLang, "return <Frame kind=\"x\" {...rest} />;\n", "wukuu"},
		{javaLang, "int x = y;\n", "wdu"},
		{javaLang, "List<String> a = b.c(d);\n", "uudumu"},
		{javaLang, "void m(final int a, String... b) {\n", "wdwwdud"},
		{javaLang, "for (String s : b) {\n", "wudu"},
		{javaLang, "f(x -> x, (a, b) -> a);\n", "ududdu"},
		{javaLang, "class A<T> extends B implements C {\n", "wddwuwu"},
		{javaLang, "return a + b;\n", "wuu"},
		{javaLang, "import a.b.C;\n", "wkmm"},
		{javaLang, "case FOO: break lab;\n", "wuwl"},
		{javaLang, "int a, b = c;\n", "wddu"},
		{javaLang, "} catch (E e) {\n", "wud"},
		{javaLang, "if (a < b) c = d;\n", "wuuuu"},
		{cLang, "int *x = y, z;\n", "wdud"},
		{cLang, "node_t *n = p->next;\n", "udum"},
		{cLang, "x = a * b;\n", "uuu"},
		{cLang, "struct node n = { .a = b };\n", "wddmu"},
		{cLang, "int f(int a, char *b) {\n", "wdwdwd"},
		{cLang, "#define MAX(x, y) x\n", "uduuu"},
		{cLang, "enum e { A, B };\n", "wddd"},
		{cLang, "goto out;\nout:\n", "wll"},
		{cLang, "return f(a, b);\n", "wuuu"},
		{cppLang, "auto x = std::move(y);\n", "wdumu"},
		{cppLang, "template <typename T, class U> T f(T &&r) {\n", "wwdwdudud"},
		{cppLang, "std::vector<int> v;\n", "umwd"},
		{cppLang, "for (const auto &x : xs) {\n", "wwwdu"},
		{cppLang, "if (a < b && c > d) {\n", "wuuuu"},
		{rustLang, "let mut x = y.z(a);\n", "wwdumu"},
		{rustLang, "let (a, b): (i32, T) = c;\n", "wdduuu"},
		{rustLang, "fn f<'a, T: Tr>(x: &'a T, y: i32) -> R {\n", "wdldudluduu"},
		{rustLang, "for (i, k) in xs {\n", "wddwu"},
		{rustLang, "if let Some(v) = o {\n", "wwudu"},
		{rustLang, "    Some(m) if m > n => m,\n", "udwuuu"},
		{rustLang, "let c = |a, b| a + b;\n", "wddduu"},
		{rustLang, "P { a: b, c }\n", "ukuu"},
		{rustLang, "println!(\"{}\", x);\n", "ku"},
		{rustLang, "use a::b::{c, d as e};\n", "wumddwd"},
		{rustLang, "'outer: loop { break 'outer; }\n", "lwwl"},
		{rustLang, "HashMap::new()\n", "km"},
		{plainLang, "a = b", "uu"},
	} {
		for _, text := range []string{test.text, strings.ReplaceAll(test.text, "\n", "\r\n")} {
			if got := rolesOf(test.lang, text); got != test.roles {
				t.Errorf("%v: %q: got %s, want %s", test.lang, text, got, test.roles)
			}
		}
	}
}

// TestRoleDoesNotAllocate also looks names up, as an order does for each word.
func TestRoleDoesNotAllocate(t *testing.T) {
	for lang, text := range samples(t) {
		tree := mustParse(t, lang, text)
		scope, err := tree.Scope(t.Context(), tree.Hole(len(text)/2, len(text)/2), nil)
		if err != nil {
			t.Fatal(err)
		}
		words := wordPattern.FindAllStringIndex(text, -1)
		if allocs := testing.AllocsPerRun(1, func() {
			for _, at := range words {
				word := text[at[0]:at[1]]
				lang.Role(text, at[0], at[1])
				scope.Lookup(word)
				scope.Member(word)
				scope.Undeclared(word)
			}
		}); allocs > 0 {
			t.Errorf("%v: %v allocations", lang, allocs)
		}
	}
}
