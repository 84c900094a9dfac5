package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// file is tokenizer.json. What says how special tokens are put around a text (post_processor) is read by nobody here:
// encoding never adds any.
type file struct {
	Version       json.RawMessage `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []addedEntry    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         model           `json:"model"`
}

type addedEntry struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type model struct {
	Type                    string           `json:"type"`
	Dropout                 float64          `json:"dropout"`
	ContinuingSubwordPrefix string           `json:"continuing_subword_prefix"`
	EndOfWordSuffix         string           `json:"end_of_word_suffix"`
	IgnoreMerges            bool             `json:"ignore_merges"`
	Vocab                   map[string]int32 `json:"vocab"`
	Merges                  mergeList        `json:"merges"`

	// These say what becomes of bytes without a token, and there are none.
	UnkToken     json.RawMessage `json:"unk_token"`
	FuseUnk      bool            `json:"fuse_unk"`
	ByteFallback bool            `json:"byte_fallback"`
}

// mergeList is written as ["a", "b"] or, in older files, "a b".
type mergeList [][]string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *mergeList) UnmarshalJSON(data []byte) error {
	var pairs [][]string
	err := json.Unmarshal(data, &pairs)
	if err == nil {
		*l = pairs
		return nil
	}
	var lines []string
	if json.Unmarshal(data, &lines) != nil {
		return err
	}
	*l = make(mergeList, len(lines))
	for i, line := range lines {
		(*l)[i] = strings.Split(line, " ")
	}
	return nil
}

// Parse reads a tokenizer.json for a model of vocabSize tokens. Whatever in the file would change the tokens of a text
// and is not implemented is refused by name, as is a token that the model does not have.
func Parse(data []byte, vocabSize int) (*Tokenizer, error) {
	t, err := parse(data, vocabSize)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return t, nil
}

func parse(data []byte, vocabSize int) (*Tokenizer, error) {
	var f file
	if err := decodeStrictly(data, &f); err != nil {
		return nil, err
	}
	if present(f.Truncation) {
		return nil, errors.New("truncation is not supported: set it to null")
	}
	if present(f.Padding) {
		return nil, errors.New("padding is not supported: set it to null")
	}
	t := &Tokenizer{ignoreMerges: f.Model.IgnoreMerges}
	var err error
	if t.nfc, err = parseNormalizer(f.Normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if t.stages, err = parsePreTokenizer(f.PreTokenizer); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if kind, err := componentType(f.Decoder); err != nil || kind != "ByteLevel" {
		return nil, fmt.Errorf("decoder %q is not supported: only ByteLevel is", kind)
	}
	if err := t.setVocabulary(&f, vocabSize); err != nil {
		return nil, err
	}
	if err := t.setAdded(f.AddedTokens); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	if err := t.setModel(&f.Model); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return t, nil
}

// setVocabulary fills the texts of all tokens.
func (t *Tokenizer) setVocabulary(f *file, vocabSize int) error {
	size := 0
	check := func(name string, id int32) error {
		if id < 0 || int(id) >= vocabSize {
			return fmt.Errorf("token %q is %d, but config.json says vocab_size %d: the two files are not of one model",
				name, id, vocabSize)
		}
		size = max(size, int(id)+1)
		return nil
	}
	for name, id := range f.Model.Vocab {
		if err := check(name, id); err != nil {
			return err
		}
	}
	for _, a := range f.AddedTokens {
		if err := check(a.Content, a.ID); err != nil {
			return err
		}
	}
	t.bytes, t.special = make([][]byte, size), make([]bool, size)
	t.byText = make(map[string]int32, len(f.Model.Vocab))
	toByte := ByteAlphabet()
	for name, id := range f.Model.Vocab {
		if name == "" {
			return fmt.Errorf("token %d is empty", id)
		}
		if t.bytes[id] != nil {
			return fmt.Errorf("token %q and another are both %d", name, id)
		}
		text, ok := decodeName(name, toByte)
		t.bytes[id] = text
		if ok {
			t.byText[string(text)] = id
		}
	}
	return nil
}

// setAdded names the added tokens. BPE yields the special ones no longer.
func (t *Tokenizer) setAdded(entries []addedEntry) error {
	t.added = make(map[string]int32, len(entries))
	for _, a := range entries {
		switch {
		case a.Content == "":
			return fmt.Errorf("token %d is empty", a.ID)
		case a.SingleWord || a.LStrip || a.RStrip:
			return fmt.Errorf("token %q: single_word, lstrip and rstrip are not supported", a.Content)
		}
		if text := t.bytes[a.ID]; text != nil && string(text) != a.Content {
			return fmt.Errorf("token %q is %d, which is also %q", a.Content, a.ID, text)
		}
		if id, ok := t.byText[a.Content]; ok && id != a.ID {
			return fmt.Errorf("token %q is %d here and %d in the vocabulary", a.Content, a.ID, id)
		}
		if id, ok := t.added[a.Content]; ok && id != a.ID {
			return fmt.Errorf("token %q is both %d and %d", a.Content, id, a.ID)
		}
		t.bytes[a.ID] = []byte(a.Content)
		t.special[a.ID] = a.Special
		t.added[a.Content] = a.ID
		if a.Special {
			delete(t.byText, a.Content)
		}
		if a.Normalized {
			t.normalizedAdded.add(t.normalize(a.Content), a.ID)
		} else {
			t.rawAdded.add(a.Content, a.ID)
		}
	}
	return nil
}

// setModel fills the merge table.
func (t *Tokenizer) setModel(m *model) error {
	switch {
	case m.Type != "BPE" && m.Type != "": // the oldest files do not name it
		return fmt.Errorf("type %q is not supported: only byte-level BPE is", m.Type)
	case m.Dropout != 0:
		return errors.New("dropout is not supported: set it to null")
	case m.ContinuingSubwordPrefix != "":
		return fmt.Errorf("continuing_subword_prefix %q is not supported", m.ContinuingSubwordPrefix)
	case m.EndOfWordSuffix != "":
		return fmt.Errorf("end_of_word_suffix %q is not supported", m.EndOfWordSuffix)
	}
	for i := range t.bpe.bytes {
		id, ok := t.byText[string([]byte{byte(i)})]
		if !ok {
			return fmt.Errorf("vocab has no token for byte %#02x: it is not a byte-level vocabulary", i)
		}
		t.bpe.bytes[i] = id
	}
	t.bpe.merges = make(map[uint64]pairMerge, len(m.Merges))
	for rank, parts := range m.Merges {
		if len(parts) != 2 {
			return fmt.Errorf("merges[%d] %q is not a pair", rank, parts)
		}
		left, okLeft := m.Vocab[parts[0]]
		right, okRight := m.Vocab[parts[1]]
		merged, okMerged := m.Vocab[parts[0]+parts[1]]
		if !okLeft || !okRight || !okMerged {
			return fmt.Errorf("merges[%d] %q: vocab lacks a part or the whole", rank, parts)
		}
		if t.special[merged] {
			return fmt.Errorf("merges[%d] %q makes a special token: no text may become one", rank, parts)
		}
		t.bpe.merges[pair(left, right)] = pairMerge{int32(rank), merged}
	}
	return nil
}

func parseNormalizer(data json.RawMessage) (nfc bool, err error) {
	if !present(data) {
		return false, nil
	}
	kind, err := componentType(data)
	if err == nil && kind != "NFC" {
		err = fmt.Errorf("type %q is not supported: only NFC is", kind)
	}
	return err == nil, err
}

// parsePreTokenizer returns the stages that cut a text, one after another.
func parsePreTokenizer(data json.RawMessage) ([]splitter, error) {
	sequence := []json.RawMessage{data}
	kind, err := componentType(data)
	if err != nil {
		return nil, err
	}
	if kind == "Sequence" {
		var s struct {
			Type          string            `json:"type"`
			PreTokenizers []json.RawMessage `json:"pretokenizers"`
		}
		if err := decodeStrictly(data, &s); err != nil {
			return nil, err
		}
		sequence = s.PreTokenizers
	}
	var stages []splitter
	for i, component := range sequence {
		kind, err := componentType(component)
		if err != nil {
			return nil, err
		}
		var parsed []splitter
		last := i == len(sequence)-1
		switch {
		case kind == "Split" && !last:
			parsed, err = parseSplit(component)
		case kind == "ByteLevel" && last:
			parsed, err = parseByteLevel(component)
		default:
			err = fmt.Errorf("type %q is not supported here: only ByteLevel is, or any number of Split and then ByteLevel", kind)
		}
		if err != nil {
			return nil, err
		}
		stages = append(stages, parsed...)
	}
	if len(sequence) == 0 {
		return nil, errors.New("the sequence is empty: it must end with ByteLevel")
	}
	return stages, nil
}

func parseSplit(data json.RawMessage) ([]splitter, error) {
	var s struct {
		Type    string `json:"type"`
		Pattern struct {
			Regex  string
			String string
		} `json:"pattern"`
		Behavior string `json:"behavior"`
		Invert   bool   `json:"invert"`
	}
	if err := decodeStrictly(data, &s); err != nil {
		return nil, err
	}
	switch {
	case s.Behavior != "Isolated":
		return nil, fmt.Errorf("split behavior %q is not supported: only Isolated is", s.Behavior)
	case s.Invert:
		return nil, errors.New("split with invert is not supported")
	case (s.Pattern.Regex == "") == (s.Pattern.String == ""):
		return nil, errors.New("split needs a pattern, either Regex or String")
	case s.Pattern.String != "":
		return []splitter{literalSplitter(s.Pattern.String)}, nil
	}
	split, err := patternSplitter(s.Pattern.Regex)
	return []splitter{split}, err
}

func parseByteLevel(data json.RawMessage) ([]splitter, error) {
	var b struct {
		Type           string `json:"type"`
		AddPrefixSpace bool   `json:"add_prefix_space"`
		TrimOffsets    bool   `json:"trim_offsets"` // of offsets, which nobody asks for
		UseRegex       *bool  `json:"use_regex"`
	}
	if err := decodeStrictly(data, &b); err != nil {
		return nil, err
	}
	var stages []splitter
	if b.AddPrefixSpace {
		stages = append(stages, spacePrefixer)
	}
	if b.UseRegex == nil || *b.UseRegex {
		stages = append(stages, each(nextGPT2))
	}
	return stages, nil
}

// ByteAlphabet is the character by which byte-level vocabularies write each byte: itself where it is printable, else
// one of the characters from U+0100 on.
func ByteAlphabet() map[rune]byte {
	toByte := make(map[rune]byte, 256)
	next := rune(0x100)
	for i := range 256 {
		printable := '!' <= i && i <= '~' || '¡' <= i && i <= '¬' || '®' <= i && i <= 'ÿ'
		if printable {
			toByte[rune(i)] = byte(i)
		} else {
			toByte[next] = byte(i)
			next++
		}
	}
	return toByte
}

// decodeName returns the text of a vocabulary entry. One with a character outside the alphabet stands for itself, and
// no merge can yield it.
func decodeName(name string, toByte map[rune]byte) (text []byte, ok bool) {
	text = make([]byte, 0, utf8.RuneCountInString(name))
	for _, r := range name {
		b, ok := toByte[r]
		if !ok {
			return []byte(name), false
		}
		text = append(text, b)
	}
	return text, true
}

func componentType(data json.RawMessage) (string, error) {
	if !present(data) {
		return "null", nil
	}
	var c struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(data, &c)
	return c.Type, err
}

// decodeStrictly refuses members that v does not have: they are features we do not know.
func decodeStrictly(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(v)
}

func present(data json.RawMessage) bool { return len(data) > 0 && string(data) != "null" }
