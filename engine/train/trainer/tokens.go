package trainer

import (
	"bytes"
	"encoding/json"
	"fmt"

	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
)

// Tokens names the special tokens of a tokenizer.
type Tokens struct {
	Mask   string `toml:"mask" comment:"What stands for a token that is not known, and what comes after a text."`
	End    string `toml:"end"`
	File   string `toml:"file" comment:"What the parts of a prompt begin with."`
	Suffix string `toml:"suffix"`
	Prefix string `toml:"prefix"`
}

// defaultTokens are those of a tokenizer by "seedls train tokenizer".
var defaultTokens = Tokens{Mask: "<|mask|>", End: "<|end|>", File: "<|file|>", Suffix: "<|suffix|>", Prefix: "<|prefix|>"}

// A role is what a special token is for.
type role struct{ setting, token string }

func (t *Tokens) roles() []role {
	return []role{{"mask", t.Mask}, {"end", t.End}, {"file", t.File}, {"suffix", t.Suffix}, {"prefix", t.Prefix}}
}

func (t *Tokens) check() error {
	taken := make(map[string]string)
	for _, r := range t.roles() {
		if other, ok := taken[r.token]; ok {
			return fmt.Errorf("%s is %q, and so is %s: they must be two tokens", r.setting, r.token, other)
		}
		taken[r.token] = r.setting
	}
	return nil
}

// parse reads a tokenizer.json for a model of vocabSize tokens, in which the tokens become special where they are not: text
// must not have them. It returns the file as it is then. Errors name the setting, but not the file.
func (t *Tokens) parse(file []byte, vocabSize int) (*tokenizer.Tokenizer, []byte, error) {
	tokens, err := tokenizer.Parse(file, vocabSize)
	if err != nil {
		return nil, nil, err
	}
	ordinary := false
	for _, r := range t.roles() {
		id, ok := tokens.ID(r.token)
		if !ok {
			return nil, nil, fmt.Errorf("no token %q: tokens.%s must name one of its added_tokens", r.token, r.setting)
		}
		ordinary = ordinary || !tokens.IsSpecial(id)
	}
	if !ordinary {
		return tokens, file, nil
	}
	if file, err = t.makeSpecial(file); err != nil {
		return nil, nil, err
	}
	tokens, err = tokenizer.Parse(file, vocabSize)
	return tokens, file, err
}

// makeSpecial changes a tokenizer.json.
func (t *Tokens) makeSpecial(file []byte) ([]byte, error) {
	var f map[string]json.RawMessage
	var added []map[string]json.RawMessage
	if err := json.Unmarshal(file, &f); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(f["added_tokens"], &added); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	byName := make(map[string]map[string]json.RawMessage)
	for _, a := range added {
		var name string
		if err := json.Unmarshal(a["content"], &name); err != nil {
			return nil, fmt.Errorf("added_tokens: content: %w", err)
		}
		byName[name] = a
	}
	for _, r := range t.roles() {
		if byName[r.token] == nil {
			return nil, fmt.Errorf("token %q is text: tokens.%s must name one of its added_tokens", r.token, r.setting)
		}
		byName[r.token]["special"] = json.RawMessage("true")
	}
	var err error
	if f["added_tokens"], err = marshal(added); err != nil {
		return nil, err
	}
	return marshal(f)
}

// marshal writes JSON that has <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// diffusion is how a model with a tokenizer that parse returned is used.
func (c *Config) diffusion(tokens *tokenizer.Tokenizer) checkpoint.Diffusion {
	id := func(token string) int32 {
		id, _ := tokens.ID(token)
		return id
	}
	m, t := &c.Model, &c.Tokens
	return checkpoint.Diffusion{
		Attention: checkpoint.ContextCausal, CanvasSizes: m.CanvasSizes, MaskTokenID: id(t.Mask), EndTokenID: id(t.End),
		Prompt: &checkpoint.Prompt{
			Layout: "spm", FileID: id(t.File), SuffixID: id(t.Suffix), PrefixID: id(t.Prefix),
			MaxTokens: m.MaxTokens, MaxSuffixTokens: m.MaxSuffixTokens, MaxPathTokens: m.MaxPathTokens,
		},
	}
}
