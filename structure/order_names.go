package structure

import (
	"slices"
	"strings"
)

// misnamed returns the word that a lexeme which s has read belongs to, if that
// names what nothing declares, and the token that begins at start is what makes
// it so; "" otherwise. ended says that the text ends behind what was laid out.
func (o *Order) misnamed(tok token, start int, ended bool) string {
	if o.scope == nil || o.now.lit != nil {
		return ""
	}
	// Outside of functions, what stands in no bracket of the text is a declaration
	// itself: what kind of list it may be in begins too far away to be seen.
	if o.scope.function < 0 && len(o.now.open) == o.now.outer {
		return ""
	}
	text := o.now.lexer.text
	from, to := o.word(tok)
	name := text[from:to]
	if name == "_" || !o.scope.Undeclared(name) {
		return ""
	}
	if partial := to == o.laid() && !ended; partial {
		// A use whatever comes next: any other can still become a declaration.
		if role, sure := o.role(text, from, to); role != RoleUse || !sure || o.begins(name, from) {
			return ""
		}
		return name
	}
	if !o.misused(text, from, to) || to < start && o.misused(text[:start], from, to) {
		return ""
	}
	return name
}

// laid returns where what was laid out ends.
func (o *Order) laid() int { return o.starts[len(o.starts)-1] }

// word returns the whole word that a lexeme is of: it may begin before the
// hole, and go on in the slots behind it, or behind the hole.
func (o *Order) word(tok token) (from, to int) {
	text := o.now.lexer.text
	from, to = tok.start, tok.end
	for from <= o.origin && from > 0 && isWord(text[from-1]) {
		from--
	}
	for to < len(text) && isWord(text[to]) {
		to++
	}
	return from, to
}

// misused says whether it is certain that the word [from, to) of the text is
// used where it stands, and not declared in the hole.
func (o *Order) misused(text string, from, to int) bool {
	role, sure := o.role(text, from, to)
	return role == RoleUse && sure && !o.declares(text, text[from:to], from)
}

// role is [Language.Role], where a word that may be the text of an element, or
// one of a macro, is a key.
func (o *Order) role(text string, from, to int) (Role, bool) {
	lang := o.hole.tree.lang
	if lang.words.keywords["typeof"] && inElement(text, from) {
		return RoleKey, true
	}
	role, sure := lang.Role(text, from, to)
	if role == RoleUse && (lang == cLang || lang == cppLang) && strings.HasPrefix(strings.TrimLeft(lineBefore(text, from), " \t"), "#") {
		return RoleKey, true // a macro has its own names
	}
	return role, sure
}

// inElement says whether offset i may be in the text of an element: a tag ends
// before it.
func inElement(text string, i int) bool {
	for floor := max(0, i-maxLook); i > floor; {
		i--
		switch text[i] {
		case '>':
			return i == 0 || text[i-1] != '='
		case '<', '{', '}', '(', ';':
			return false
		}
	}
	return false
}

// declares says whether the hole's text declares a name before offset before,
// or anywhere where that is enough: outside of functions, and in languages that
// look names up late.
func (o *Order) declares(text, name string, before int) bool {
	scan := text[:max(before, o.origin)]
	if o.hole.tree.lang.lateBinding || o.scope.function < 0 {
		scan = text
	}
	for at := o.origin; ; {
		i := strings.Index(scan[at:], name)
		if i < 0 {
			return false
		}
		from := at + i
		at = from + len(name)
		if from == before || !startsWord(text, from, name) {
			continue
		}
		if role, sure := o.role(text, from, at); role == RoleDeclaration || role == RoleUse && !sure {
			return true
		}
	}
}

// unknown returns the word that a lexeme which s has read belongs to, if it
// must wait for a declaration; "" otherwise. One that may go on is not judged.
func (o *Order) unknown(tok token) string {
	if o.scope == nil || o.hole.before.lit != nil {
		return ""
	}
	text := o.now.lexer.text
	from, to := o.word(tok)
	name := text[from:to]
	if to == o.laid() || name == "_" || '0' <= name[0] && name[0] <= '9' || o.hole.tree.lang.Keyword(name) {
		return ""
	}
	if _, ok := o.scope.Lookup(name); ok {
		return ""
	}
	if role, sure := o.role(text, from, to); role != RoleUse && sure || o.declares(text, name, from) {
		return ""
	}
	return name
}

// begins says whether a name that can be used at an offset begins like this.
func (o *Order) begins(partial string, at int) bool {
	if o.names == nil {
		o.names = o.scope.spellings()
	}
	i, _ := slices.BinarySearch(o.names, partial)
	if i < len(o.names) && strings.HasPrefix(o.names[i], partial) {
		return true
	}
	text := o.now.lexer.text[o.origin:max(at, o.origin)]
	for {
		i := strings.Index(text, partial)
		if i < 0 {
			return false
		}
		if i == 0 || !isWord(text[i-1]) {
			return true
		}
		text = text[i+len(partial):]
	}
}

// spellings returns all words that can stand for a use at the hole, sorted.
func (s *Scope) spellings() []string {
	names := []string{}
	for symbol := range s.Visible() {
		names = append(names, symbol.Name)
	}
	for _, words := range []map[string]bool{s.lang.words.builtins, s.lang.words.keywords} {
		for word := range words {
			names = append(names, word)
		}
	}
	slices.Sort(names)
	return names
}
