package tokenizer

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// tokenizerJSON is the Llama-3 test tokenizer with the member at a path, given as JSON, replaced. A dot leads into
// objects; "-" removes a member.
func tokenizerJSON(t *testing.T, path, value string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/llama3/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	object := file
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		object = object[name].(map[string]any)
	}
	last := names[len(names)-1]
	if value == "-" {
		delete(object, last)
	} else {
		object[last] = json.RawMessage(value)
	}
	if data, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseRefused(t *testing.T) {
	added := func(member string) string {
		return `[{"id": 703, "content": "<x>", "normalized": false, "special": true, ` + member + `}]`
	}
	split := func(member string) string {
		return `{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated", ` + member +
			`}, {"type": "ByteLevel", "add_prefix_space": false}]}`
	}
	for _, test := range []struct{ path, value, want string }{
		{"truncation", `{"max_length": 512}`, "truncation is not supported"},
		{"padding", `{"strategy": "BatchLongest"}`, "padding is not supported"},
		{"language", `"en"`, `unknown field "language"`},
		{"normalizer", `{"type": "Lowercase"}`, `normalizer: type "Lowercase"`},
		{"normalizer", `{"type": "Sequence", "normalizers": []}`, `normalizer: type "Sequence"`},
		{"pre_tokenizer", "null", `pre_tokenizer: type "null"`},
		{"pre_tokenizer", `{"type": "Metaspace"}`, `pre_tokenizer: type "Metaspace"`},
		{"pre_tokenizer", `{"type": "Sequence", "pretokenizers": []}`, "it must end with ByteLevel"},
		{"pre_tokenizer", `{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated"}]}`, `type "Split" is not supported here`},
		{"pre_tokenizer", `{"type": "Sequence", "pretokenizers": [{"type": "Digits"}, {"type": "ByteLevel"}]}`, `type "Digits"`},
		{"pre_tokenizer", `{"type": "ByteLevel", "spaces": 2}`, `unknown field "spaces"`},
		{"pre_tokenizer", split(`"behavior": "Removed"`), `behavior "Removed"`},
		{"pre_tokenizer", split(`"invert": true`), "invert"},
		{"pre_tokenizer", split(`"pattern": {"String": "b"}`), "either Regex or String"},
		{"pre_tokenizer", split(`"pattern": {"Regex": ""}`), "either Regex or String"},
		{"pre_tokenizer", split(`"pattern": {"Regex": "("}`), `pattern "("`},
		{"decoder", "null", `decoder "null"`},
		{"decoder", `{"type": "WordPiece"}`, `decoder "WordPiece"`},
		{"added_tokens", added(`"lstrip": true`), `added_tokens: token "<x>": single_word, lstrip and rstrip`},
		{"added_tokens", added(`"single_word": true`), `token "<x>"`},
		{"added_tokens", added(`"content": ""`), "token 703 is empty"},
		{"added_tokens", added(`"id": 5`), `token "<x>" is 5, which is also`},
		{"added_tokens", added(`"content": " the"`), `token " the" is 703 here and`},
		{"added_tokens", added(`"id": 704`), `token "<x>" is 704, but config.json says vocab_size 704`},
		{"added_tokens", added(`"id": -1`), `token "<x>" is -1`},
		{"added_tokens", `[{"id": 702, "content": "<x>"}, {"id": 703, "content": "<x>"}]`, `token "<x>" is both 702 and 703`},
		{"model.type", `"Unigram"`, `model: type "Unigram"`},
		{"model.dropout", "0.1", "model: dropout"},
		{"model.continuing_subword_prefix", `"##"`, `continuing_subword_prefix "##"`},
		{"model.end_of_word_suffix", `"</w>"`, `end_of_word_suffix "</w>"`},
		{"model.shape", "1", `unknown field "shape"`},
		{"model.vocab", `{"a": 0}`, "model: vocab has no token for byte"},
		{"model.vocab", `{"a": 0, "b": 0}`, "both 0"},
		{"model.vocab", `{"": 0}`, "token 0 is empty"},
		{"model.vocab", `{"a": 99999}`, `token "a" is 99999, but config.json says vocab_size 704`},
		{"model.vocab", "[]", "vocab"},
		{"model.merges", `[["t"]]`, `model: merges[0] ["t"] is not a pair`},
		{"model.merges", `["t h e"]`, `model: merges[0] ["t" "h" "e"] is not a pair`},
		{"model.merges", `[["t", "h"], ["q", "q"]]`, `model: merges[1] ["q" "q"]: vocab lacks`},
		{"model.merges", `7`, "merges"},
	} {
		_, err := Parse(tokenizerJSON(t, test.path, test.value), 704)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "tokenizer.json: ") {
			t.Errorf("%s %s: got %v, want %q", test.path, test.value, err, test.want)
		}
	}
	for _, data := range []string{"", "null", "{}", "[", "[]"} {
		if _, err := Parse([]byte(data), 704); err == nil {
			t.Errorf("%q is accepted", data)
		}
	}
	if _, err := Parse(tokenizerJSON(t, "added_tokens", "[]"), 100); err == nil || !strings.Contains(err.Error(), "vocab_size 100") {
		t.Errorf("a tokenizer larger than the model gives %v", err)
	}
}

// A merge whose result is a special token would let a buffer write that token.
func TestMergeIntoSpecialTokenIsRefused(t *testing.T) {
	var file struct {
		Model struct{ Vocab map[string]int }
	}
	if err := json.Unmarshal(tokenizerJSON(t, "version", "null"), &file); err != nil {
		t.Fatal(err)
	}
	added, err := json.Marshal([]map[string]any{{"id": file.Model.Vocab["th"], "content": "th", "special": true}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(tokenizerJSON(t, "added_tokens", string(added)), 704)
	if err == nil || !strings.Contains(err.Error(), "makes a special token") {
		t.Errorf("got %v", err)
	}
}

func TestParseAccepts(t *testing.T) {
	want := openTrained(t, "llama3").EncodeText(nil, "they've seen the ship")
	for _, test := range []struct{ path, value string }{
		{"model.type", "-"},
		{"model.dropout", "null"},
		{"model.continuing_subword_prefix", `""`},
		{"post_processor", "null"},
		{"post_processor", `{"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}`},
		{"normalizer", `{"type": "NFC"}`},
	} {
		tokens, err := Parse(tokenizerJSON(t, test.path, test.value), 1<<20)
		if err != nil {
			t.Errorf("%s %s: %v", test.path, test.value, err)
			continue
		}
		if got := tokens.EncodeText(nil, "they've seen the ship"); !slices.Equal(got, want) {
			t.Errorf("%s %s: got %d, want %d", test.path, test.value, got, want)
		}
	}
}
