package prompt_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/prompt"
	"seedls/engine/tokenizer"
)

func open(t *testing.T) (*checkpoint.Checkpoint, *tokenizer.Tokenizer, *prompt.Layout) {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := prompt.New(c, tokens)
	if err != nil {
		t.Fatal(err)
	}
	return c, tokens, layout
}

// TestGolden compares prompts with those of the reference implementation.
func TestGolden(t *testing.T) {
	_, _, layout := open(t)
	data, err := os.ReadFile("../../testdata/models/seed-go-8m/golden_sampler.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Path, Prefix, Suffix string
		Context                    []int32
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := layout.Build(nil, c.Path, c.Prefix, c.Suffix); !slices.Equal(got, c.Context) {
			t.Errorf("%s: %v, want %v", c.Name, got, c.Context)
		}
	}
}

func TestBudgets(t *testing.T) {
	c, tokens, layout := open(t)
	config := c.Config.Diffusion.Prompt
	line := "\tif err := s.store.Put(ctx, key, value); err != nil { // a line like many others\n"
	for name, text := range map[string]string{
		"many lines": strings.Repeat(line, 500),
		"one line":   strings.Repeat("x := append(xs, 1, 2, 3); ", 2000),
		"crlf":       strings.Repeat("\treturn nil\r\n", 500),
		"blank":      strings.Repeat("\n", 5000),
		"bytes":      strings.Repeat("\xff\x00", 5000),
	} {
		got := layout.Build(nil, strings.Repeat("dir/", 50)+"file.go", text, text)
		if len(got) > config.MaxTokens {
			t.Errorf("%s: %d tokens of %d", name, len(got), config.MaxTokens)
		}
		at := slices.Index(got, config.SuffixID)
		if path := tokens.Decode(got[1:at]); at-1 > config.MaxPathTokens || !strings.HasSuffix(path, "/file.go") {
			t.Errorf("%s: the path is %q, %d tokens", name, path, at-1)
		}
		prefix := slices.Index(got, config.PrefixID)
		if n := prefix - at - 1; n > config.MaxSuffixTokens || !strings.HasPrefix(text, tokens.Decode(got[at+1:prefix])) {
			t.Errorf("%s: the suffix has %d tokens and is %q", name, n, tokens.Decode(got[at+1:prefix]))
		}
		if end := tokens.Decode(got[prefix+1:]); end == "" || !strings.HasSuffix(text, end) {
			t.Errorf("%s: the prefix is %q", name, end)
		}
	}
}

// TestALongLineLeavesAPrefix puts one long line at every place before the cursor: the prompt still has a prefix.
func TestALongLineLeavesAPrefix(t *testing.T) {
	c, tokens, layout := open(t)
	for before := range 80 {
		for _, length := range []int{5, 20, 60} {
			text := strings.Repeat("// some comment line\n", before) +
				"\t// " + strings.Repeat("\tx := compute(alpha, beta, gamma) + ", length) + "\n"
			got := layout.Build(nil, "a.go", text, "\n}\n")
			prefix := tokens.Decode(got[slices.Index(got, c.Config.Diffusion.Prompt.PrefixID)+1:])
			if len(prefix) < min(len(text), 200) || !strings.HasSuffix(text, prefix) {
				t.Errorf("%d lines and one of %d statements: the prefix has %d bytes", before, length, len(prefix))
			}
		}
	}
}

// TestTypingKeepsThePrompt types a file that overflows the prompt and counts the keystrokes after which the last
// prompt is not the beginning of the next, but for the tokens of the line being typed.
func TestTypingKeepsThePrompt(t *testing.T) {
	_, _, layout := open(t)
	text := strings.Repeat("\tif err := s.store.Put(ctx, key, value); err != nil {\n\t\treturn err\n\t}\n", 60)
	var last []int32
	misses, prompts := 0, 0
	for end := len(text) / 2; end < len(text); end++ {
		next := layout.Build(nil, "store/store.go", text[:end], "\n}\n")
		common := 0
		for common < min(len(last), len(next)) && last[common] == next[common] {
			common++
		}
		if prompts++; common < len(last)-20 {
			misses++
		}
		last = next
	}
	if misses == 0 || misses*100 > prompts {
		t.Errorf("%d of %d keystrokes began a new prompt; want some, and fewer than one in a hundred", misses, prompts)
	}
}

func TestSpecialTokensStayText(t *testing.T) {
	c, _, layout := open(t)
	got := layout.Build(nil, "", "<|mask|>", "<|end|>")
	config := c.Config.Diffusion
	if slices.Contains(got, config.MaskTokenID) || slices.Contains(got, config.EndTokenID) {
		t.Errorf("the buffer's text became a special token: %v", got)
	}
}

func TestNoLayout(t *testing.T) {
	c, err := checkpoint.Open("../../testdata/models/arch/tiny-llama-block4")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := prompt.New(c, nil); err == nil || !strings.Contains(err.Error(), "diffusion.prompt") {
		t.Errorf("got %v", err)
	}
}

// TestContextHasABudget puts context before the prefix: whole texts, a sixth of the prompt at most, and the prefix gives
// way to it.
func TestContextHasABudget(t *testing.T) {
	c, tokens, layout := open(t)
	config := c.Config.Diffusion.Prompt
	texts := slices.Repeat([]string{"func (s *Store) Put(ctx context.Context, key string, value []byte) error\n"}, 20)
	admitted := layout.Admit(texts)
	context := strings.Join(admitted, "")
	if n := len(tokens.EncodeText(nil, context)); len(admitted) == 0 || n > config.MaxTokens/6 || n < config.MaxTokens/12 {
		t.Fatalf("%d texts of %d tokens were admitted", len(admitted), n)
	}
	if got := layout.Admit([]string{strings.Repeat("x", 1<<20), "y"}); len(got) != 0 {
		t.Errorf("%d texts were admitted with one that is too long", len(got))
	}
	prefix := strings.Repeat("\treturn nil, err\n", 500)
	got := layout.BuildIn(nil, context, "a.go", prefix, "}\n")
	if len(got) > config.MaxTokens {
		t.Errorf("%d tokens of %d", len(got), config.MaxTokens)
	}
	text := tokens.Decode(got[slices.Index(got, config.PrefixID)+1:])
	if rest, ok := strings.CutPrefix(text, context); !ok || rest == "" || !strings.HasSuffix(prefix, rest) {
		t.Errorf("the prefix is %q", text)
	}
}
