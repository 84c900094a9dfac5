package structure

import "bytes"

// withoutBodies returns the text of a Go file without the statements of functions that begin and end at the left margin,
// as those of formatted files do: what is left declares the same outside of functions, and is parsed in a fraction of the
// time. A file that is formatted otherwise may have a syntax error then. What could end a raw string or a comment is never
// left out, so that text which only looks like a function, in one of them, does no harm.
func withoutBodies(text []byte) []byte {
	kept := make([]byte, 0, len(text))
	for {
		function := bytes.Index(text, []byte("\nfunc "))
		if function < 0 {
			return append(kept, text...)
		}
		header := headerEnd(text, function+1)
		kept, text = append(kept, text[:header]...), text[header:]
		body := bytes.Index(text, []byte("\n}"))
		if body >= 0 && kept[len(kept)-1] == '{' && bytes.IndexByte(text[:body], '`') < 0 && !bytes.Contains(text[:body], []byte("*/")) {
			text = text[body:]
		}
	}
}

// headerEnd returns where the header of the function at an offset ends: with the first line that does not go on in
// parentheses.
func headerEnd(text []byte, start int) int {
	for {
		line := bytes.IndexByte(text[start:], '\n')
		if line < 0 {
			return len(text)
		}
		end := start + line
		if c := text[end-1]; line == 0 || c != '(' && c != ',' {
			return end
		}
		start = end + 1
	}
}
