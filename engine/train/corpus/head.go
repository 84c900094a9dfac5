package corpus

import (
	"slices"
	"strings"
)

// A block is a run of lines, with their line ends, in the head of a file: blank ones, one comment of whole lines, or line
// comments that follow each other.
type block struct {
	lines   []string
	comment bool
	between bool // a comment between /* and */
}

// splitHead takes the blank lines and comments before the first code off a text.
func splitHead(language, text string) (head []block, code string) {
	for text != "" {
		line := firstLine(text)
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			head = appendLine(head, line, false)
		case strings.HasPrefix(trimmed, lineComment(language)):
			head = appendLine(head, line, true)
		case strings.HasPrefix(trimmed, "/*") && lineComment(language) == "//":
			length := strings.Index(text, "*/")
			if length < 0 {
				return head, text
			}
			rest := firstLine(text[length:])
			if strings.TrimSpace(rest) != "*/" {
				return head, text
			}
			length += len(rest)
			head = append(head, block{lines: slices.Collect(strings.Lines(text[:length])), comment: true, between: true})
			text = text[length:]
			continue
		default:
			return head, text
		}
		text = text[len(line):]
	}
	return head, text
}

func firstLine(text string) string {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1]
	}
	return text
}

func appendLine(head []block, line string, comment bool) []block {
	if n := len(head); n > 0 && head[n-1].comment == comment && !head[n-1].between {
		head[n-1].lines = append(head[n-1].lines, line)
		return head
	}
	return append(head, block{lines: []string{line}, comment: comment})
}

func lineComment(language string) string {
	if language == "python" {
		return "#"
	}
	return "//"
}

// bare is what a line of a comment says, without the marks.
func bare(line string) string {
	line = strings.TrimSpace(line)
	line = strings.TrimSuffix(line, "*/")
	return strings.TrimSpace(strings.TrimLeft(line, "/*#! \t"))
}
