package corpus

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// function is some Go code that differs by n in all but its frame.
func function(n int) string {
	return fmt.Sprintf(`
func load%[1]d(path%[1]d string) (*table%[1]d, error) {
	data%[1]d, err := os.ReadFile(path%[1]d)
	if err != nil {
		return nil, fmt.Errorf("table %[1]d: %%w", err)
	}
	rows%[1]d := make([]row%[1]d, 0, len(data%[1]d)/%[1]d)
	for line%[1]d := range bytes.Lines(data%[1]d) {
		rows%[1]d = append(rows%[1]d, parse%[1]d(line%[1]d))
	}
	return &table%[1]d{rows%[1]d}, nil
}
`, n)
}

func functions(numbers ...int) string {
	var b strings.Builder
	for _, n := range numbers {
		b.WriteString(function(n))
	}
	return b.String()
}

const boilerplate = `package tables

import (
	"bytes"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}
`

func TestNearDuplicates(t *testing.T) {
	text := boilerplate + function(1) + function(2)
	for name, c := range map[string]struct {
		a, b string
		near bool
	}{
		"equal":                   {text, text, true},
		"reformatted":             {text, strings.ReplaceAll(text, "\t", "    ") + "\n\n", true},
		"one line edited":         {text, strings.Replace(text, "bytes.Lines(data1)", "bytes.SplitSeq(data1, newline)", 1), true},
		"one line removed":        {text, strings.Replace(text, "\t\tos.Exit(1)\n", "", 1), true},
		"one line in a few":       {function(1), strings.Replace(function(1), "nil, fmt", "zero, fmt", 1), true},
		"common boilerplate":      {boilerplate + function(1) + function(2), boilerplate + function(3) + function(4), false},
		"half is common":          {boilerplate + function(1) + function(2), boilerplate + function(1) + function(4), false},
		"four of five are common": {functions(1, 2, 3, 4, 5), functions(1, 2, 3, 4, 6), false},
		"nine of ten are common":  {functions(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), functions(1, 2, 3, 4, 5, 6, 7, 8, 9, 11), true},
		"different":               {boilerplate, function(1), false},
		"short":                   {"package a", "package b", false},
		"short and equal":         {"package a", "package a\n", true},
	} {
		index := newNearIndex()
		index.add(sign("package other\n\nvar unrelated = 1\n"))
		index.add(sign(c.a))
		want := -1
		if c.near {
			want = 1
		}
		if got := index.find(sign(c.b)); got != want {
			t.Errorf("%s: found %d, want %d; similarity %.2f", name, got, want, sign(c.a).similarity(sign(c.b)))
		}
	}
}

// TestSimilarity compares the estimate with the Jaccard similarity that it estimates.
func TestSimilarity(t *testing.T) {
	var texts []string
	for n := range 10 {
		var b strings.Builder
		for i := range 10 {
			b.WriteString(function(n*i + i))
		}
		texts = append(texts, b.String())
	}
	for i, a := range texts {
		for j, b := range texts {
			x, y := shingles(a), shingles(b)
			common := 0
			for _, shingle := range x {
				if _, ok := slices.BinarySearch(y, shingle); ok {
					common++
				}
			}
			want := float64(common) / float64(len(x)+len(y)-common)
			// Four standard deviations of the mean of 120 hits and misses.
			if got := sign(a).similarity(sign(b)); math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/(bands*rows))+1e-9 {
				t.Errorf("texts %d and %d: %.3f, want %.3f", i, j, got, want)
			}
		}
	}
}

// TestIndexFindsAmongMany has near duplicates of many texts.
func TestIndexFindsAmongMany(t *testing.T) {
	index := newNearIndex()
	for n := range 300 {
		index.add(sign(function(n) + function(n+1000)))
	}
	for n := range 300 {
		edited := strings.Replace(function(n)+function(n+1000), "len(data", "cap(data", 1)
		if got := index.find(sign(edited)); got != n {
			t.Errorf("text %d: found %d", n, got)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	text := strings.Repeat(function(1)+function(2), 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		sign(text)
	}
}
