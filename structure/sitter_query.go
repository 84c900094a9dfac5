//go:build cgo

package structure

import (
	"context"
	"fmt"
	"strings"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"
)

// A sitterQuery is a compiled query and what its captures mean. It is safe for
// concurrent use.
type sitterQuery struct {
	query *sitter.Query
	marks []meaning // by the index of the capture
}

// compiler returns a function that compiles a query of a grammar when it is
// first called.
func compiler(name string, load func() *sitter.Language, kind queryKind) func() (*sitterQuery, error) {
	return sync.OnceValues(func() (*sitterQuery, error) {
		query, err := sitter.NewQuery([]byte(querySource(name, kind)), load())
		if err != nil {
			return nil, fmt.Errorf("the query of %s: %w", name, err)
		}
		q := &sitterQuery{query: query}
		for i := range query.CaptureCount() {
			m, err := parseMeaning(query.CaptureNameForId(i))
			if err != nil {
				return nil, fmt.Errorf("the query of %s: %w", name, err)
			}
			q.marks = append(q.marks, m)
		}
		return q, nil
	})
}

func (t *sitterTree) captures(ctx context.Context, kind queryKind, text string, start, end int) ([]capture, error) {
	q, err := t.grammar.queries[kind]()
	if err != nil {
		return nil, err
	}
	var found []capture
	t.view(func(c *sitter.TreeCursor) {
		root := c.CurrentNode()
		qc := sitter.NewQueryCursor()
		defer qc.Close()
		if start > 0 || end < len(text) {
			from, to := pointAt(c, text, start), pointAt(c, text, end)
			qc.SetPointRange(from, to)
		}
		qc.Exec(q.query, root)
		for n := 1; ; n++ {
			match, ok := qc.NextMatch()
			if !ok {
				return
			}
			if n%256 == 0 {
				if err = ctx.Err(); err != nil {
					return
				}
			}
			for _, c := range match.Captures {
				found = append(found, capture{q.marks[c.Index], int(c.Node.StartByte()), int(c.Node.EndByte())})
			}
		}
	})
	return found, err
}

// pointAt returns the row and column of an offset, counted from the beginning
// of the last node before it. It leaves the cursor at the root.
func pointAt(c *sitter.TreeCursor, text string, offset int) sitter.Point {
	offset = min(offset, len(text))
	var start int
	var point sitter.Point
	depth := 0
	for c.GoToFirstChildForByte(uint32(offset)) >= 0 {
		depth++
		n := c.CurrentNode()
		if int(n.StartByte()) > offset {
			break
		}
		start, point = int(n.StartByte()), n.StartPoint()
	}
	for range depth {
		c.GoToParent()
	}
	between := text[start:offset]
	if rows := strings.Count(between, "\n"); rows > 0 {
		point.Row += uint32(rows)
		point.Column = uint32(len(between) - 1 - strings.LastIndexByte(between, '\n'))
	} else {
		point.Column += uint32(len(between))
	}
	return point
}

func (t *sitterTree) bracketKind(text string, offset int) bracketKind {
	q, err := t.grammar.queries[holesQuery]()
	if err != nil {
		return unknownBracket
	}
	kind := unknownBracket
	t.view(func(c *sitter.TreeCursor) {
		var parent *sitter.Node
		for c.GoToFirstChildForByte(uint32(offset+1)) >= 0 {
			n := c.CurrentNode()
			if int(n.StartByte()) > offset {
				return
			}
			if n.ChildCount() > 0 {
				parent = n
			}
		}
		if parent == nil {
			return
		}
		// Of the nodes that the query finds in the parent, it comes first.
		qc := sitter.NewQueryCursor()
		defer qc.Close()
		start := parent.StartPoint()
		qc.SetPointRange(start, sitter.Point{Row: start.Row, Column: start.Column + 1})
		qc.Exec(q.query, parent)
		if match, ok := qc.NextMatch(); ok && match.Captures[0].Node.Equal(parent) {
			kind = q.marks[match.Captures[0].Index].bracket
		}
	})
	return kind
}
