package lsp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"seedls/lsp/completion"
)

// Settings are what a user can set in the editor, in the section "seedls". They are read from the initializationOptions
// of initialize and, on top of those, from workspace/configuration or workspace/didChangeConfiguration.
//
//	key           type     default      meaning
//	automatic     boolean  true         answer inline completions that the editor asks for by itself while typing
//	mode          string   "diffusion"  how to generate: "diffusion" many tokens at a time, "ar" one by one
//	policy        string   "threshold"  what a diffusion step commits: "threshold", "fixed-steps" or "entropy-bounded"
//	threshold     number   0.9          policy threshold: the confidence that a token needs, above 0 and at most 1
//	steps         integer  8            policy fixed-steps: the steps in which a block is done, 1 to 1024
//	entropyBound  number   0.1          policy entropy-bounded: the doubt that one step may take on, in nats, 0 to 100
//	block         integer  0            the tokens of a canvas, 1 to 128, or 0 for what is fastest on this machine
//	blocks        integer  4            the most canvases in a suggestion, 1 to 16; of 16 tokens if block is 0
//	order         boolean  false        have names, brackets, quotes and the end wait for what belongs before them
//	remasks       integer  2            how often a canvas under order has what turned out wrong masked again, 0 to 64
//	revisions     integer  0            rounds in which a canvas that is done is looked at again, 0 to 64
//	editThreshold number   0.9          confidence that a token needs to take another's place then, above 0 and at most 1
//	candidates    integer  4            the most suggestions when they are asked for by hand, 1 to 8
//	minScore      number   -20          log p, in nats, that a suggestion needs while you type, -1000 to 0; 0 for any
//
// A key that is not known, and a value that does not fit, is reported in the editor's log and changes nothing.
type Settings struct {
	Automatic bool
	completion.Options
}

// DefaultSettings are those of a user who sets nothing.
func DefaultSettings() Settings {
	s := Settings{Automatic: true, Options: completion.DefaultOptions()}
	// Of 530 texts that the built-in model wrote for held-out holes, and that fit, 17 are what was cut out. From -15, -20
	// and -30 nats on, 12, 17 and 17 of those are shown, and 102, 218 and 356 of the others.
	s.Candidates, s.MinScore = 4, -20
	return s
}

// several are the options of a request for all that there is to suggest.
func (s *Settings) several() completion.Options {
	o := s.Options
	o.MinScore = 0
	return o
}

// single are those of a request for one text, whatever its score.
func (s *Settings) single() completion.Options {
	o := s.several()
	o.Candidates = 1
	return o
}

// automatically are those of what the editor asks for by itself.
func (s *Settings) automatically() completion.Options {
	o := s.Options
	o.Candidates = 1
	return o
}

// field returns where the value of a key is kept, nil for a key that is not known.
func (s *Settings) field(key string) any {
	switch key {
	case "automatic":
		return &s.Automatic
	case "mode":
		return &s.Mode
	case "policy":
		return &s.Policy
	case "threshold":
		return &s.Threshold
	case "steps":
		return &s.Steps
	case "entropyBound":
		return &s.EntropyBound
	case "block":
		return &s.Canvas
	case "blocks":
		return &s.Blocks
	case "order":
		return &s.Order
	case "remasks":
		return &s.Remasks
	case "revisions":
		return &s.Revisions
	case "editThreshold":
		return &s.EditThreshold
	case "candidates":
		return &s.Candidates
	case "minScore":
		return &s.MinScore
	}
	return nil
}

// With returns the settings changed by a JSON object, which may be the section or have it under the key "seedls", and
// a warning for each key that was left alone.
func (s Settings) With(object []byte) (_ Settings, warnings []string) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(object, &values); err != nil {
		return s, []string{fmt.Sprintf("setting seedls: want an object: %v", err)}
	}
	if section, ok := values["seedls"]; ok {
		return s.With(section)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value := values[key]
		if string(value) == "null" {
			continue // how editors say that it is not set
		}
		next := s
		field := next.field(key)
		if field == nil {
			warnings = append(warnings, fmt.Sprintf("setting seedls.%s: there is no such setting", key))
			continue
		}
		if err := json.Unmarshal(value, field); err != nil {
			warnings = append(warnings, fmt.Sprintf("setting seedls.%s: %.40s is no %s", key, value, typeName(field)))
			continue
		}
		if err := next.Validate(); err != nil {
			warnings = append(warnings, fmt.Sprintf("setting seedls.%s: %v", key, strings.TrimPrefix(err.Error(), key+" ")))
			continue
		}
		s = next
	}
	return s, warnings
}

func typeName(field any) string {
	switch field.(type) {
	case *bool:
		return "boolean"
	case *int:
		return "integer"
	case *float64:
		return "number"
	default:
		return "string"
	}
}
