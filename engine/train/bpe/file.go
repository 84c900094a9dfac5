package bpe

import (
	"bytes"
	"encoding/json"
	"fmt"

	"seedls/engine/tokenizer"
)

// file is what tokenizer.json says of a byte-level BPE that cuts text into lines.
type file struct {
	Version       string       `json:"version"`
	Truncation    *struct{}    `json:"truncation"`
	Padding       *struct{}    `json:"padding"`
	AddedTokens   []addedToken `json:"added_tokens"`
	Normalizer    *struct{}    `json:"normalizer"`
	PreTokenizer  sequence     `json:"pre_tokenizer"`
	PostProcessor *struct{}    `json:"post_processor"`
	Decoder       byteLevel    `json:"decoder"`
	Model         model        `json:"model"`
}

type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type sequence struct {
	Type          string `json:"type"`
	PreTokenizers []any  `json:"pretokenizers"`
}

type split struct {
	Type     string            `json:"type"`
	Pattern  map[string]string `json:"pattern"`
	Behavior string            `json:"behavior"`
	Invert   bool              `json:"invert"`
}

type byteLevel struct {
	Type           string `json:"type"`
	AddPrefixSpace bool   `json:"add_prefix_space"`
	TrimOffsets    bool   `json:"trim_offsets"`
	UseRegex       bool   `json:"use_regex"`
}

type model struct {
	Type                    string      `json:"type"`
	Dropout                 *struct{}   `json:"dropout"`
	UnkToken                *struct{}   `json:"unk_token"`
	ContinuingSubwordPrefix *struct{}   `json:"continuing_subword_prefix"`
	EndOfWordSuffix         *struct{}   `json:"end_of_word_suffix"`
	FuseUnk                 bool        `json:"fuse_unk"`
	ByteFallback            bool        `json:"byte_fallback"`
	IgnoreMerges            bool        `json:"ignore_merges"`
	Vocab                   names       `json:"vocab"`
	Merges                  [][2]string `json:"merges"`
}

// names is an object of token names and ids, in the order of the ids.
type names []string

// MarshalJSON implements [json.Marshaler].
func (n names) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for id, name := range n {
		if id > 0 {
			b = append(b, ',')
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b = fmt.Appendf(append(b, quoted...), ":%d", id)
	}
	return append(b, '}'), nil
}

// JSON is the tokenizer.json of the vocabulary.
func (v *Vocabulary) JSON() ([]byte, error) {
	f := file{
		Version: "1.0",
		PreTokenizer: sequence{"Sequence", []any{
			split{"Split", map[string]string{"Regex": tokenizer.LinesPattern}, "Isolated", false},
			byteLevel{"ByteLevel", false, true, false},
		}},
		Decoder: byteLevel{"ByteLevel", true, true, true},
		Model:   model{Type: "BPE", Vocab: v.names(), Merges: make([][2]string, len(v.merges))},
	}
	for id, content := range specials {
		f.AddedTokens = append(f.AddedTokens, addedToken{ID: id, Content: content, Special: true})
	}
	for rank, m := range v.merges {
		f.Model.Merges[rank] = [2]string{f.Model.Vocab[m[0]], f.Model.Vocab[m[1]]}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(f)
	return b.Bytes(), err
}

// names spells the tokens: special ones as they are, others with the character of each byte.
func (v *Vocabulary) names() names {
	var toCharacter [256]rune
	for r, b := range tokenizer.ByteAlphabet() {
		toCharacter[b] = r
	}
	list := make(names, len(v.texts))
	copy(list, specials)
	for id := len(specials); id < len(list); id++ {
		var name []rune
		for _, b := range []byte(v.texts[id]) {
			name = append(name, toCharacter[b])
		}
		list[id] = string(name)
	}
	return list
}

// tokenizer encodes with the merges that there are.
func (v *Vocabulary) tokenizer() (*tokenizer.Tokenizer, error) {
	data, err := v.JSON()
	if err != nil {
		return nil, err
	}
	return tokenizer.Parse(data, v.Size())
}
