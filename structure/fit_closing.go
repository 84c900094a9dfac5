package structure

import (
	"slices"
	"strings"
)

// closingWords end a block on a line of their own, in languages that have no
// bracket for it.
var closingWords = []string{"end", "endif", "endfor", "endwhile", "endfunction", "endfunc", "fi", "done", "esac", "endmodule", "endcase"}

// closing cuts before a line that ends a block by a word or a tag, as the next
// line behind the hole does, if it ends none that the text began. Brackets are
// counted, which is surer; what words and tags end, only indentation tells. A
// line that ends a block around the hole's is gone already: see dedent.
func (f *fitting) closing(end int) int {
	rest, below, _ := strings.Cut(f.suffix(), "\n")
	want, _, _ := nextLine(below)
	want = strings.TrimSpace(want)
	if !isBlank(rest) || !closesBlock(want) {
		return end
	}
	var begun []int // indentations of lines that deeper ones follow, which are not ended
	last := 0       // indentation of the line before
	for start := lineStart(f.text, f.Start); start < end; {
		line, _, _ := strings.Cut(f.text[start:end], "\n")
		at := start
		if start += len(line) + 1; isBlank(line) {
			continue
		}
		depth := columns(indentOf(line))
		if strings.TrimSpace(line) == want && !slices.Contains(begun, depth) {
			return f.Start + len(strings.TrimRight(f.text[f.Start:max(f.Start, at)], "\r\n"))
		}
		if depth > last && at > f.Start {
			begun = append(begun, last)
		}
		if depth < last {
			begun = slices.DeleteFunc(begun, func(b int) bool { return b >= depth })
		}
		last = depth
	}
	return end
}

// closesBlock says whether a line without white space around it does nothing
// but end a block by a word or a tag.
func closesBlock(line string) bool {
	word := strings.TrimRight(line, ";,)")
	return slices.Contains(closingWords, strings.ToLower(word)) ||
		strings.HasPrefix(word, "</") && strings.IndexByte(word, '>') == len(word)-1
}
