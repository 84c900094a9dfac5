package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"seedls/lsp/document"
)

// languages says by language identifier whether to complete; those that it does not name are as "*" is, or on.
type languages map[string]bool

const wantedLanguages = `an object such as {"python": false}, or a list of languages that are off`

// UnmarshalJSON also takes a list of the languages that are off.
func (l *languages) UnmarshalJSON(data []byte) error {
	on := map[string]bool{}
	if json.Unmarshal(data, &on) == nil {
		*l = on
		return nil
	}
	var off []string
	if json.Unmarshal(data, &off) != nil {
		return errors.New("want " + wantedLanguages)
	}
	*l = languages{}
	for _, name := range off {
		(*l)[name] = false
	}
	return nil
}

// on looks for the first of the names that it has.
func (l languages) on(names ...string) bool {
	for _, name := range append(names, "*") {
		if on, ok := l[name]; ok {
			return on
		}
	}
	return true
}

// globs are patterns of files in the manner of a shell, with ** for any number of folders.
type globs []string

// Limits of globs, which are matched at each request. What a glob costs is exponential in its braces.
const (
	maxGlobs     = 256
	maxGlobBytes = 256
	maxBraces    = 3
)

var wantedGlobs = fmt.Sprintf(`a list of at most %d globs, such as ["*.env", "vendor/**"]`, maxGlobs)

func (g *globs) UnmarshalJSON(data []byte) error {
	var patterns []string
	if json.Unmarshal(data, &patterns) != nil || len(patterns) > maxGlobs {
		return errors.New("want " + wantedGlobs)
	}
	for _, p := range patterns {
		if len(p) > maxGlobBytes || strings.Count(p, "{") > maxBraces || !doublestar.ValidatePattern(p) {
			return fmt.Errorf("%.40q: want a glob of at most %d bytes, with at most %d braces", p, maxGlobBytes, maxBraces)
		}
	}
	*g = patterns
	return nil
}

// match reports whether one of them matches a file, of which it is given the path in the workspace and the full one.
// Those without a slash match its name.
func (g globs) match(relative, full string) bool {
	for _, p := range g {
		switch {
		case !strings.Contains(p, "/"):
			if doublestar.MatchUnvalidated(p, path.Base(full)) {
				return true
			}
		case doublestar.MatchUnvalidated(p, relative), doublestar.MatchUnvalidated(p, full):
			return true
		}
	}
	return false
}

// off reports whether the user wants nothing in a document.
func (s *session) off(settings *Settings, snapshot *document.Snapshot) bool {
	return !settings.Languages.on(snapshot.LanguageID, snapshot.Language.Name()) ||
		settings.DisabledFor.match(s.client.relative(snapshot.URI), snapshot.URI.Path())
}
