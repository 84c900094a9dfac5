package structure

import (
	"context"
	"fmt"
)

// A CutKind says what a [Cut] takes out of a text.
type CutKind int

const (
	// StatementCut is a statement or declaration of a block, of a case or of the text itself.
	StatementCut CutKind = iota
	// BlockCut is what a block holds, without its braces and the white space at both ends.
	BlockCut
	// ArgumentCut is an argument of a call, or all that the parentheses of a call hold, be it nothing.
	ArgumentCut
)

func (k CutKind) String() string {
	switch k {
	case StatementCut:
		return "statement"
	case BlockCut:
		return "block"
	case ArgumentCut:
		return "argument"
	}
	return fmt.Sprintf("CutKind(%d)", int(k))
}

// A Cut is a piece of a text that somebody may want written for them.
type Cut struct {
	Span
	Kind CutKind
}

// maxCuts bounds how many cuts a text has: about one for ten bytes of a text of a megabyte.
const maxCuts = 100_000

// Cuts lists the statements, blocks and call arguments of a text by the grammar of the language of that name, the outer
// ones before those that they hold, a hundred thousand at most. Nothing that has a syntax error in it is one. There are
// none in a language without a grammar, in a text longer than [MaxText], and in one that takes its grammar too long.
func Cuts(language, text string) []Cut {
	tree, err := Parse(context.Background(), languageNamed(language), text)
	if err != nil || tree.parsed == nil {
		return nil
	}
	return tree.parsed.(wholeSyntax).cuts(text)
}

// languageNamed is the language whose [Language.Name] it is; plain text if there is none.
func languageNamed(name string) *Language {
	for _, l := range extensions {
		if l.name == name {
			return l
		}
	}
	return plainLang
}
