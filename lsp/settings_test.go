package lsp

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

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
		{`{"candidates":9}`, func(*Settings) {}, "seedls.candidates: 9: want an integer from 1 to 8"},
		{`{"minScore":1}`, func(*Settings) {}, "seedls.minScore: 1: want a number from -1000 to 0"},
		{`{"seedls":{"steps":3}}`, func(s *Settings) { s.Steps = 3 }, ""},
		{`{"steps":null}`, func(*Settings) {}, ""},
		{`{"steps":3,"stepz":4}`, func(s *Settings) { s.Steps = 3 }, "seedls.stepz: there is no such setting"},
		{`{"steps":3,"block":"x"}`, func(s *Settings) { s.Steps = 3 }, `seedls.block: "x": want an integer from 0 to 128; 0 is used`},
		{`{"steps":1.5}`, func(*Settings) {}, "seedls.steps: 1.5: want an integer from 1 to 1024; 8 is used"},
		{`{"automatic":"yes"}`, func(*Settings) {}, `seedls.automatic: "yes": want true or false; true is used`},
		{`{"wait":75}`, func(s *Settings) { s.Wait = Wait(75 * time.Millisecond) }, ""},
		{`{"wait":0}`, func(s *Settings) { s.Wait = 0 }, ""},
		{`{"wait":"adaptive"}`, func(*Settings) {}, ""},
		{`{"wait":"long"}`, func(*Settings) {}, `seedls.wait: "long": want milliseconds from 0 to 5000, or "adaptive"; "adaptive" is used`},
		{`{"wait":5001}`, func(*Settings) {}, "seedls.wait: 5001: want"},
		{`{"wait":-1}`, func(*Settings) {}, "seedls.wait: -1: want"},
		{`{"threshold":2}`, func(*Settings) {}, "seedls.threshold: 2: want"},
		{`{"block":129}`, func(*Settings) {}, "seedls.block: 129: want an integer from 0 to 128"},
		{`{"mode":"x"}`, func(*Settings) {}, `seedls.mode: "x": want "diffusion" or "ar"; "diffusion" is used`},
		{`{"languages":{"python":false,"*":true},"disabledFor":["*.env","a/**"]}`, func(s *Settings) {
			s.Languages, s.DisabledFor = languages{"python": false, "*": true}, globs{"*.env", "a/**"}
		}, ""},
		{`{"languages":["python"]}`, func(s *Settings) { s.Languages = languages{"python": false} }, ""},
		{`{"languages":{"python":1}}`, func(*Settings) {}, "seedls.languages: {\"python\":1}: want an object such as"},
		{`{"disabledFor":["a","b["]}`, func(*Settings) {}, `"b[": want a glob`},
		{`{"disabledFor":["` + strings.Repeat("{a,b}", 40) + `"]}`, func(*Settings) {}, "with at most 3 braces; [] is used"},
		{`{"disabledFor":"x"}`, func(*Settings) {}, "want a list"},
		{`{"threads":2}`, func(*Settings) {}, "seedls.threads: it belongs to the server, not to an editor: start that with --threads"},
		{`{"logFile":"x"}`, func(*Settings) {}, "--log-file"},
		{`{"mode":["` + strings.Repeat("x", 1000) + `"]}`, func(*Settings) {}, "want \"diffusion\""},
		{`7`, func(*Settings) {}, "want an object"},
		{`null`, func(*Settings) {}, ""},
		{`{"seedls":null}`, func(*Settings) {}, ""},
		{strings.Repeat(`{"seedls":`, 20_000) + "1" + strings.Repeat("}", 20_000), func(*Settings) {}, "want an object"},
	} {
		want := DefaultSettings()
		test.change(&want)
		got, warnings := DefaultSettings().With([]byte(test.sent))
		got.explicit = nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%.60s: settings are %+v, want %+v", test.sent, got, want)
		}
		if all := strings.Join(warnings, "\n"); (all == "") != (test.warning == "") || !strings.Contains(all, test.warning) || len(all) > 200 {
			t.Errorf("%.60s: warnings are %q, want %q", test.sent, all, test.warning)
		}
	}
}

// TestSettingsTable holds each row of the table against what holds for the value: the bounds are those of the options, and
// one beyond them is refused with a warning that names the key.
func TestSettingsTable(t *testing.T) {
	fields := 0
	for _, s := range []any{Settings{}, completion.Options{}, completion.Limits{}, Process{}} {
		fields += reflect.TypeOf(s).NumField()
	}
	if want := fields - len([]string{"Limits", "Options", "Process", "explicit"}); len(Table()) != want {
		t.Errorf("the table has %d settings, want %d: one for each field", len(Table()), want)
	}
	keys := map[string]bool{}
	for _, s := range Table() {
		if keys[s.Key] {
			t.Errorf("%s is there twice", s.Key)
		}
		keys[s.Key] = true
		good, bad := []any{s.Default}, []any{object{"a": 1}}
		for _, value := range s.Enum {
			good = append(good, value)
		}
		if s.Enum != nil {
			bad = append(bad, "x")
		}
		step := 1.0
		if s.Type == "number" {
			step = 1e-6
		}
		if s.Minimum != nil {
			good, bad = append(good, *s.Minimum), append(bad, *s.Minimum-step)
		}
		if s.ExclusiveMinimum != nil {
			good, bad = append(good, *s.ExclusiveMinimum+step), append(bad, *s.ExclusiveMinimum)
		}
		if s.Maximum != nil {
			good, bad = append(good, *s.Maximum), append(bad, *s.Maximum+step)
		}
		set := func(value any) (Settings, error) {
			data, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			return DefaultSettings().set(s.Key, data)
		}
		for _, value := range good {
			if got, err := set(value); err != nil || got.Validate() != nil {
				t.Errorf("%s: %v: %v, %v", s.Key, value, err, got.Validate())
			}
		}
		for _, value := range bad {
			got, err := set(value)
			if err == nil || !strings.Contains(err.Error(), "want ") || !reflect.DeepEqual(got, DefaultSettings()) {
				t.Errorf("%s: %v: %v", s.Key, value, err)
			}
		}
	}
}

// TestQuality sets presets before and after what they are not to change.
func TestQuality(t *testing.T) {
	if got, warnings := DefaultSettings().With([]byte(`{"quality":"balanced"}`)); !reflect.DeepEqual(got.Options, DefaultSettings().Options) || warnings != nil {
		t.Errorf("balanced is not the default: %+v, %q", got.Options, warnings)
	}
	for _, objects := range [][]string{
		{`{"quality":"best","threshold":0.5}`},
		{`{"quality":"best"}`, `{"threshold":0.5}`},
		{`{"threshold":0.5}`, `{"quality":"best"}`},
		{`{"threshold":0.5,"quality":"fast"}`, `{"quality":"best"}`},
	} {
		got := DefaultSettings()
		for _, o := range objects {
			got, _ = got.With([]byte(o))
		}
		if got.Threshold != 0.5 || got.Steps != 32 {
			t.Errorf("%q: %+v", objects, got.Options)
		}
	}
}

// TestSettingsFile reads configuration files.
func TestSettingsFile(t *testing.T) {
	for _, test := range []struct {
		text    string
		change  func(*Settings)
		warning string
	}{
		{"", func(*Settings) {}, ""},
		{"# ours\nmodel = 'a/b'\nthreads = 3\nlogFile = \"x.log\"\nmemory = 7\nprecision = \"f32\"\n", func(s *Settings) {
			s.Process = Process{"a/b", 3, "f32", 7, "x.log"}
		}, ""},
		{"threshold = 1\ndisabledFor = ['*.env']\n[languages]\npython = false\n", func(s *Settings) {
			s.Threshold, s.DisabledFor, s.Languages = 1, globs{"*.env"}, languages{"python": false}
		}, ""},
		{"steps = 3\n\n  tread.s = 4", func(s *Settings) { s.Steps = 3 }, "config.toml:3: tread: there is no such setting"},
		{"steps = 3\n[threads]\nsteps = 4\n", func(s *Settings) { s.Steps = 3 }, `config.toml:2: threads: {"steps":4}: want an integer from 0 to 1024; 0 is used`},
		{"\nthreshold = nan", func(*Settings) {}, `config.toml:2: threshold: "NaN": want a number`},
		{"\nsteps = 1979-05-27", func(*Settings) {}, `config.toml:2: steps: "1979-05-27": want`},
		{"steps = 3\nblock = \n", func(*Settings) {}, "config.toml:2: "},
		{"steps = 3\nsteps = 4\n", func(*Settings) {}, "config.toml:2: "},
		{"\xff", func(*Settings) {}, "config.toml:1: "},
		{strings.Repeat("[", 60_000), func(*Settings) {}, "config.toml:1: "},
	} {
		want := DefaultSettings()
		test.change(&want)
		got, warnings := DefaultSettings().WithFile("config.toml", []byte(test.text))
		got.explicit = nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%.60q: settings are %+v, want %+v", test.text, got, want)
		}
		if all := strings.Join(warnings, "\n"); (all == "") != (test.warning == "") || !strings.HasPrefix(all, test.warning) || len(all) > 200 {
			t.Errorf("%.60q: warnings are %q, want %q", test.text, all, test.warning)
		}
	}
}

func TestSetModel(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "model = \"a/b\"\n"},
		{"# mine\n[languages]\ngo = true # yes", "model = \"a/b\"\n# mine\n[languages]\ngo = true # yes"},
		{"threads = 2\n  model   = 'old'  # the large one\r\n[x]\nmodel = 1\n", "threads = 2\n  model   = \"a/b\"  # the large one\r\n[x]\nmodel = 1\n"},
		{"\"model\" = \"\"\"\nx\"\"\"", "\"model\" = \"a/b\""},
		{"model = 7", "model = \"a/b\""},
		{"model.name = 'x'", ""},
		{"[model]\nname = 'x'", ""},
		{"model = ", ""},
	} {
		got, err := SetModel([]byte(test.text), "a/b")
		if string(got) != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: %q, %v; want %q", test.text, got, err, test.want)
		}
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
