package structure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// goText returns a Go file of at least the given number of lines, and an
// offset in the middle of it, at the end of a statement in a function.
func goText(b *testing.B, lines int) (text string, cursor int) {
	b.Helper()
	sample := samples(b)[goLang]
	text = strings.Repeat(sample, 1+lines/strings.Count(sample, "\n"))
	const statement = "defer q.mu.Unlock()"
	return text, len(text)/2 + strings.Index(text[len(text)/2:], statement) + len(statement)
}

var fileLines = []int{300, 10_000, 50_000}

func BenchmarkParse(b *testing.B) {
	for _, lines := range fileLines {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, _ := goText(b, lines)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				mustParse(b, goLang, text)
			}
		})
	}
}

// BenchmarkReparse types one character in the middle of a file. The metric
// "of-parse" is its time as a share of a parse from scratch, the best of five.
func BenchmarkReparse(b *testing.B) {
	for _, lines := range fileLines {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, cursor := goText(b, lines)
			tree := mustParse(b, goLang, text)
			full := time.Duration(math.MaxInt64)
			for range 5 {
				start := time.Now()
				mustParse(b, goLang, text)
				full = min(full, time.Since(start))
			}
			next := tree.replaced(cursor, cursor, ";")
			edits := []Edit{{cursor, cursor, cursor + 1}}
			for b.Loop() {
				if _, err := tree.Reparse(b.Context(), next, edits); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(full), "of-parse")
		})
	}
}

func BenchmarkHole(b *testing.B) {
	for _, lines := range fileLines {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, cursor := goText(b, lines)
			tree := mustParse(b, goLang, text)
			for b.Loop() {
				tree.Hole(cursor, cursor)
			}
		})
	}
}

func BenchmarkFit(b *testing.B) {
	for _, lines := range fileLines {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, cursor := goText(b, lines)
			tree := mustParse(b, goLang, text)
			hole := tree.Hole(cursor, cursor)
			for b.Loop() {
				fitted, err := tree.Fit(b.Context(), hole, "\n\tif q.cap == 0 {\n\t\treturn ErrFull\n\t}\n}\n")
				if err != nil || !fitted.Verdict.OK() {
					b.Fatal(fitted, err)
				}
			}
		})
	}
}
