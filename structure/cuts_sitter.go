//go:build cgo

package structure

import (
	"strings"

	sitter "github.com/smacker/go-tree-sitter"
)

// A holder says what the children of a node are.
type holder int

const (
	otherHolder holder = iota
	blockHolder
	caseHolder // statements follow a colon
	argumentHolder
)

// holders are the nodes whose children are statements or arguments. The grammars agree on most names.
var holders = map[string]holder{
	"block":                  blockHolder,
	"statement_block":        blockHolder,
	"compound_statement":     blockHolder,
	"constructor_body":       blockHolder,
	"class_body":             blockHolder,
	"interface_body":         blockHolder,
	"declaration_list":       blockHolder,
	"field_declaration_list": blockHolder,

	"expression_case":              caseHolder,
	"type_case":                    caseHolder,
	"communication_case":           caseHolder,
	"default_case":                 caseHolder,
	"switch_case":                  caseHolder,
	"switch_default":               caseHolder,
	"switch_block_statement_group": caseHolder,
	"case_statement":               caseHolder,

	"argument_list":         argumentHolder,
	"arguments":             argumentHolder,
	"special_argument_list": argumentHolder,
}

func (t *sitterTree) cuts(text string) []Cut {
	var cuts []Cut
	add := func(s Span, kind CutKind) { cuts = append(cuts, Cut{s, kind}) }
	t.view(func(c *sitter.TreeCursor) {
		parents := []holder{blockHolder} // of the current node, outermost first; the text itself holds statements
		colon := []bool{false}           // was before the current node among the children of that parent
		if c.CurrentNode().IsError() {
			parents[0] = otherHolder
		}
		if !c.GoToFirstChild() {
			return
		}
		for len(cuts) < maxCuts {
			n := c.CurrentNode()
			last := len(parents) - 1
			start, end, name := int(n.StartByte()), int(n.EndByte()), n.Type()
			kind := holders[name]
			if name == ":" {
				colon[last] = true
			}
			if n.IsNamed() && start < end && !n.HasError() && !notCut(name) {
				switch holder := parents[last]; {
				case holder == blockHolder, holder == caseHolder && colon[last]:
					add(trimmed(text, start, end), StatementCut)
				case holder == argumentHolder:
					add(Span{start, end}, ArgumentCut)
				}
				switch {
				case kind == blockHolder:
					if bracketed(text, start, end, "{}") {
						start, end = start+1, end-1
					}
					add(trimmed(text, start, end), BlockCut)
				case kind == argumentHolder && n.NamedChildCount() != 1 && bracketed(text, start, end, "()"):
					add(Span{start + 1, end - 1}, ArgumentCut)
				}
			}
			if c.GoToFirstChild() {
				parents, colon = append(parents, kind), append(colon, false)
				continue
			}
			for !c.GoToNextSibling() {
				if !c.GoToParent() || len(parents) == 1 {
					return
				}
				parents, colon = parents[:len(parents)-1], colon[:len(colon)-1]
			}
		}
	})
	return cuts[:min(len(cuts), maxCuts)] // the last node may have added two
}

// notCut says that nobody wants a node of this type written for them alone.
func notCut(name string) bool {
	return strings.HasSuffix(name, "comment") || name == "access_specifier"
}

// bracketed says whether text[start:end] begins and ends with the brackets.
func bracketed(text string, start, end int, brackets string) bool {
	return end-start >= 2 && text[start] == brackets[0] && text[end-1] == brackets[1]
}

// trimmed is text[start:end] without the white space at both ends; where there is nothing else, its beginning.
func trimmed(text string, start, end int) Span {
	const space = " \t\r\n"
	content := strings.TrimLeft(text[start:end], space)
	if content == "" {
		return Span{start, start}
	}
	start = end - len(content)
	return Span{start, start + len(strings.TrimRight(content, space))}
}
