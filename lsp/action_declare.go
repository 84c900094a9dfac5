package lsp

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"seedls/structure"
)

// maxDeclared is how many names are declared at a time.
const maxDeclared = 4

// declarePlace is before the line of the cursor, or on it if nothing is there, where names are used after it that
// nothing declares.
func declarePlace(ctx context.Context, s *session, at *site) (structure.Span, bool, error) {
	if at.Start != at.End {
		return structure.Span{}, false, nil
	}
	text := at.snapshot.Text
	line := wholeLines(text, at.Span)
	where := structure.Span{Start: line.Start + len(text[line.Start:line.End]) - len(strings.TrimLeft(text[line.Start:line.End], " \t"))}
	where.End = where.Start
	owed, err := s.owed(ctx, at.tree, onDisk(at.snapshot.URI), where.Start)
	return where, len(owed) > 0, err
}

// owed returns the names that are used after an offset and that nothing declares: what is written there should. There are
// none where no declarations can stand.
func (s *session) owed(ctx context.Context, tree *structure.Tree, file string, offset int) ([]string, error) {
	h := tree.Hole(offset, offset)
	switch h.Place {
	case structure.TopLevel, structure.Statement, structure.Block, structure.Expression, structure.LineTail:
	default:
		return nil, nil
	}
	var pkg *structure.Package
	if file != "" && tree.Language().Name() == "go" {
		pkg, _ = s.packages.Of(ctx, file, tree.Text()) // without it, less is certain
	}
	scope, err := tree.Scope(ctx, h, pkg)
	if err != nil {
		return nil, err
	}
	return scope.Owed(), nil
}

// writeDeclarations declares one name after another on lines of their own, as long as each line that the model writes
// declares something that was owed.
func writeDeclarations(ctx context.Context, s *session, t *task) (string, error) {
	tree, err := t.snapshot.Tree(ctx)
	if err != nil {
		return "", err
	}
	file := onDisk(t.snapshot.URI)
	owed, err := s.owed(ctx, tree, file, t.Start)
	if err != nil {
		return "", err
	}
	line := wholeLines(t.snapshot.Text, t.Span)
	indent, behind := t.snapshot.Text[line.Start:t.Start], ""
	if t.Start < line.End {
		behind = withLineEnds("\n", t.snapshot.Text) + indent
	}
	written := ""
	for range maxDeclared {
		if len(owed) == 0 {
			break
		}
		begin := written
		if begin != "" && behind == "" {
			begin += withLineEnds("\n", t.snapshot.Text) + indent
		}
		top := tree.Hole(t.Start, t.Start).Place == structure.TopLevel
		declaration := tree.Language().Declaration(owed[0], top)
		begin += declaration
		request, err := s.writing(ctx, t, begin, behind)
		if err != nil {
			return "", err
		}
		text, err := s.fill(ctx, t, request)
		if err != nil {
			return "", err
		}
		if text == "" || declaration != "" && slices.Contains(strings.FieldsFunc(text, isNoWord), owed[0]) {
			break // nothing, or itself
		}
		text = begin + text + behind
		after, err := t.snapshot.TreeAfter(ctx, t.Start, t.End, text)
		if err != nil {
			return "", err
		}
		left, err := s.owed(ctx, after, file, t.Start+len(text))
		if err != nil {
			return "", err
		}
		if len(left) >= len(owed) {
			break
		}
		written, owed = text, left
	}
	return written, nil
}

func isNoWord(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
