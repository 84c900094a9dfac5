package tokenizer

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"seedls/engine/builtin"
)

// open returns the tokenizer of the built-in model.
func open(t testing.TB) *Tokenizer {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := Parse(c.TokenizerJSON(), c.Config.VocabSize)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// promptCase is a case of golden_sampler.json: the parts of a prompt and the tokens of the whole.
type promptCase struct {
	Name, Path, Prefix, Suffix string
	Context                    []int32
}

func promptCases(t testing.TB) []promptCase {
	t.Helper()
	data, err := os.ReadFile("../../testdata/models/seed-go-8m/golden_sampler.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []promptCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestPrompts(t *testing.T) {
	tokens := open(t)
	for _, c := range promptCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			var got []int32
			for _, part := range []struct{ marker, text string }{
				{"<|file|>", c.Path}, {"<|suffix|>", c.Suffix}, {"<|prefix|>", c.Prefix},
			} {
				if part.text == "" && part.marker != "<|prefix|>" {
					continue
				}
				marker, ok := tokens.ID(part.marker)
				if !ok {
					t.Fatalf("no token %s", part.marker)
				}
				got = tokens.EncodeText(append(got, marker), part.text)
			}
			if !slices.Equal(got, c.Context) {
				t.Errorf("got  %d\nwant %d", got, c.Context)
			}
		})
	}
}

// sourceText is some real text: the code of this package.
func sourceText(t testing.TB) string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("found %d files: %v", len(names), err)
	}
	var text strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
	}
	return text.String()
}

// texts are what the tests that compare two implementations start from.
func texts(t testing.TB) []string {
	all := []string{"\xff", "a\xc3", "\xed\xa0\x80\r\n\xf0\x9f\x9a", "\n\xe2\x80\r\xa8 \x80\x80x", " \xff's\xffſ"}
	for _, c := range readGolden(t, "lines").Cases {
		all = append(all, c.Text)
	}
	for chunk := range slices.Chunk([]byte(sourceText(t)), 700) {
		all = append(all, string(chunk))
	}
	return all
}

func TestEncodeTextYieldsNoSpecialToken(t *testing.T) {
	for name, tokens := range map[string]*Tokenizer{
		"lines": open(t), "gpt2": openTrained(t, "gpt2"), "llama3": openTrained(t, "llama3"), "qwen2": openTrained(t, "qwen2"),
	} {
		specials := tokens.Specials()
		if len(specials) == 0 {
			t.Errorf("%s has no special tokens", name)
		}
		for _, special := range specials {
			content := string(tokens.Bytes(special))
			if got := tokens.Encode(nil, content); !slices.Equal(got, []int32{special}) {
				t.Errorf("%s: Encode(%q) is %d, want %d", name, content, got, special)
			}
			for _, text := range []string{content, "x" + content, content + content, "\n\t" + content + "\n"} {
				got := tokens.EncodeText(nil, text)
				if i := slices.IndexFunc(got, tokens.IsSpecial); i >= 0 {
					t.Errorf("%s: EncodeText(%q) yields special token %d", name, text, got[i])
				}
				if back := tokens.Decode(got); back != text {
					t.Errorf("%s: %q came back as %q", name, text, back)
				}
			}
		}
	}
}

func TestLookups(t *testing.T) {
	tokens := openTrained(t, "qwen2")
	end, ok := tokens.ID("<|endoftext|>")
	if !ok || !tokens.IsSpecial(end) || string(tokens.Bytes(end)) != "<|endoftext|>" {
		t.Errorf("<|endoftext|> is %d, %t, %q", end, ok, tokens.Bytes(end))
	}
	call, ok := tokens.ID("<tool_call>")
	if !ok || tokens.IsSpecial(call) || tokens.Decode([]int32{call}) != "<tool_call>" {
		t.Errorf("<tool_call> is %d, %t, and decodes to %q", call, ok, tokens.Decode([]int32{call}))
	}
	word, ok := tokens.ID(" the")
	if !ok || string(tokens.Bytes(word)) != " the" {
		t.Errorf("%q is %d, %t", " the", word, ok)
	}
	if _, ok := tokens.ID("no such token"); ok {
		t.Error("found a token that is not there")
	}
	for _, id := range []int32{-1, int32(tokens.Size()), math.MaxInt32, math.MinInt32} {
		if tokens.Bytes(id) != nil || tokens.IsSpecial(id) || tokens.Decode([]int32{id}) != "" {
			t.Errorf("token %d exists", id)
		}
	}
	if got := tokens.EncodeText([]int32{7}, ""); !slices.Equal(got, []int32{7}) {
		t.Errorf("nothing, appended to [7], is %d", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	tokens, text := open(t), sourceText(t)
	want := open(t).EncodeText(nil, text)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got := tokens.EncodeText(nil, text); !slices.Equal(got, want) {
				t.Error("tokens differ between goroutines")
			}
		})
	}
	group.Wait()
}

func FuzzRoundTrip(f *testing.F) {
	for _, text := range texts(f) {
		f.Add(text)
	}
	all := []*Tokenizer{open(f), openTrained(f, "gpt2"), openTrained(f, "llama3")}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tokens := range all {
			first := tokens.EncodeText(nil, text)
			if got := tokens.Decode(first); got != text {
				t.Errorf("%q came back as %q", text, got)
			}
			if i := slices.IndexFunc(first, tokens.IsSpecial); i >= 0 {
				t.Errorf("%q yields special token %d", text, first[i])
			}
			if again := tokens.EncodeText(nil, text); !slices.Equal(first, again) {
				t.Errorf("%q is %d and from the cache %d", text, first, again)
			}
		}
	})
}
