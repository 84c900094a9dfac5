package bpe

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"seedls/engine/tokenizer"
)

func TestWords(t *testing.T) {
	for line, want := range map[string]string{
		"\n\t\treturn nil, err":  "\n\t\t|return| nil|,| err",
		"\r\n\r\n    x := a[10]": "\r\n\r\n    |x| :=| a|[|10|]",
		"a   b\t\tc \t":          "a|  | b|\t\t|c| \t",
		"  x":                    " | x",
		"\r":                     "\r",
		"größe世界 ٣é":             "größe世界| ٣|é",
		"\xff\xfea":              "\xff\xfe|a",
	} {
		got := slices.Collect(words(line))
		assert.Equal(t, want, strings.Join(got, "|"), "%q", line)
	}
}

// What is cut twice is whole when put together again.
func FuzzWords(f *testing.F) {
	for _, text := range source(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var whole strings.Builder
		for line := range tokenizer.Lines(text) {
			for word := range words(line) {
				whole.WriteString(word)
			}
		}
		assert.Equal(t, text, whole.String())
	})
}
