package lsp

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"seedls/lsp/completion"
)

func TestSettings(t *testing.T) {
	for _, test := range []struct {
		sent    string
		change  func(*Settings)
		warning string // what it contains; none if ""
	}{
		{`{}`, func(*Settings) {}, ""},
		{`{"mode":"ar","policy":"fixed-steps","threshold":0.5,"steps":3,"entropyBound":2,"block":16,"blocks":1,"automatic":false}`, func(s *Settings) {
			s.Mode, s.Policy, s.Threshold, s.Steps, s.EntropyBound, s.Canvas, s.Blocks, s.Automatic = "ar", "fixed-steps", 0.5, 3, 2, 16, 1, false
		}, ""},
		{`{"candidates":2,"minScore":-13.5}`, func(s *Settings) { s.Candidates, s.MinScore = 2, -13.5 }, ""},
		{`{"candidates":9}`, func(*Settings) {}, "seedls.candidates: 9: want 1 to 8"},
		{`{"minScore":1}`, func(*Settings) {}, "seedls.minScore: least score 1: want"},
		{`{"seedls":{"steps":3}}`, func(s *Settings) { s.Steps = 3 }, ""},
		{`{"steps":null}`, func(*Settings) {}, ""},
		{`{"steps":3,"stepz":4}`, func(s *Settings) { s.Steps = 3 }, "seedls.stepz: there is no such setting"},
		{`{"steps":3,"block":"x"}`, func(s *Settings) { s.Steps = 3 }, `seedls.block: "x" is no integer`},
		{`{"steps":1.5}`, func(*Settings) {}, "seedls.steps: 1.5 is no integer"},
		{`{"automatic":"yes"}`, func(*Settings) {}, `seedls.automatic: "yes" is no boolean`},
		{`{"threshold":2}`, func(*Settings) {}, "seedls.threshold: 2: want"},
		{`{"block":129}`, func(*Settings) {}, "seedls.block: 129: want 0 to 128"},
		{`{"mode":"x"}`, func(*Settings) {}, `seedls.mode: "x": want`},
		{`{"mode":["` + strings.Repeat("x", 1000) + `"]}`, func(*Settings) {}, "is no string"},
		{`7`, func(*Settings) {}, "want an object"},
		{`null`, func(*Settings) {}, ""},
		{`{"seedls":null}`, func(*Settings) {}, ""},
		{strings.Repeat(`{"seedls":`, 20_000) + "1" + strings.Repeat("}", 20_000), func(*Settings) {}, "want an object"},
	} {
		want := DefaultSettings()
		test.change(&want)
		got, warnings := DefaultSettings().With([]byte(test.sent))
		if got != want {
			t.Errorf("%.60s: settings are %+v, want %+v", test.sent, got, want)
		}
		if all := strings.Join(warnings, "\n"); (all == "") != (test.warning == "") || !strings.Contains(all, test.warning) || len(all) > 200 {
			t.Errorf("%.60s: warnings are %q, want %q", test.sent, all, test.warning)
		}
	}
}

// TestSettingsTable compares the table in the documentation with what holds: keys, types and defaults.
func TestSettingsTable(t *testing.T) {
	source, err := os.ReadFile("settings.go")
	if err != nil {
		t.Fatal(err)
	}
	settings := DefaultSettings()
	row := regexp.MustCompile(`(?m)^//\t(\w+) +(\w+) +(\S+)  +\S`)
	rows := row.FindAllStringSubmatch(string(source), -1)
	for _, r := range rows {
		key, kind, value := r[1], r[2], r[3]
		if key == "key" {
			continue
		}
		field := settings.field(key)
		if field == nil {
			t.Errorf("%s is no setting", key)
			continue
		}
		if got := typeName(field); got != kind {
			t.Errorf("%s is a %s, not a %s", key, got, kind)
		}
		got, err := json.Marshal(reflect.ValueOf(field).Elem().Interface())
		if err != nil || string(got) != value {
			t.Errorf("%s is %s by default, not %s", key, got, value)
		}
	}
	if want := 1 + 1 + reflect.TypeFor[completion.Options]().NumField(); len(rows) != want {
		t.Errorf("the table has %d lines, want %d: one for each setting", len(rows), want)
	}
}

// TestSettingsSources follows settings from each place that they come from to what the model is asked.
func TestSettingsSources(t *testing.T) {
	block := func(e *editor, m *model) int {
		t.Helper()
		p := e.begin("textDocument/completion", here(0, 0))
		q := receive(t, m.asked, "question")
		q.answer <- ""
		p.wait()
		return q.Options.Canvas
	}
	t.Run("sent", func(t *testing.T) {
		m := newModel()
		e := initializedWith(t, Options{Completer: m}, object{
			"capabilities": object{}, "initializationOptions": object{"block": 24, "wrong": 1},
		}, "x")
		if notice := receive(t, e.notices, "warning"); notice.Method != "window/logMessage" || !strings.Contains(string(notice.Params), "seedls.wrong") {
			t.Errorf("notice is %s %s", notice.Method, notice.Params)
		}
		if got := block(e, m); got != 24 {
			t.Errorf("by initializationOptions: block %d", got)
		}
		e.notify("workspace/didChangeConfiguration", object{"settings": object{"seedls": object{"block": 64}}})
		if got := block(e, m); got != 64 {
			t.Errorf("by didChangeConfiguration: block %d", got)
		}
		e.notify("workspace/didChangeConfiguration", object{"settings": object{"seedls": object{}}})
		if got := block(e, m); got != 24 {
			t.Errorf("no longer set: block %d", got)
		}
	})
	t.Run("asked for", func(t *testing.T) {
		m := newModel()
		e := initializedWith(t, Options{Completer: m}, object{
			"capabilities": object{"workspace": object{"configuration": true}},
		}, "x")
		for _, want := range []int{8, 64} {
			question := receive(t, e.requests, "question")
			if question.Method != "workspace/configuration" || string(question.Params) != `{"items":[{"section":"seedls"}]}` {
				t.Errorf("question is %s %s", question.Method, question.Params)
			}
			e.send(object{"jsonrpc": "2.0", "id": question.ID, "result": []object{{"block": want, "wrong": 1}}})
			receive(t, e.notices, "warning, after which the settings are about to hold")
			got := 0
			for range 1000 {
				if got = block(e, m); got == want {
					break
				}
			}
			if got != want {
				t.Errorf("block %d, want %d", got, want)
			}
			e.notify("workspace/didChangeConfiguration", object{"settings": nil})
		}
	})
	t.Run("automatic", func(t *testing.T) {
		e := initializedWith(t, Options{Completer: says("x")}, object{
			"capabilities": object{}, "initializationOptions": object{"automatic": false},
		}, "")
		for kind, want := range map[int]int{1: 1, 2: 0} {
			params := here(0, 0)
			params["context"] = object{"triggerKind": kind}
			var list inlineList
			if e.must(&list, "textDocument/inlineCompletion", params); len(list.Items) != want {
				t.Errorf("trigger kind %d: %d items", kind, len(list.Items))
			}
		}
	})
}

// TestSettingsAreDocumented compares the table that users read with the one above.
func TestSettingsAreDocumented(t *testing.T) {
	source, err := os.ReadFile("settings.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../editors/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile(`(?m)^//\t(.*)$`).FindAllStringSubmatch(string(source), -1) {
		if !strings.Contains(string(page), "\n"+row[1]+"\n") {
			t.Errorf("editors/README.md has no line %q", row[1])
		}
	}
}
