package structure

import "strings"

var (
	slashComment = literal{place: Comment, open: "//", close: "\n"}
	hashComment  = literal{place: Comment, open: "#", close: "\n"}
	starComment  = literal{place: Comment, open: "/*", close: "*/", multiline: true}

	doubleQuoted = literal{place: String, open: `"`, close: `"`, escapes: true}
	singleQuoted = literal{place: String, open: `'`, close: `'`, escapes: true}
	docQuoted    = literal{place: String, open: `"""`, close: `"""`, multiline: true, escapes: true}
)

var (
	goLexis = lexis{
		slashComment, starComment, doubleQuoted, singleQuoted,
		{place: String, open: "`", close: "`", multiline: true},
	}
	pythonLexis = lexis{
		hashComment, docQuoted,
		{place: String, open: "'''", close: "'''", multiline: true, escapes: true},
		doubleQuoted, singleQuoted,
	}
	scriptLexis = lexis{
		slashComment, starComment, doubleQuoted,
		{place: String, close: "'", escapes: true, begin: beginScriptQuote},
		{place: String, open: "`", close: "`", multiline: true, escapes: true, template: true},
		{place: String, close: "/", escapes: true, begin: beginRegexp},
	}
	javaLexis = lexis{slashComment, starComment, docQuoted, doubleQuoted, singleQuoted}
	cLexis    = lexis{
		slashComment, starComment, doubleQuoted,
		{place: String, close: "'", escapes: true, begin: beginCharConstant},
	}
	cppLexis = append(lexis{
		{place: String, multiline: true, begin: beginCppRaw},
	}, cLexis...)
	rustLexis = lexis{
		slashComment,
		{place: Comment, open: "/*", close: "*/", multiline: true, nests: true},
		{place: String, multiline: true, begin: beginRustRaw},
		{place: String, open: `"`, close: `"`, multiline: true, escapes: true},
		{place: String, close: "'", escapes: true, begin: beginRustChar},
	}
	// plainLexis takes a quote seriously only if its line has another one, and
	// a comment only if it has its line to itself.
	plainLexis = lexis{
		{place: String, close: `"`, escapes: true, begin: beginPlainString},
		{place: Comment, close: "\n", begin: beginPlainComment},
	}
)

// beginRegexp tells a regular expression from a division by what stands before
// the slash: an operand can be divided.
func beginRegexp(text string, i int) (open, closer string, ok bool) {
	if text[i] != '/' {
		return "", "", false
	}
	before := strings.TrimRight(lineBefore(text, i), " \t")
	if before == "" {
		return "/", "/", true
	}
	switch c := before[len(before)-1]; {
	case c == ')' || c == ']' || c == '}' || c == '"' || c == '\'' || c == '`' || c == '<':
		return "", "", false // "<" is the closing tag of an element
	case isWord(c) && !operandFollows[lastWord(before)]:
		return "", "", false
	}
	return "/", "/", true
}

// operandFollows holds the words of JavaScript that are not operands.
var operandFollows = map[string]bool{
	"return": true, "typeof": true, "case": true, "do": true, "else": true, "in": true, "of": true, "void": true,
	"delete": true, "throw": true, "await": true, "yield": true, "from": true, "import": true, "default": true,
}

// beginScriptQuote refuses the apostrophe in the text of an element.
func beginScriptQuote(text string, i int) (open, closer string, ok bool) {
	if text[i] != '\'' {
		return "", "", false
	}
	word := lastWord(lineBefore(text, i))
	return "'", "'", word == "" || operandFollows[word]
}

// beginCharConstant refuses the quotes between the digits of 1'000'000.
func beginCharConstant(text string, i int) (open, closer string, ok bool) {
	if text[i] != '\'' {
		return "", "", false
	}
	start := i
	for start > max(0, i-maxLook) && (isWord(text[start-1]) || text[start-1] == '\'') {
		start--
	}
	if start < i && '0' <= text[start] && text[start] <= '9' {
		return "", "", false
	}
	return "'", "'", true
}

// beginRustChar tells a character from a lifetime, which has no second quote.
func beginRustChar(text string, i int) (open, closer string, ok bool) {
	if text[i] != '\'' {
		return "", "", false
	}
	rest := text[i+1:]
	if strings.HasPrefix(rest, `\`) {
		return "'", "'", true
	}
	for j := range rest { // the second character, if there is one
		if j > 0 {
			return "'", "'", rest[j] == '\''
		}
	}
	return "", "", false
}

// maxRawDelimiter is the longest delimiter of a raw string, in bytes: what the
// C++ standard allows, and the hashes of a Rust string that we follow.
const maxRawDelimiter = 16

// beginRustRaw finds r"…", r#"…"#, br"…" and so on.
func beginRustRaw(text string, i int) (open, closer string, ok bool) {
	rest := text[i:]
	if rest[0] == 'b' || rest[0] == 'c' {
		rest = rest[1:]
	}
	rest, ok = strings.CutPrefix(rest, "r")
	if !ok {
		return "", "", false
	}
	hashes := 0
	for hashes < maxRawDelimiter && strings.HasPrefix(rest[hashes:], "#") {
		hashes++
	}
	if !strings.HasPrefix(rest[hashes:], `"`) {
		return "", "", false
	}
	return text[i : len(text)-len(rest)+hashes+1], `"` + rest[:hashes], true
}

// beginCppRaw finds R"x(…)x", also behind an encoding prefix.
func beginCppRaw(text string, i int) (open, closer string, ok bool) {
	rest := text[i:min(len(text), i+len(`u8R"(`)+maxRawDelimiter)]
	for _, prefix := range []string{"u8", "u", "U", "L"} {
		if r, ok := strings.CutPrefix(rest, prefix); ok {
			rest = r
			break
		}
	}
	rest, ok = strings.CutPrefix(rest, `R"`)
	if !ok {
		return "", "", false
	}
	delimiter, _, ok := strings.Cut(rest, "(")
	if !ok || strings.ContainsAny(delimiter, " \t\r\n\\)\"") {
		return "", "", false
	}
	return text[i : i+strings.IndexByte(text[i:], '(')+1], ")" + delimiter + `"`, true
}

func beginPlainString(text string, i int) (open, closer string, ok bool) {
	if text[i] != '"' {
		return "", "", false
	}
	return `"`, `"`, strings.Contains(lineAfter(text, i+1), `"`)
}

func beginPlainComment(text string, i int) (open, closer string, ok bool) {
	for _, open := range []string{"//", "#", "--"} {
		if strings.HasPrefix(text[i:], open) {
			return open, "\n", isBlank(lineBefore(text, i))
		}
	}
	return "", "", false
}
