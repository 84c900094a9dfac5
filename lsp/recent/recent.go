// Package recent remembers the places where a user was lately, in whatever document: what stands there may be of use
// elsewhere. It knows no protocol.
package recent

import (
	"slices"
	"strings"
	"sync"
)

// Bounds of a ring.
const (
	maxChunks  = 16
	chunkLines = 12   // about, half of them before the place
	chunkBytes = 1024 // of each half
)

const (
	// same is how similar two chunks are of which the newer takes the place of the other.
	same = 0.9
	// near is how similar a chunk may be to what is around the cursor: more of what the model sees anyway would only have
	// it write the same once more.
	near = 0.5
)

// A Ring holds the newest chunks of text. The zero value is ready to use, by any number of goroutines.
type Ring struct {
	mu     sync.Mutex
	chunks []chunk // the newest last
}

// A chunk is some whole lines of a document.
type chunk struct {
	document string
	line     int // of the place, from 0
	text     string
}

// Visit remembers the lines around the byte offset of a document's text. A visit near the last one is the same visit, of
// which the chunk follows the text.
func (r *Ring) Visit(document, text string, offset int) {
	c := chunkAt(strings.Clone(document), text, offset)
	if strings.TrimSpace(c.text) == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunks = slices.DeleteFunc(r.chunks, func(old chunk) bool {
		return old.document == document && abs(old.line-c.line) <= chunkLines || similarity(old.text, c.text) > same
	})
	r.chunks = append(r.chunks, c)
	r.chunks = slices.Delete(r.chunks, 0, max(0, len(r.chunks)-maxChunks))
}

// Elsewhere returns the chunks that are of use at the byte offset of a document's text, the newest first: without those
// that are near, or much like what is. Typing on at a place does not change them.
func (r *Ring) Elsewhere(document, text string, offset int) []string {
	here := chunkAt(document, text, offset)
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, c := range slices.Backward(r.chunks) {
		if c.document == document && abs(c.line-here.line) <= 2*chunkLines || similarity(c.text, here.text) > near {
			continue
		}
		texts = append(texts, c.text)
	}
	return texts
}

// chunkAt returns the whole lines around an offset, of which the outer ones may be cut. It is a copy: the
// text may go.
func chunkAt(document, text string, offset int) chunk {
	offset = min(max(offset, 0), len(text))
	start, end, least := offset, offset, max(0, offset-chunkBytes)
	for range chunkLines / 2 {
		start = least + strings.LastIndexByte(text[least:max(least, start-1)], '\n') + 1
	}
	for range chunkLines / 2 {
		end += len(firstLine(text[end:min(len(text), offset+chunkBytes)]))
	}
	return chunk{document, strings.Count(text[:offset], "\n"), strings.ToValidUTF8(strings.Clone(text[start:end]), "")}
}

// firstLine returns the first line of a text, with its end.
func firstLine(text string) string {
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		return text[:end+1]
	}
	return text
}

// similarity is the share of lines that two texts have in common, of all lines with something on them: 0 to 1.
func similarity(a, b string) float64 {
	in := map[string]int{}
	for of, text := range []string{a, b} {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				in[line] |= 1 << of
			}
		}
	}
	both := 0
	for _, of := range in {
		if of == 3 {
			both++
		}
	}
	return float64(both) / float64(max(1, len(in)))
}

func abs(n int) int { return max(n, -n) }
