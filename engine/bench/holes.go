package bench

import (
	_ "embed"
	"strings"
)

// A Hole is a place in a file: the text before it and the text after it.
type Hole struct{ Path, Prefix, Suffix string }

// holes are Go files as in a txtar archive. What is between « and » is a hole; for the others it is there.
//
//go:embed holes.txtar
var holes string

// Holes returns the holes that texts are written for, always the same.
func Holes() []Hole {
	var all []Hole
	for file := range strings.SplitSeq("\n"+strings.TrimSpace(holes)+"\n", "\n-- ") {
		path, text, ok := strings.Cut(file, " --\n")
		if !ok {
			continue
		}
		plain := strings.NewReplacer("«", "", "»", "")
		for at := 0; ; {
			begin := strings.Index(text[at:], "«")
			if begin < 0 {
				break
			}
			begin += at
			at = begin + strings.Index(text[begin:], "»")
			all = append(all, Hole{path, plain.Replace(text[:begin]), plain.Replace(text[at:])})
		}
	}
	return all
}
