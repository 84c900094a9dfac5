package structure

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func addSamples(f *testing.F, add func(lang uint8, text string)) {
	texts := samples(f)
	for i, lang := range languages {
		add(uint8(i), texts[lang])
		add(uint8(i), "f(`${\"\\'r#\"/*\n\t}")
	}
}

// FuzzReparse follows random edits, with cancelled attempts in between, and
// compares the result with a parse from scratch.
func FuzzReparse(f *testing.F) {
	addSamples(f, func(lang uint8, text string) { f.Add(lang, text, uint64(lang)) })
	f.Fuzz(func(t *testing.T, lang uint8, text string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		tree := mustParse(t, languages[int(lang)%len(languages)], text)
		for range 4 {
			var edits []Edit
			text := tree.text
			for range 1 + r.IntN(3) {
				var e Edit
				e, text = randomEdit(r, text)
				edits = append(edits, e)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(1000))*time.Microsecond)
			if _, err := tree.Reparse(ctx, text, edits); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
			next, err := tree.Reparse(t.Context(), text, edits)
			if err != nil {
				t.Fatal(err)
			}
			checkReparse(t, next)
			tree = next
		}
	})
}

// FuzzFit checks the invariants of holes and of what is fitted into them.
func FuzzFit(f *testing.F) {
	addSamples(f, func(lang uint8, text string) {
		for _, generated := range []string{"x", "return 1\n}\n", "\n\tif a {\n\t\tb(\"c\")\n\t} else {", text[len(text)/2:]} {
			f.Add(lang, text, len(text)/2, 0, generated)
			f.Add(lang, text, len(text)/3, 20, generated)
		}
	})
	f.Fuzz(func(t *testing.T, lang uint8, text string, start, length int, generated string) {
		if len(generated) > MaxGenerated {
			return
		}
		tree := mustParse(t, languages[int(lang)%len(languages)], text)
		checkFit(t, tree, start, start+length, generated)
	})
}
