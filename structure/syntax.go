package structure

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// A grammar makes syntax trees. It is safe for concurrent use.
type grammar interface {
	// parse parses text. Unless old is nil, it is the tree of the text that
	// edits turned into this one, and only what they touch is parsed. The
	// error is ctx's, or errParseLimit.
	parse(ctx context.Context, text string, old wholeSyntax, edits []Edit) (wholeSyntax, error)
}

// A syntax is a text's syntax tree. It is immutable and safe for concurrent
// use.
type syntax interface {
	// balancedBefore returns where, at or before the beginning of a line, all
	// brackets are known to be closed.
	balancedBefore(line int) int
	// bracketKind says what the bracket at an offset of the text holds, by the
	// node that it is a child of.
	bracketKind(text string, offset int) bracketKind
	// around returns the part of the text that the nodes of the top level take
	// that hold [start, end), or else the last one before it and those after it
	// that begin before reach. ok is false if an error is among them.
	around(text string, start, end, reach int) (from, to int, ok bool)
	// errors returns where the errors are, in the order of the text, maxErrors
	// at most.
	errors() []Span
	// hasError says whether there is one.
	hasError() bool
	// captures returns the nodes that a query finds where they overlap
	// [start, end) of the text, and those around them. The error is ctx's, or a
	// fault of the query.
	captures(ctx context.Context, kind queryKind, text string, start, end int) ([]capture, error)
}

// A wholeSyntax is the tree of a text that was parsed as a whole.
type wholeSyntax interface {
	syntax
	// cuts returns the cuts of the text that was parsed, as [Cuts] does.
	cuts(text string) []Cut
	// part returns the least part of the text around [start, end) that edits
	// there do not reach beyond. ok is false if it is too long, or has errors.
	part(text string, start, end int) (p part, ok bool)
	// sound says whether a node of the top level begins at an offset, and none
	// has an error from there on.
	sound(start int) bool
}

// errorReach is how far, in bytes, an error is taken to reach: looking for the
// first one of a long file would take longer than all else.
const errorReach = 32 << 10

// maxErrors bounds how many syntax errors of a text are looked at.
const maxErrors = 1000

// errParseLimit says that a text took its grammar longer than source code does.
var errParseLimit = errors.New("the text takes its grammar too long")

// Grammars returns the names of the languages that have a grammar, sorted.
// There are none in a build without cgo.
func Grammars() []string {
	names := slices.AppendSeq([]string{}, maps.Keys(grammars))
	slices.Sort(names)
	return names
}
