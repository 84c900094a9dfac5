package structure

import (
	"testing"
)

func addSamples(f *testing.F, add func(lang uint8, text string)) {
	texts := samples(f)
	for i, lang := range languages {
		add(uint8(i), texts[lang])
		add(uint8(i), "f(`${\"\\'r#\"/*\n\t}")
	}
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
