package synth

import (
	"encoding/json"

	"seedls/engine/tokenizer"
)

// The special tokens, which come first in every vocabulary, as in the built-in model's.
const (
	padID int32 = iota
	maskID
	textEndID
	fileID
	suffixID
	prefixID
	endID
	editID
)

var specials = []string{
	padID: "<|pad|>", maskID: "<|mask|>", textEndID: "<|endoftext|>", fileID: "<|file|>", suffixID: "<|suffix|>",
	prefixID: "<|prefix|>", endID: "<|end|>", editID: "<|edit|>",
}

// A vocabulary is a byte-level one for BPE: the special tokens, the 256 bytes, and words of small letters, with or
// without a space before them, shorter ones first.
type vocabulary struct {
	tokens []string // by id, as byte-level vocabularies write them
	merges [][2]string
}

// newVocabulary makes one of size tokens, or as few as there must be.
func newVocabulary(size int) vocabulary {
	v := vocabulary{tokens: append([]string(nil), specials...)}
	var names [256]string
	for name, b := range tokenizer.ByteAlphabet() {
		names[b] = string(name)
	}
	v.tokens = append(v.tokens, names[:]...)
	words := []string{names[' ']}
	for letter := 'a'; letter <= 'z'; letter++ {
		words = append(words, string(letter))
	}
	letters := words[1:]
	for i := 0; len(v.tokens) < size; i++ {
		for _, letter := range letters[:min(len(letters), size-len(v.tokens))] {
			word := words[i] + letter
			v.merges = append(v.merges, [2]string{words[i], letter})
			v.tokens = append(v.tokens, word)
			words = append(words, word)
		}
	}
	return v
}

// json is the vocabulary as a tokenizer.json.
func (v *vocabulary) json() ([]byte, error) {
	type object = map[string]any
	added := make([]object, len(specials))
	for id, name := range specials {
		added[id] = object{
			"id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true,
		}
	}
	ids := make(map[string]int, len(v.tokens))
	for id, token := range v.tokens {
		ids[token] = id
	}
	byteLevel := object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true}
	return json.Marshal(object{
		"version":       "1.0",
		"added_tokens":  added,
		"pre_tokenizer": byteLevel,
		"decoder":       byteLevel,
		"model":         object{"type": "BPE", "vocab": ids, "merges": v.merges},
	})
}
