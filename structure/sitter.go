//go:build cgo

package structure

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/c"
	"github.com/smacker/go-tree-sitter/cpp"
	"github.com/smacker/go-tree-sitter/golang"
	"github.com/smacker/go-tree-sitter/java"
	"github.com/smacker/go-tree-sitter/javascript"
	"github.com/smacker/go-tree-sitter/python"
	"github.com/smacker/go-tree-sitter/rust"
	"github.com/smacker/go-tree-sitter/typescript/tsx"
	"github.com/smacker/go-tree-sitter/typescript/typescript"
)

// grammars are those of tree-sitter, by the names of their languages.
var grammars = map[string]grammar{
	"go":         newGrammar("go", golang.GetLanguage),
	"python":     newGrammar("python", python.GetLanguage),
	"javascript": newGrammar("javascript", javascript.GetLanguage),
	"typescript": newGrammar("typescript", typescript.GetLanguage),
	"tsx":        newGrammar("tsx", tsx.GetLanguage),
	"java":       newGrammar("java", java.GetLanguage),
	"c":          newGrammar("c", c.GetLanguage),
	"cpp":        newGrammar("cpp", cpp.GetLanguage),
	"rust":       newGrammar("rust", rust.GetLanguage),
}

// parseLimit bounds the time that a grammar may take for a text: several times
// what source code needs.
func parseLimit(text string) time.Duration {
	return 2*time.Second + 2*time.Microsecond*time.Duration(len(text))
}

// A sitterGrammar is a grammar of tree-sitter's, loaded when first used.
type sitterGrammar struct {
	load    func() *sitter.Language
	queries [queryKinds]func() (*sitterQuery, error)
}

func newGrammar(name string, load func() *sitter.Language) *sitterGrammar {
	g := &sitterGrammar{load: sync.OnceValue(load)}
	for kind := range g.queries {
		g.queries[kind] = compiler(name, g.load, queryKind(kind))
	}
	return g
}

// parse uses a new parser each time. The binding cancels through a flag that a
// goroutine may set after the parse is over, and a cancelled parser would
// resume the old text: both are harmless when the parser is never used again.
func (g *sitterGrammar) parse(ctx context.Context, text string, old wholeSyntax, edits []Edit) (wholeSyntax, error) {
	var before *sitter.Tree
	if old != nil {
		before = old.(*sitterTree).edited(edits)
		defer before.Close()
	}
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(g.load())
	parser.SetOperationLimit(int(parseLimit(text).Microseconds()))
	tree, err := parser.ParseCtx(ctx, before, []byte(text))
	switch {
	case errors.Is(err, sitter.ErrOperationLimit):
		return nil, errParseLimit
	case err != nil:
		return nil, err
	case before == nil:
		collectAfter(treeBytes * len(text))
	default:
		collectAfter(reparseBytes)
	}
	return &sitterTree{tree, g}, nil
}

// A sitterTree is a syntax tree of tree-sitter's; the C memory behind it is
// freed by the garbage collector. The binding's trees cache nodes in a map and
// are not safe for concurrent use, so this one is only ever copied.
type sitterTree struct {
	tree    *sitter.Tree
	grammar *sitterGrammar
}

// edited returns a copy for the caller to close, in which what edits touched
// is marked.
func (t *sitterTree) edited(edits []Edit) *sitter.Tree {
	tree := t.tree.Copy()
	runtime.KeepAlive(t)
	// No points are given: the binding passes on a wrong one, and they matter
	// only to grammars that look at columns, which none of ours does.
	for _, e := range edits {
		tree.Edit(sitter.EditInput{
			StartIndex:  uint32(e.Start),
			OldEndIndex: uint32(e.OldEnd),
			NewEndIndex: uint32(e.NewEnd),
		})
	}
	return tree
}

// view calls f with a cursor at the root of a private copy of the tree. Nodes
// must not outlive the call.
func (t *sitterTree) view(f func(c *sitter.TreeCursor)) {
	tree := t.tree.Copy()
	runtime.KeepAlive(t)
	defer tree.Close()
	c := sitter.NewTreeCursor(tree.RootNode())
	defer c.Close()
	f(c)
}

// balancedBefore returns the beginning of the top-level node that holds the
// line, or of the first one with an error in the errorReach bytes before that,
// because what an error leaves open reaches beyond it.
func (t *sitterTree) balancedBefore(line int) int {
	start := 0
	t.view(func(c *sitter.TreeCursor) {
		root := c.CurrentNode()
		if root.IsError() {
			return
		}
		start = line
		var found bool
		if root.HasError() {
			found = c.GoToFirstChildForByte(uint32(max(0, line-errorReach))) >= 0
			for found && !c.CurrentNode().HasError() && int(c.CurrentNode().EndByte()) < line {
				found = c.GoToNextSibling()
			}
		} else {
			found = c.GoToFirstChildForByte(uint32(line)) >= 0
		}
		if found {
			start = min(start, int(c.CurrentNode().StartByte()))
		}
	})
	return start
}

func (t *sitterTree) around(text string, start, end, reach int) (from, to int, ok bool) {
	t.view(func(c *sitter.TreeCursor) {
		root := c.CurrentNode()
		if root.IsError() {
			return
		}
		// The node of what is written last before start; not a comment, which
		// may be a part of what is before it.
		from, to = start, end
		before := len(strings.TrimRight(text[:start], " \t\r\n"))
		found := false
		for before > 0 && !found {
			if c.GoToFirstChildForByte(uint32(before-1)) < 0 {
				return
			}
			n := c.CurrentNode()
			from = min(from, int(n.StartByte()))
			if found = n.Type() != "comment"; !found {
				before = len(strings.TrimRight(text[:min(before-1, int(n.StartByte()))], " \t\r\n"))
				c.GoToParent()
			}
		}
		if !found && !c.GoToFirstChild() {
			ok = true
			return
		}
		for {
			n := c.CurrentNode()
			if n.IsError() {
				return
			}
			to = max(to, int(n.EndByte()))
			if n.IsNamed() && int(n.StartByte()) < start && end < int(n.EndByte()) {
				break // the hole is in it
			}
			if !c.GoToNextSibling() || int(c.CurrentNode().StartByte()) >= reach {
				break
			}
		}
		ok = true
	})
	return from, to, ok
}

func (t *sitterTree) part(text string, start, end int) (p part, ok bool) {
	t.view(func(c *sitter.TreeCursor) {
		if c.CurrentNode().IsError() {
			return
		}
		p = part{to: len(text), inner: Span{-1, len(text) + 1}}
		isGuard := func(n *sitter.Node) bool { return n.IsNamed() && !n.IsExtra() }
		for before := start; start-before <= maxPatch; {
			if before = len(strings.TrimRight(text[:before], " \t\r\n")); before == 0 {
				break
			}
			if c.GoToFirstChildForByte(uint32(before-1)) < 0 {
				return
			}
			n := c.CurrentNode()
			c.GoToParent()
			if int(n.StartByte()) >= before {
				return
			}
			if before = int(n.StartByte()); int(n.EndByte()) < start && isGuard(n) {
				p.from, p.inner.Start = before, int(n.EndByte())
				break
			}
		}
		guarded := false
		for found := c.GoToFirstChildForByte(uint32(p.from)) >= 0; found; found = c.GoToNextSibling() {
			n := c.CurrentNode()
			if n.HasError() || int(n.EndByte())-p.from > maxPatch {
				return
			}
			switch {
			case guarded && n.IsNamed():
				ok = true
				return
			case guarded: // its semicolon
				p.to = int(n.EndByte())
			case int(n.StartByte()) > end && isGuard(n):
				p.inner.End, p.to, guarded = int(n.StartByte()), int(n.EndByte()), true
			}
		}
		ok = p.to-p.from <= maxPatch
	})
	return p, ok
}

func (t *sitterTree) sound(start int) (sound bool) {
	t.view(func(c *sitter.TreeCursor) {
		if c.CurrentNode().IsError() {
			return
		}
		found := c.GoToFirstChildForByte(uint32(start)) >= 0
		for found && int(c.CurrentNode().StartByte()) < start {
			found = c.GoToNextSibling()
		}
		sound = found && int(c.CurrentNode().StartByte()) == start
		for sound && found {
			sound = !c.CurrentNode().HasError()
			found = c.GoToNextSibling()
		}
	})
	return sound
}

func (t *sitterTree) errors() []Span {
	var errs []Span
	t.view(func(c *sitter.TreeCursor) {
		for len(errs) < maxErrors {
			n := c.CurrentNode()
			if n.IsError() || n.IsMissing() {
				errs = append(errs, Span{int(n.StartByte()), int(n.EndByte())})
			} else if n.HasError() && c.GoToFirstChild() {
				continue
			}
			for !c.GoToNextSibling() {
				if !c.GoToParent() {
					return
				}
			}
		}
	})
	return errs
}

func (t *sitterTree) hasError() (has bool) {
	t.view(func(c *sitter.TreeCursor) { has = c.CurrentNode().HasError() })
	return has
}
