//go:build cgo

package structure

import "testing"

func TestQueriesCompile(t *testing.T) {
	for name, g := range grammars {
		for kind, compiled := range g.(*sitterGrammar).queries {
			if _, err := compiled(); err != nil {
				t.Errorf("query %d: %v", kind, err)
			}
			if querySource(name, queryKind(kind)) == "" {
				t.Errorf("%s has no query %d", name, kind)
			}
		}
	}
}

func TestCapturesMeanSomething(t *testing.T) {
	for _, name := range []string{"", "scopes", "definition.", "definition.outer.outermost", "hole", ".outer"} {
		if m, err := parseMeaning(name); err == nil {
			t.Errorf("@%s is taken as %v", name, m)
		}
	}
	got, err := parseMeaning("definition.label.function.hoisted")
	if want := (meaning{kind: markDefinition, symbol: KindLabel, flags: flagFunction | flagHoisted}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
