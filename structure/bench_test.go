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

// BenchmarkScope types one character in the middle of a file and asks what can
// be named there. Its time leaves the parsing of the keystroke out, which
// BenchmarkReparse has. The metric "first-ms" is the first scope of a file,
// which reads its outline.
func BenchmarkScope(b *testing.B) {
	for _, lines := range []int{100, 10_000, 50_000} {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, cursor := goText(b, lines)
			tree := mustParse(b, goLang, text)
			start := time.Now()
			mustScope(b, tree, cursor)
			first := time.Since(start)
			next := tree.replaced(cursor, cursor, "\n\tq.")
			typed, err := tree.Reparse(b.Context(), next, []Edit{{cursor, cursor, cursor + 4}})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				mustScope(b, typed, cursor+4)
			}
			b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
		})
	}
}

func mustScope(b *testing.B, tree *Tree, cursor int) *Scope {
	b.Helper()
	scope, err := tree.Scope(b.Context(), tree.Hole(cursor, cursor), nil)
	if err != nil {
		b.Fatal(err)
	}
	return scope
}

func BenchmarkLookup(b *testing.B) {
	for _, lines := range []int{100, 10_000, 50_000} {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, cursor := goText(b, lines)
			scope := mustScope(b, mustParse(b, goLang, text), cursor)
			for b.Loop() {
				scope.Lookup("q")
				scope.Undeclared("nowhere")
			}
		})
	}
}

func BenchmarkRole(b *testing.B) {
	text := samples(b)[goLang]
	words := wordPattern.FindAllStringIndex(text, -1)
	for b.Loop() {
		for _, at := range words {
			goLang.Role(text, at[0], at[1])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(words)), "ns/word")
}

// BenchmarkOrder has the order do what it does for a canvas of 16 slots that is
// committed from its middle: two candidates for each mask in each of 16 steps,
// and the check after each. A forward pass over such a canvas takes some 0.7 ms
// with the built-in model; "of-forward" is the share of that that a step's
// answers take, with the making of the order and its scope "of-forward-all".
func BenchmarkOrder(b *testing.B) {
	const forward = 700 * time.Microsecond
	tokens := []string{
		"", "", "if", " err", " := ", "q.push", "(", "item", "); err", " != nil {", "\n\t\t", "return", " err", "\n\t", "}", "\n\t", "q.size", "++",
	}
	sequence := []int{3, 7, 11, 0, 1, 2, 5, 4, 6, 8, 9, 10, 12, 13, 14, 15}
	texts := make([][]byte, len(tokens))
	for i, token := range tokens {
		texts[i] = []byte(token)
	}
	for _, lines := range []int{300, 10_000} {
		b.Run(fmt.Sprint("lines=", lines), func(b *testing.B) {
			text, cursor := goText(b, lines)
			tree := mustParse(b, goLang, text)
			mustScope(b, tree, cursor) // the file's outline is read once
			canvas, confidence := make([]int32, len(sequence)), make([]float32, len(sequence))
			var setup time.Duration
			for b.Loop() {
				begun := time.Now()
				hole := tree.Hole(cursor, cursor)
				scope, err := tree.Scope(b.Context(), hole, &Package{})
				if err != nil {
					b.Fatal(err)
				}
				order := hole.Order(scope, 0, 1, func(token int32) []byte { return texts[token] })
				setup += time.Since(begun)
				clear(canvas)
				for _, commit := range sequence {
					for slot, token := range canvas {
						if token == 0 {
							order.Possible(canvas, slot, int32(2+slot))
							order.Ready(canvas, slot, int32(2+slot))
							order.Possible(canvas, slot, int32(2+(slot+7)%16))
							order.Ready(canvas, slot, int32(2+(slot+7)%16))
						}
					}
					order.Skeleton(canvas, commit, int32(2+commit))
					canvas[commit] = int32(2 + commit)
					order.Violations(canvas, confidence)
				}
			}
			steps := float64(b.N * len(sequence))
			b.ReportMetric(float64(b.Elapsed()-setup)/steps/float64(forward), "of-forward")
			b.ReportMetric(float64(b.Elapsed())/steps/float64(forward), "of-forward-all")
		})
	}
}
