package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"seedls/lsp/completion"
)

// table has all settings, a line each: what parses them, says what is wrong with them, and documents them goes by it.
var table = []Setting{
	ofEditor("automatic", anything, "answer inline completions that the editor asks for by itself while typing", func(s *Settings) any { return &s.Automatic }),
	ofEditor("wait", anything, "the milliseconds that an automatic suggestion waits for a pause in typing; `adaptive` goes by the typing rhythm", func(s *Settings) any { return &s.Wait }),
	ofEditor("nextEdit", anything, "propose the edits that follow from the last ones, to editors that ask for them", func(s *Settings) any { return &s.NextEdit }),
	ofEditor("languages", anything, "by language identifier, or `*` for all others, whether to complete at all", func(s *Settings) any { return &s.Languages }),
	ofEditor("disabledFor", anything, "files in which nothing is completed: globs of names, or of paths in the workspace if they have a `/`", func(s *Settings) any { return &s.DisabledFor }),
	ofEditor("multiLine", oneOf(completion.Always, completion.Never, completion.Auto), "whether to suggest several lines; `auto`: not within a line", func(s *Settings) any { return &s.MultiLine }),
	ofEditor("maxLines", between(0, completion.MaxLines), "the most lines of a suggestion; 0 for no limit", func(s *Settings) any { return &s.MaxLines }),
	ofEditor("minCharacters", between(0, completion.MaxCharacters), "the fewest characters of a suggestion, white space aside", func(s *Settings) any { return &s.MinCharacters }),
	ofEditor("maxCharacters", between(0, completion.MaxCharacters), "the most characters of a suggestion; 0 for no limit", func(s *Settings) any { return &s.MaxCharacters }),
	ofEditor("quality", oneOf(fast, balanced, best), "what `threshold` and `steps` are where they are not set: 0.7 and 4, 0.9 and 8, or 0.95 and 32", func(s *Settings) any { return &s.Quality }),
	ofEditor("mode", oneOf(completion.Diffusion, completion.Autoregressive), "how to generate: many tokens at a time, or one by one", func(s *Settings) any { return &s.Mode }),
	ofEditor("policy", oneOf(completion.ThresholdPolicy, completion.FixedStepsPolicy, completion.EntropyBoundedPolicy), "what a diffusion step commits", func(s *Settings) any { return &s.Policy }),
	ofEditor("threshold", share, "policy `threshold`: the confidence that a token needs", func(s *Settings) any { return &s.Threshold }),
	ofEditor("steps", between(1, completion.MaxSteps), "policy `fixed-steps`: the steps in which a block is done", func(s *Settings) any { return &s.Steps }),
	ofEditor("entropyBound", between(0, completion.MaxEntropyBound), "policy `entropy-bounded`: the doubt that one step may take on, in nats", func(s *Settings) any { return &s.EntropyBound }),
	ofEditor("block", between(0, completion.MaxCanvas), "the tokens of a canvas; 0 for what is fastest on this machine", func(s *Settings) any { return &s.Canvas }),
	ofEditor("blocks", between(1, completion.MaxBlocks), "the most canvases of a suggestion; of 16 tokens if `block` is 0", func(s *Settings) any { return &s.Blocks }),
	ofEditor("order", anything, "have names, brackets, quotes and the end wait for what belongs before them", func(s *Settings) any { return &s.Order }),
	ofEditor("remasks", between(0, completion.MaxRevisions), "how often a canvas under `order` has what turned out wrong masked again", func(s *Settings) any { return &s.Remasks }),
	ofEditor("revisions", between(0, completion.MaxRevisions), "rounds in which a canvas that is done is looked at again", func(s *Settings) any { return &s.Revisions }),
	ofEditor("editThreshold", share, "the confidence that a token needs to take another's place then", func(s *Settings) any { return &s.EditThreshold }),

	ofEditor("candidates", between(1, completion.MaxCandidates), "the most suggestions when they are asked for by hand", func(s *Settings) any { return &s.Candidates }),
	ofEditor("minScore", between(-1000, 0), "log p, in nats, that a suggestion needs while you type; 0 for any", func(s *Settings) any { return &s.MinScore }),
	ofEditor("context", anything, "what the model sees besides the file: `package`, declarations in other files of a Go package, or `recent`, what was edited lately elsewhere; the built-in model does no better with it", func(s *Settings) any { return (*sources)(&s.Context) }),

	ofProcess("model", anything, "the model: `builtin`, the name of one that was pulled, or its directory", func(s *Settings) any { return &s.Model }),
	ofProcess("threads", between(0, MaxThreads), "the threads that compute; 0 for one a processor", func(s *Settings) any { return &s.Threads }),
	ofProcess("precision", oneOf(completion.PrecisionNames()...), "how weights are stored and multiplied", func(s *Settings) any { return &s.Precision }),
	ofProcess("memory", between(1, MaxMemoryMiB), "the MiB in which what was computed for open files is kept; the model comes on top", func(s *Settings) any { return &s.MemoryMiB }),
	ofProcess("logFile", anything, "the file to write logs to, instead of standard error", func(s *Settings) any { return &s.LogFile }),
}

// Bounds of the settings of the process.
const (
	MaxThreads   = 1024
	MaxMemoryMiB = 1 << 20
)

// A Setting is one thing that a user can set. Its JSON is in the words of JSON Schema.
type Setting struct {
	Key         string `json:"key"`
	Type        string `json:"type"` // boolean, integer, number, string, array or object
	Default     any    `json:"default"`
	Range              // of the value
	Description string `json:"description"`
	// Process says that it belongs to the process: see [Process].
	Process bool `json:"process"`

	field func(*Settings) any // a pointer to where the value is kept
}

// Table returns all settings, those of the process last. It must not be changed.
func Table() []Setting { return table }

func find(key string) *Setting {
	for i := range table {
		if table[i].Key == key {
			return &table[i]
		}
	}
	return nil
}

func ofEditor(key string, fits Range, description string, field func(*Settings) any) Setting {
	s := Setting{Key: key, Range: fits, Description: description, field: field}
	defaults := DefaultSettings()
	s.Default = s.value(&defaults)
	switch kind := reflect.TypeOf(s.Default).Kind(); kind {
	case reflect.Bool:
		s.Type = "boolean"
	case reflect.Int:
		s.Type = "integer"
	case reflect.Float64:
		s.Type = "number"
	case reflect.Map:
		s.Type = "object"
	case reflect.Slice:
		s.Type = "array"
	default:
		s.Type = "string"
	}
	return s
}

func ofProcess(key string, fits Range, description string, field func(*Settings) any) Setting {
	s := ofEditor(key, fits, description, field)
	s.Process = true
	return s
}

// Flag is the name of the key as a flag of the command line.
func (s *Setting) Flag() string {
	var flag strings.Builder
	for _, r := range s.Key {
		if unicode.IsUpper(r) {
			flag.WriteByte('-')
		}
		flag.WriteRune(unicode.ToLower(r))
	}
	return flag.String()
}

func (s *Setting) value(in *Settings) any { return reflect.ValueOf(s.field(in)).Elem().Interface() }

// read sets the JSON value in settings; they are of no use after an error, which says what is wanted.
func (s *Setting) read(settings *Settings, value []byte) error {
	field := s.field(settings)
	err := json.Unmarshal(value, field)
	if _, ok := field.(json.Unmarshaler); ok {
		return err
	}
	if err != nil || !s.fits(s.value(settings)) {
		return errors.New("want " + s.Wanted())
	}
	return nil
}

// Wanted says in words which values there are.
func (s *Setting) Wanted() string {
	switch s.Type {
	case "boolean":
		return "true or false"
	case "object":
		return wantedLanguages
	case "array":
		if s.Key == "context" {
			return wantedSources
		}
		return wantedGlobs
	case "string":
		if s.Enum != nil {
			last := len(s.Enum) - 1
			return fmt.Sprintf(`"%s" or "%s"`, strings.Join(s.Enum[:last], `", "`), s.Enum[last])
		}
		return "a string"
	}
	noun := "a number"
	if s.Type == "integer" {
		noun = "an integer"
	}
	if s.ExclusiveMinimum != nil {
		return fmt.Sprintf("%s above %v and at most %v", noun, *s.ExclusiveMinimum, *s.Maximum)
	}
	return fmt.Sprintf("%s from %v to %.0f", noun, *s.Minimum, *s.Maximum)
}

// A Range says which values of a type fit; the zero value, that all do.
type Range struct {
	Enum             []string `json:"enum,omitempty"`
	Minimum          *float64 `json:"minimum,omitempty"`
	ExclusiveMinimum *float64 `json:"exclusiveMinimum,omitempty"`
	Maximum          *float64 `json:"maximum,omitempty"`
}

var (
	anything Range
	share    = Range{ExclusiveMinimum: new(0.0), Maximum: new(1.0)}
)

func between(least, most float64) Range { return Range{Minimum: &least, Maximum: &most} }

func oneOf[S ~string](values ...S) Range {
	var r Range
	for _, v := range values {
		r.Enum = append(r.Enum, string(v))
	}
	return r
}

func (r Range) fits(value any) bool {
	v := reflect.ValueOf(value)
	var number float64
	switch {
	case v.Kind() == reflect.String:
		return r.Enum == nil || slices.Contains(r.Enum, v.String())
	case v.CanInt():
		number = float64(v.Int())
	case v.CanFloat():
		number = v.Float()
	}
	return (r.Minimum == nil || number >= *r.Minimum) && (r.Maximum == nil || number <= *r.Maximum) &&
		(r.ExclusiveMinimum == nil || number > *r.ExclusiveMinimum)
}
