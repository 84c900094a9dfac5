package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// FileName is what the configuration file is called.
const FileName = "config.toml"

// WithFile returns the settings changed by a configuration file, in TOML, and a warning for each key that was left alone,
// with the file's name and the line. A file that is no TOML changes nothing.
func (s Settings) WithFile(name string, data []byte) (_ Settings, warnings []string) {
	var values map[string]any
	if err := toml.Unmarshal(data, &values); err != nil {
		line := 0
		if wrong := new(toml.DecodeError); errors.As(err, &wrong) {
			line, _ = wrong.Position()
		}
		return s, []string{fmt.Sprintf("%s:%d: %s; nothing in the file is used", name, line, strings.TrimPrefix(err.Error(), "toml: "))}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value, err := json.Marshal(values[key])
		if err != nil { // infinity, say
			value = []byte(fmt.Sprintf("%q", fmt.Sprint(values[key])))
		}
		if s, err = s.set(key, value); err != nil {
			line, _ := locate(data, key)
			warnings = append(warnings, fmt.Sprintf("%s:%d: %s: %v", name, line, key, err))
		}
	}
	return s, warnings
}

// SetModel returns the text of a configuration file with the model set in it, and the rest as it was.
func SetModel(data []byte, model string) ([]byte, error) {
	if err := toml.Unmarshal(data, new(map[string]any)); err != nil {
		return nil, err
	}
	quoted, err := json.Marshal(model) // is a string of TOML too
	if err != nil {
		return nil, err
	}
	_, value := locate(data, "model")
	set := slices.Concat([]byte("model = "), quoted, []byte("\n"), data)
	if value.Length > 0 {
		set = slices.Concat(data[:value.Offset], quoted, data[value.Offset+value.Length:])
	}
	var after struct{ Model string }
	if toml.Unmarshal(set, &after) != nil || after.Model != model {
		return nil, errors.New("model is not a string there: correct that first")
	}
	return set, nil
}

// locate finds where TOML text first sets a key of the root: the line, and of a key with a value where that is.
func locate(data []byte, key string) (line int, value unstable.Range) {
	var p unstable.Parser
	p.Reset(data)
	for root := true; p.NextExpression(); {
		e := p.Expression()
		isValue := e.Kind == unstable.KeyValue
		if !isValue {
			root = false
		} else if !root {
			continue // it is in a table
		}
		keys := e.Key()
		if !keys.Next() || string(keys.Node().Data) != key {
			continue
		}
		if isValue {
			value = e.Value().Raw
		}
		return p.Shape(keys.Node().Raw).Start.Line, value
	}
	return 0, value
}
