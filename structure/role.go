package structure

import "strings"

// A Role says what a word of a text is there for, as far as the lexemes around
// it tell.
type Role uint8

const (
	// RoleUse is a name that something must declare.
	RoleUse Role = iota
	// RoleDeclaration is a name that is declared where it stands: a variable, a
	// parameter, a function, a type, an import.
	RoleDeclaration
	// RoleMember is a name behind a dot, an arrow or two colons.
	RoleMember
	// RoleKey is a name that belongs to something else than the scope: the key
	// of a literal, a keyword argument, an attribute, a macro, an import path.
	RoleKey
	// RoleLabel is a label, a jump to one, or a lifetime.
	RoleLabel
	// RoleWord is no name: a keyword, or a number.
	RoleWord
)

var roleNames = [...]string{
	RoleUse: "use", RoleDeclaration: "declaration", RoleMember: "member", RoleKey: "key", RoleLabel: "label",
	RoleWord: "word",
}

func (r Role) String() string { return roleNames[r] }

// Role says what the word [start, end) of a text is there for. Where what
// comes after the end of the text could change that, sure is false: "a" alone
// is used, and is declared when ":=" follows. The text need not begin where the
// file does; some hundred bytes around the word are looked at. It knows code
// only: words in strings and comments are not asked for. It does not allocate.
//
// Where a language cannot be told without its types, a name counts as declared
// rather than used.
func (l *Language) Role(text string, start, end int) (role Role, sure bool) {
	s := newSite(l, text, start, end)
	if role, ok := s.common(); ok {
		return role, true
	}
	switch l {
	case goLang:
		return s.goRole()
	case pythonLang:
		return s.pythonRole()
	case javaScriptLang, typeScriptLang, tsxLang:
		return s.scriptRole()
	case javaLang, cLang, cppLang:
		return s.typedRole()
	case rustLang:
		return s.rustRole()
	}
	return RoleUse, true
}

// A site is a word and what stands around it. It is passed by value, so that
// it stays on the stack.
type site struct {
	lang       *Language
	text       string
	start, end int
	// before and after are the lexemes next to the word: words, or operators of
	// one or two characters; empty where there are none. Behind the end of the
	// text there may be one.
	before, after string
	beforeAt      int
	afterEnd      int
	// opens says that the word is the first of its line.
	opens bool
}

func newSite(l *Language, text string, start, end int) site {
	s := site{lang: l, text: text, start: start, end: end}
	s.opens = isBlank(lineBefore(text, start))
	from := start
	if s.opens {
		from = l.beforeComments(text, start)
	}
	s.beforeAt, s.before = lexemeBefore(text, from)
	s.after, s.afterEnd = lexemeAfter(text, end)
	return s
}

// beforeComments returns where, at or before the first word of a line at offset
// i, the code of the lines above it ends: before the comments at their ends.
func (l *Language) beforeComments(text string, i int) int {
	opener := "//"
	if l == pythonLang {
		opener = "#"
	}
	for floor := max(0, i-maxLook); i > floor; {
		i -= len(lineBefore(text, i))
		if i == 0 || text[i-1] != '\n' {
			return i
		}
		i--
		line := lineBefore(text, i)
		comment := -1
		quotes := 0
		for at := range len(line) {
			if c := line[at]; c == '"' || c == '\'' || c == '`' {
				quotes++
			} else if quotes%2 == 0 && strings.HasPrefix(line[at:], opener) {
				comment = at
				break
			}
		}
		if comment < 0 && !isBlank(line) {
			return i
		}
		if comment >= 0 {
			i -= len(line) - comment
			if !isBlank(line[:comment]) {
				return i
			}
		}
	}
	return i
}

// known says whether there is something behind the word, so that what it is
// does not depend on what is still to come.
func (s site) known() bool { return s.after != "" }

// word returns the word itself.
func (s site) word() string { return s.text[s.start:s.end] }

// twoChars are the operators that are one lexeme.
func twoChars(s string) bool {
	switch s {
	case "->", "::", ":=", "=>", "?.", "..", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "**", "++", "--":
		return true
	}
	return false
}

// lexemeBefore returns the lexeme that ends at or before offset i, and where it
// begins.
func lexemeBefore(text string, i int) (start int, lexeme string) {
	floor := max(0, i-maxLook)
	for i > floor && isBlank(text[i-1:i]) {
		i--
	}
	switch {
	case i == floor:
		return i, ""
	case isWord(text[i-1]):
		start = i - 1
		for start > floor && isWord(text[start-1]) {
			start--
		}
		return start, text[start:i]
	case i-2 >= floor && twoChars(text[i-2:i]):
		return i - 2, text[i-2 : i]
	}
	return i - 1, text[i-1 : i]
}

// lexemeAfter returns the lexeme that begins at or after offset i, and where it
// ends. A lexeme that the text's end may cut off is none, unless no longer one
// begins like it.
func lexemeAfter(text string, i int) (lexeme string, end int) {
	limit := min(len(text), i+maxLook)
	for i < limit && isBlank(text[i:i+1]) {
		i++
	}
	switch {
	case i == limit:
		return "", i
	case isWord(text[i]):
		end = i + 1
		for end < limit && isWord(text[end]) {
			end++
		}
		return text[i:end], end
	case i+2 <= limit && twoChars(text[i:i+2]):
		return text[i : i+2], i + 2
	case i+1 == limit && !isBlank(text[i:]) && indexByte("=:.-?&|<>!+*/", text[i]):
		return "", i
	}
	return text[i : i+1], i + 1
}

func indexByte(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}

// maxEnclosing bounds how far back, in bytes, the bracket around a word is
// looked for.
const maxEnclosing = 1024

// enclosing returns the offset of the bracket around offset i, or -1.
func enclosing(text string, i int) int {
	depth := 0
	for floor := max(0, i-maxEnclosing); i > floor; {
		i--
		switch text[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth == 0 {
				return i
			}
			depth--
		case '"', '`': // the literal that ends here, if it is all on the line
			line := lineBefore(text, i)
			for j := len(line) - 1; j >= 0; j-- {
				if line[j] == text[i] {
					i -= len(line) - j
					break
				}
			}
		}
	}
	return -1
}

// bracketAt returns the bracket at an offset that enclosing returned, or 0.
func bracketAt(text string, offset int) byte {
	if offset < 0 {
		return 0
	}
	return text[offset]
}

// behindBrackets returns the offset behind the bracket that closes the one
// before offset i; ok is false if the text ends before.
func behindBrackets(text string, i int) (end int, ok bool) {
	depth := 1
	for limit := min(len(text), i+maxEnclosing); i < limit; i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return i, false
}

// common decides what is the same in all languages.
func (s site) common() (role Role, ok bool) {
	c := s.word()[0]
	adjacent := s.beforeAt+len(s.before) == s.start
	switch {
	case '0' <= c && c <= '9':
		return RoleWord, true
	case s.before == "." && s.word() != "import", s.before == "?.",
		s.before == "->" && (s.lang == cLang || s.lang == cppLang),
		s.before == "::" && s.lang != pythonLang && s.lang != goLang:
		return RoleMember, true
	case s.lang == rustLang && s.before == "'" && adjacent:
		return RoleLabel, true
	case s.lang.Keyword(s.word()):
		return RoleWord, true
	case (s.before == "goto" || s.before == "break" || s.before == "continue") && s.lang != pythonLang && !s.opens:
		return RoleLabel, true
	}
	return RoleUse, false
}

// ended says whether a line end is behind the word, and ends its statement.
func (s site) ended() bool {
	if s.lang != goLang && s.lang != pythonLang {
		return false
	}
	line := lineAfter(s.text, s.end)
	return s.end+len(line) < len(s.text) && len(line) < maxLook
}

// lists says whether the word is in a list of names, parted by commas, that
// ends with the given lexeme. sure is false if the text ends before the list
// does.
func (s site) lists(closer string) (is, sure bool) {
	lexeme, end := s.after, s.afterEnd
	for {
		switch lexeme {
		case "":
			return false, s.ended()
		case closer:
			return true, true
		case ",":
		default:
			return false, true
		}
		if lexeme, end = lexemeAfter(s.text, end); lexeme == "" {
			return false, false
		}
		if lexeme == "*" || lexeme == "(" {
			lexeme, end = lexemeAfter(s.text, end)
		}
		if lexeme == "" || !isWord(lexeme[0]) {
			return false, lexeme != ""
		}
		lexeme, end = lexemeAfter(s.text, end)
	}
}

// goRole decides for Go.
func (s site) goRole() (Role, bool) {
	switch s.before {
	case "var", "const", "type", "func", "package", "import":
		return RoleDeclaration, true
	}
	line := firstWord(lineBefore(s.text, s.start))
	around := enclosing(s.text, s.start)
	bracket := bracketAt(s.text, around)
	beforeBracket := ""
	if around >= 0 {
		_, beforeBracket = lexemeBefore(s.text, around)
	}
	first := s.opens || s.before == "," || s.before == "(" // of a spec or a parameter
	switch {
	case bracket == '(' && first && (beforeBracket == "var" || beforeBracket == "const" || beforeBracket == "type" ||
		beforeBracket == "import"):
		return RoleDeclaration, true
	case bracket == '{' && (beforeBracket == "struct" || beforeBracket == "interface") && (s.opens || s.before == ",") &&
		s.after != "." && s.after != "|":
		return RoleDeclaration, s.known()
	case s.before == ")" && line == "func" && bracket != '{': // the name of a method
		return RoleDeclaration, true
	case bracket == '(' && (s.before == "(" || s.before == ",") && s.after != ")" && s.after != "." && s.signature(around):
		return RoleDeclaration, s.known()
	case bracket == '[' && (s.before == "[" || s.before == ",") && (line == "func" || line == "type") && s.after != "]":
		return RoleDeclaration, s.known()
	case (line == "var" || line == "const") && s.before == "," && betweenWords(lineBefore(s.text, s.start), line, "="):
		return RoleDeclaration, true
	case s.after == ":" && bracket != '[' && line != "case":
		if s.opens && bracket != '{' {
			return RoleLabel, true
		}
		return RoleKey, true
	}
	is, sure := s.lists(":=")
	switch {
	case is:
		return RoleDeclaration, true
	case line != "func" && line != "type" && s.argument(around):
		return RoleUse, true
	}
	return RoleUse, sure
}

// argument says whether the bracket at offset around begins the arguments of a
// call, or an index, in Go: whatever follows, nothing is declared there.
func (s site) argument(around int) bool {
	bracket := bracketAt(s.text, around)
	if bracket != '(' && bracket != '[' {
		return false
	}
	_, before := lexemeBefore(s.text, around)
	if before == "" || !isWord(before[0]) || s.lang.Keyword(before) {
		return false
	}
	outer := enclosing(s.text, around) // in an interface it is a method
	if bracketAt(s.text, outer) != '{' {
		return outer >= 0
	}
	_, before = lexemeBefore(s.text, outer)
	return before != "interface"
}

// signature says whether the parenthesis at offset around begins parameters or
// results in Go.
func (s site) signature(around int) bool {
	at, before := lexemeBefore(s.text, around)
	switch {
	case before == "func":
		return true
	case before == ")": // results, or the parameters of a method's type
		return firstWord(lineBefore(s.text, around)) == "func" || s.funcBefore(at)
	case before != "" && isWord(before[0]):
		at, before = lexemeBefore(s.text, at)
		return before == "func" || before == ")" && firstWord(lineBefore(s.text, at)) == "func"
	case before == "]":
		return firstWord(lineBefore(s.text, around)) == "func"
	}
	return false
}

// funcBefore says whether the parentheses that close at offset i are those of
// a function literal or type.
func (s site) funcBefore(i int) bool {
	open := enclosing(s.text, i)
	if open < 0 {
		return false
	}
	_, before := lexemeBefore(s.text, open)
	return before == "func"
}

// pythonRole decides for Python.
func (s site) pythonRole() (Role, bool) {
	line := lineBefore(s.text, s.start)
	around := enclosing(s.text, s.start)
	bracket := bracketAt(s.text, around)
	switch first := firstWord(line); {
	case s.before == "def", s.before == "class", s.before == "as", s.after == ":=", first == "global", first == "nonlocal":
		return RoleDeclaration, true
	case first == "from" && !wordIn(line, "import"):
		return RoleKey, true
	case first == "import", first == "from":
		return RoleDeclaration, true
	case bracket == '(' && s.importsAround(around):
		return RoleDeclaration, true
	case betweenWords(line, "for", "in"):
		return RoleDeclaration, true
	case betweenWords(line, "lambda", ":") && s.before != "=":
		return RoleDeclaration, true
	case first == "case" && betweenWords(line, "case", ":"):
		return RoleDeclaration, true // or a class
	}
	begins := s.before == "(" || s.before == "," || s.before == "*" || s.before == "**"
	if bracket == '(' && begins {
		at, _ := lexemeBefore(s.text, around)
		if _, before := lexemeBefore(s.text, at); before == "def" {
			return RoleDeclaration, true
		}
		if s.after == "=" {
			return RoleKey, true
		}
	}
	if bracket != 0 {
		return s.comprehended(around)
	}
	if s.after == ":" && s.opens {
		return RoleDeclaration, true
	}
	if s.opens || s.before == "," || s.before == "*" || s.before == "=" {
		if is, sure := s.lists("="); is || !sure {
			if is {
				return RoleDeclaration, true
			}
			return RoleUse, false
		}
	}
	return RoleUse, true
}

// importsAround says whether the parenthesis at an offset is that of an import
// statement.
func (s site) importsAround(around int) bool {
	_, before := lexemeBefore(s.text, around)
	return before == "import"
}

// comprehended says whether the word is a variable of a comprehension that is
// written behind it, in the brackets at offset around.
func (s site) comprehended(around int) (Role, bool) {
	end, closed := behindBrackets(s.text, around+1)
	behind := s.text[min(s.end, end):end]
	for i := 0; i+3 < len(behind); i++ {
		if behind[i] != 'f' || !startsWord(behind, i, "for") {
			continue
		}
		for j := i + 3; j < len(behind) && !startsWord(behind, j, "in"); j++ {
			if startsWord(behind, j, s.word()) {
				return RoleDeclaration, true
			}
		}
	}
	return RoleUse, closed
}

// startsWord says whether a word is at offset i of s.
func startsWord(s string, i int, word string) bool {
	end := i + len(word)
	return end <= len(s) && s[i:end] == word && (i == 0 || !isWord(s[i-1])) && (end == len(s) || !isWord(s[end]))
}

// wordIn says whether line has a word.
func wordIn(line, word string) bool { return lastIndexWord(line, word) >= 0 }

// lastIndexWord returns where a word, or an operator, is in line for the last
// time, or -1.
func lastIndexWord(line, word string) int {
	for i := len(line) - len(word); i >= 0; i-- {
		if !isWord(word[0]) && line[i:i+len(word)] == word || startsWord(line, i, word) {
			return i
		}
	}
	return -1
}

// betweenWords says whether a line has the word open, and no close behind it.
func betweenWords(line, open, close string) bool {
	i := lastIndexWord(line, open)
	return i >= 0 && lastIndexWord(line[i:], close) < 0
}
