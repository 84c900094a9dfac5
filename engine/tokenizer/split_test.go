package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dlclark/regexp2"
)

// ownSplitters pairs every pattern that has a splitter of its own with the same pattern for the fallback. That one
// must be told of the long s, which regexp2 does not fold to s.
var ownSplitters = []struct{ name, pattern, fallback string }{
	{"lines", linesPattern, linesPattern},
	{"gpt2", gpt2Pattern, gpt2Pattern},
	{"llama3", llama3Pattern, strings.Replace(llama3Pattern, "'s", "'[sſ]", 1)},
	{"qwen2", qwen2Pattern, strings.Replace(qwen2Pattern, "'s", "'[sſ]", 1)},
}

func FuzzSplit(f *testing.F) {
	for _, text := range texts(f) {
		f.Add(text)
	}
	type splitters struct {
		name          string
		own, fallback splitter
	}
	var all []splitters
	for _, s := range ownSplitters {
		own, err := patternSplitter(s.pattern)
		if err != nil {
			f.Fatal(err)
		}
		fallback, err := compilePattern(s.fallback)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, splitters{s.name, own, fallback})
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return
		}
		for _, s := range all {
			got, want := s.own(nil, text), s.fallback(nil, text)
			if strings.Join(got, "") != text {
				t.Errorf("%s: pieces of %q are %q", s.name, text, got)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: pieces of %q are\n%q, the fallback finds\n%q", s.name, text, got, want)
			}
		}
	})
}

func TestLiteralSplitter(t *testing.T) {
	for text, want := range map[string][]string{
		"a->b": {"a", "->", "b"}, "->->": {"->", "->"}, "->x": {"->", "x"}, "x-": {"x-"},
	} {
		if got := literalSplitter("->")(nil, text); !slices.Equal(got, want) {
			t.Errorf("pieces of %q are %q, want %q", text, got, want)
		}
	}
}

func TestPatternsRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`[[:alpha:]]+`:      "a class inside a class",
		`[a-z-[aeiou]]`:     "a class inside a class",
		`[a-z&&[^b]]`:       "the intersection of classes",
		`a{,3}`:             "a repetition without a lower bound",
		`(?m:a.b)`:          "an option other than",
		`(?s).`:             "an option other than",
		`a(?i)b|c`:          "an option other than",
		`\h+`:               "unrecognized escape",
		`a++`:               "invalid nested repetition operator",
		`(`:                 "missing closing )",
		`\p{Nonsense}`:      "unknown unicode category",
		`[^\r\n\p{L}]?+\w+`: "invalid nested repetition operator",
	} {
		if _, err := patternSplitter(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", pattern, err, want)
		}
	}
	for _, pattern := range []string{`[]\[]`, `[^]x]+`, `\[\[:`, `(?<!a)b(?=c)(?:d)(?i:e)`, `&&`} {
		if _, err := patternSplitter(pattern); err != nil {
			t.Errorf("%q is refused: %v", pattern, err)
		}
	}
}

func TestPatternTimeout(t *testing.T) {
	re := regexp2.MustCompile(`b|(a+)+c`, regexp2.None)
	re.MatchTimeout = 20 * time.Millisecond
	text := "b\xffb" + strings.Repeat("a", 64)
	begin := time.Now()
	got := splitPattern(nil, text, re)
	if want := []string{"b", "\xff", "b", text[3:]}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
