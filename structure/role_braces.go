package structure

// scriptRole decides for JavaScript and TypeScript.
func (s site) scriptRole() (Role, bool) {
	switch s.before {
	case "let", "const", "var", "function", "class", "interface", "enum", "namespace", "infer":
		return RoleDeclaration, true
	case "type":
		if s.after == "=" || s.after == "<" {
			return RoleDeclaration, true
		}
	case "*":
		if at, before := lexemeBefore(s.text, s.beforeAt); before == "function" && at >= 0 {
			return RoleDeclaration, true
		}
	}
	if firstWord(lineBefore(s.text, s.start)) == "import" || s.imported() {
		return RoleDeclaration, true
	}
	around := enclosing(s.text, s.start)
	bracket := bracketAt(s.text, around)
	begins := s.before == "(" || s.before == "{" || s.before == "," || s.before == "[" || s.before == ";" || s.opens
	spread := s.before == "." || s.before == ".."
	switch {
	case s.after == "=>":
		return RoleDeclaration, true
	case s.jsx():
		return RoleKey, true
	case s.after == ":" && s.before != "?" && s.before != "case" && (begins || modifier(s.before)):
		if bracket == '(' {
			return RoleDeclaration, true
		}
		if bracket == '{' && s.opens || bracket == 0 {
			return RoleLabel, true // or a field
		}
		return RoleKey, true
	case s.after == "?" && begins && s.optional():
		return RoleDeclaration, true
	case s.destructured(around):
		return RoleDeclaration, true
	case s.after == "(" && (bracket == '{' || bracket == 0) && (begins || modifier(s.before) || s.before == "}"):
		// A method, if a body follows its parameters.
		end, closed := behindBrackets(s.text, s.afterEnd)
		if !closed {
			return RoleUse, false
		}
		switch next, _ := lexemeAfter(s.text, end); {
		case next == "{", next == ":" && s.lang != javaScriptLang:
			return RoleDeclaration, true
		case next == "":
			return RoleUse, false
		}
	case bracket == '{' && modifier(s.before):
		return RoleDeclaration, true
	case bracket == '(' && (begins || spread):
		return s.parameter(around)
	case s.before == "<" || s.before == ",":
		if s.generic() {
			return RoleDeclaration, true
		}
	}
	return RoleUse, s.known()
}

// pick returns role if it is that, and else RoleUse.
func pick(is bool, role Role) Role {
	if is {
		return role
	}
	return RoleUse
}

// modifier says whether a word can stand before the name of a member.
func modifier(word string) bool {
	switch word {
	case "static", "async", "get", "set", "public", "private", "protected", "readonly", "abstract", "override", "declare", "#":
		return true
	}
	return false
}

// optional says whether the "?" behind the word is that of an optional
// parameter or property.
func (s site) optional() bool {
	next, _ := lexemeAfter(s.text, s.afterEnd)
	return next == ":" || next == ")" || next == ","
}

// imported says whether the word is in the braces of an import.
func (s site) imported() bool {
	around := enclosing(s.text, s.start)
	if bracketAt(s.text, around) != '{' {
		return false
	}
	return firstWord(lineBefore(s.text, around)) == "import"
}

// destructured says whether the word is bound in a pattern of a declaration,
// as in "const {a, b: [c]} = d".
func (s site) destructured(around int) bool {
	if s.before != "{" && s.before != "[" && s.before != "," && s.before != ":" && s.before != "." && s.before != ".." {
		return false
	}
	for range 4 {
		if bracket := bracketAt(s.text, around); bracket != '{' && bracket != '[' {
			return false
		}
		switch _, before := lexemeBefore(s.text, around); before {
		case "let", "const", "var":
			return true
		}
		around = enclosing(s.text, around)
	}
	return false
}

// jsx says whether the word is an attribute of an element, or an element in
// lower case.
func (s site) jsx() bool {
	lower := !isUpper(s.word())
	if s.before == "<" || s.before == "/" && s.beforeAt > 0 && s.text[s.beforeAt-1] == '<' {
		at, before := lexemeBefore(s.text, s.beforeAt)
		operand := before != "" && (isWord(before[0]) && !operandFollows[before] || before == ")" || before == "]")
		return lower && (s.before == "/" || !operand || at < 0)
	}
	if s.after != "=" && s.after != "/" && s.after != ">" {
		return false
	}
	line := lineBefore(s.text, s.start)
	for i := len(line) - 1; i > 0; i-- {
		switch c := line[i]; {
		case c == '>' || c == ';' || c == '(' || c == ',':
			return false
		case line[i-1] == '<' && isWord(c):
			return i == 1 || !isWord(line[i-2])
		}
	}
	return false
}

// parameter says whether the word is a parameter of the parentheses at an
// offset: they are those of a function, or an arrow or a body follows.
func (s site) parameter(around int) (Role, bool) {
	at, name := lexemeBefore(s.text, around)
	if name == "catch" || name == "function" {
		return RoleDeclaration, true
	}
	if _, before := lexemeBefore(s.text, at); before == "function" {
		return RoleDeclaration, true
	}
	next, sure := s.behind(around)
	body := next == "{" && name != "" && isWord(name[0]) && !statementWords[name]
	return pick(next == "=>" || body, RoleDeclaration), sure
}

// behind returns the lexeme behind the brackets at an offset; sure is false if
// the text ends before.
func (s site) behind(around int) (lexeme string, sure bool) {
	end, closed := behindBrackets(s.text, around+1)
	if !closed {
		return "", false
	}
	lexeme, _ = lexemeAfter(s.text, end)
	return lexeme, lexeme != ""
}

// generic says whether the word is a type parameter in angle brackets that
// follow the name of a declaration.
func (s site) generic() bool {
	line := lineBefore(s.text, s.start)
	open := lastIndexWord(line, "<")
	if open < 0 || lastIndexWord(line[open:], ">") >= 0 {
		return false
	}
	at, name := lexemeBefore(line, open)
	if name == "impl" || name == "template" {
		return true
	}
	switch _, before := lexemeBefore(line, at); before {
	case "class", "interface", "function", "type", "struct", "enum", "trait", "fn", "union", "record":
		return true
	}
	return false
}

// typedRole decides for Java, C and C++, where a name behind a type is
// declared.
func (s site) typedRole() (Role, bool) {
	line := lineBefore(s.text, s.start)
	if directive := firstWord(line); directive == "import" || directive == "package" {
		return RoleKey, true
	}
	if trimmed := line[len(indentOf(line)):]; trimmed != "" && trimmed[0] == '#' && s.lang != javaLang {
		return pick(s.before == "define", RoleDeclaration), true
	}
	switch s.before {
	case "class", "interface", "enum", "record", "struct", "union", "namespace", "typename", "using", "define", "concept":
		return RoleDeclaration, true
	case "@":
		return RoleUse, true
	}
	around := enclosing(s.text, s.start)
	bracket := bracketAt(s.text, around)
	switch {
	case s.after == ":" && (s.opens || s.before == ";" || s.before == "{" || s.before == "}"):
		return RoleLabel, true
	case s.after == "->" && s.lang == javaLang && s.before != "case":
		return RoleDeclaration, true
	case s.typeBefore():
		return RoleDeclaration, s.known()
	case bracket == '{' && s.enumerated(around) && (s.before == "{" || s.before == ","):
		return RoleDeclaration, true
	case s.before == "," && s.after != ".." && (s.after == "" || !isWord(s.after[0])) && s.declarators():
		return RoleDeclaration, true
	case s.before == "..":
		return RoleDeclaration, true
	case s.lang == javaLang && bracket == '(' && (s.before == "(" || s.before == ","):
		next, sure := s.behind(around)
		return pick(next == "->", RoleDeclaration), sure
	case s.lang == javaLang && (s.before == "<" || s.before == ",") && s.generic():
		return RoleDeclaration, true
	}
	return RoleUse, s.known()
}

// typeBefore says whether what stands before the word is a type, so that the
// word is declared: a word that is no operator, the end of type arguments or
// of an array type, or a type and stars.
func (s site) typeBefore() bool {
	at, before := s.beforeAt, s.before
	stars := false
	for before == "*" || before == "&" || before == "&&" || before == "**" || before == "const" {
		stars = stars || before != "const"
		at, before = lexemeBefore(s.text, at)
	}
	switch {
	case before == "":
		return false
	case before == ">":
		return typeArguments(s.text, at) && !(s.after != "" && isWord(s.after[0]))
	case before == "]":
		return s.lang == javaLang
	case !isWord(before[0]) || '0' <= before[0] && before[0] <= '9':
		return false
	case valueWords[before]:
		return false
	case s.lang.Keyword(before):
		return typeKeywords[before]
	case !stars:
		return !s.opens || s.after == "(" // two words beside each other
	}
	// "a * b" declares b where a statement or a parameter begins with a.
	_, previous := lexemeBefore(s.text, at)
	switch previous {
	case "", ";", "{", "}", "(", ",", "struct", "const", "static", "extern", "unsigned", "union", "enum":
		return previous != "(" && previous != "," || s.after == "," || s.after == ")" || s.after == "[" || s.after == ""
	}
	return isBlank(lineBefore(s.text, at))
}

// typeArguments says whether the ">" at an offset ends type arguments: a name
// touches the "<" before it, and between them are only types.
func typeArguments(text string, end int) bool {
	depth := 0
	for i := end; i > max(0, end-maxLook); i-- {
		switch c := text[i]; {
		case c == '>':
			depth++
		case c == '<':
			if depth--; depth == 0 {
				return isWord(text[i-1])
			}
		case !isWord(c) && !isSpace(c) && !indexByte(",.:*&?[]", c):
			return false
		}
	}
	return false
}

// valueWords are words of Java, C and C++ behind which a value stands.
var valueWords = map[string]bool{
	"return": true, "case": true, "else": true, "do": true, "goto": true, "throw": true, "new": true, "delete": true,
	"sizeof": true, "instanceof": true, "extends": true, "implements": true, "throws": true, "assert": true, "typedef": true,
	"yield": true, "co_return": true, "co_await": true, "co_yield": true, "operator": true, "and": true, "or": true,
	"not": true, "define": true,
}

// typeKeywords are types that are keywords.
var typeKeywords = wordSet(`int char short long float double void unsigned signed boolean byte bool auto const static
	final volatile extern inline register wchar_t char8_t char16_t char32_t _Bool _Complex _Atomic constexpr`)

// enumerated says whether the brace at an offset is an enum's.
func (s site) enumerated(around int) bool {
	return wordIn(lineBefore(s.text, around), "enum")
}

// declarators says whether the statement of the word begins with a type and a
// name, so that other names can follow.
func (s site) declarators() bool {
	line := lineBefore(s.text, s.start)
	if around := enclosing(line, len(line)); around >= 0 {
		line = line[around+1:]
	}
	line = line[lastIndexWord(line, ";")+1:]
	first, end := lexemeAfter(line, 0)
	second, _ := lexemeAfter(line, end)
	if first == "" || !isWord(first[0]) || valueWords[first] || s.lang.Keyword(first) && !typeKeywords[first] {
		return false
	}
	return second == "*" || second == "<" || second != "" && isWord(second[0])
}

// rustRole decides for Rust.
func (s site) rustRole() (Role, bool) {
	switch s.before {
	case "let":
		if !isUpper(s.word()) || s.after != "(" && s.after != "{" && s.after != "::" {
			return RoleDeclaration, s.known()
		}
	case "mut", "fn", "struct", "enum", "trait", "type", "mod", "const", "static", "ref", "union", "macro_rules",
		"crate":
		return RoleDeclaration, true
	}
	line := lineBefore(s.text, s.start)
	around := enclosing(s.text, s.start)
	bracket := bracketAt(s.text, around)
	lower := !isUpper(s.word())
	switch {
	case wordIn(line, "use") && (firstWord(line) == "use" || firstWord(line) == "pub"):
		return pick(s.after != "::", RoleDeclaration), s.known()
	case s.after == "!" && s.afterEnd < len(s.text) && s.text[s.afterEnd] != '=', s.after == "::":
		return RoleKey, true
	case s.after == "@":
		return RoleDeclaration, true
	case lower && betweenWords(line, "for", "in") && !wordIn(line, "impl"):
		return RoleDeclaration, true
	case lower && betweenWords(line, "let", "=") && (bracket == '{' || !typed(line)):
		return pick(s.after != ":" || bracket == 0, RoleDeclaration), true
	case s.after == ":" && bracket == '(':
		return RoleDeclaration, true
	case s.after == ":" && bracket == '{', s.after == ":" && s.opens:
		return RoleKey, true
	case (s.before == "|" || s.before == ",") && s.closure():
		return RoleDeclaration, true
	case (s.before == "<" || s.before == ",") && s.generic():
		return RoleDeclaration, true
	case lower && s.arm():
		return RoleDeclaration, true
	}
	return RoleUse, s.known()
}

// typed says whether the end of a line that declares something is its type.
func typed(line string) bool {
	i := lastIndexWord(line, ":")
	return i > lastIndexWord(line, "let") && i > 0 && line[i-1] != ':'
}

// closure says whether the word is between the bars of a closure's parameters:
// an odd number of bars is before it, and the first comes where a value can.
func (s site) closure() bool {
	line := lineBefore(s.text, s.start)
	bars, first := 0, -1
	for i := range len(line) {
		if line[i] == '|' {
			bars++
			if first < 0 {
				first = i
			}
		}
	}
	if bars%2 == 0 {
		return false
	}
	_, before := lexemeBefore(line, first)
	return before == "" || before == "(" || before == "," || before == "=" || before == "move" || before == "{" || before == "=>"
}

// arm says whether the word is in the pattern of a match arm: the line goes on
// to "=>".
func (s site) arm() bool {
	line := lineAfter(s.text, s.end)
	arrow := lastIndexWord(line, "=>")
	if arrow < 0 {
		return false
	}
	// What is behind an "if" is a guard.
	return !wordIn(lineBefore(s.text, s.start), "if") && s.before != "=>"
}
