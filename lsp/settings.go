package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"seedls/lsp/completion"
)

// Settings are what a user can set: see [Table] for what there is. They are read from the configuration file (see
// [Settings.WithFile]), on top of that from the initializationOptions of initialize, and on top of those from
// workspace/configuration or workspace/didChangeConfiguration, in the section "seedls".
//
// Settings are values that do not change: what is reached through them must not be written to.
type Settings struct {
	Automatic bool
	Wait      Wait
	NextEdit  bool
	// Quality names the preset that what is not set itself is taken from.
	Quality     string
	Languages   languages
	DisabledFor globs
	completion.Limits
	completion.Options
	Process
	// explicit has the keys that the user has set, which a preset leaves alone.
	explicit map[string]bool
}

// Process is what belongs to the process, not to one of its sessions. An editor cannot set it.
type Process struct {
	Model     string
	Threads   int // 0 for one a processor
	Precision string
	MemoryMiB int
	LogFile   string
}

// DefaultSettings are those of a user who sets nothing.
func DefaultSettings() Settings {
	s := Settings{
		Automatic: true,
		Wait:      AdaptiveWait,
		NextEdit:  true,
		Quality:   balanced,
		Languages: languages{}, DisabledFor: globs{},
		Limits:  completion.Limits{MultiLine: completion.Auto, MinCharacters: 1},
		Options: completion.DefaultOptions(),
		Process: Process{
			Model:     Builtin,
			Precision: completion.DefaultPrecision.String(),
			MemoryMiB: completion.DefaultMemoryBytes >> 20,
		},
	}
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

// Builtin is what the setting model names the model in the binary.
const Builtin = "builtin"

// The presets of quality.
const (
	fast     = "fast"
	balanced = "balanced"
	best     = "best"
)

// applyQuality sets what a preset says and the user has not set. What "balanced" says is the default. No preset has
// revisions: with them the built-in model writes worse.
func (s *Settings) applyQuality() {
	o := completion.DefaultOptions()
	switch s.Quality {
	case fast:
		o.Threshold, o.Steps = 0.7, 4
	case best:
		o.Threshold, o.Steps = 0.95, 32
	}
	if !s.explicit["threshold"] {
		s.Threshold = o.Threshold
	}
	if !s.explicit["steps"] {
		s.Steps = o.Steps
	}
}

// With returns the settings changed by a JSON object that an editor sent, which may be the section or have it under the
// key "seedls", and a warning for each key that was left alone.
func (s Settings) With(object []byte) (_ Settings, warnings []string) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(object, &values); err != nil {
		return s, []string{fmt.Sprintf("setting seedls: want an object: %v", err)}
	}
	if section, ok := values["seedls"]; ok {
		return s.With(section)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		var err error
		if setting := find(key); setting != nil && setting.Process {
			err = fmt.Errorf("it belongs to the server, not to an editor: start that with --%s, or set it in its %s", setting.Flag(), FileName)
		} else {
			s, err = s.set(key, values[key])
		}
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("setting seedls.%s: %v", key, err))
		}
	}
	return s, warnings
}

// set returns the settings with the JSON value of a key, or as they are and what is wrong with it.
func (s Settings) set(key string, value []byte) (Settings, error) {
	setting := find(key)
	if setting == nil {
		return s, errors.New("there is no such setting")
	}
	if string(value) == "null" { // how editors say that it is not set
		return s, nil
	}
	next := s
	if err := setting.read(&next, value); err != nil {
		now, _ := json.Marshal(setting.value(&s))
		return s, fmt.Errorf("%.40s: %w; %.40s is used", value, err, now)
	}
	next.explicit = maps.Clone(s.explicit)
	if next.explicit == nil {
		next.explicit = map[string]bool{}
	}
	next.explicit[key] = true
	next.applyQuality()
	return next, nil
}
