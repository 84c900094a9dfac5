package eval

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/kernel"
	"seedls/lsp/completion"
	"seedls/lsp/eval/sandbox"
	"seedls/lsp/eval/stats"
	"seedls/structure"
)

var update = flag.Bool("update", false, "record the ranges that the slices are compared with")

const rangesFile = "testdata/ranges.json"

// sliceHoles is how many holes of each suite are run.
const sliceHoles = 40

// ranges has, for each suite, mode and metric, the least and the most that the metric may be.
type ranges map[string]map[string]map[string]stats.Interval

// tolerance is how far a metric of a slice may be from what was recorded. Another kernel rounds otherwise, and a few
// tokens of another kind change a few of 40 answers.
const tolerance = 0.1

func open(t *testing.T) *completion.Completer {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	completer, err := completion.New(c, completion.Compute{Kernel: kernel.Best(), Precision: completion.DefaultPrecision, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(completer.Close)
	return completer
}

// TestSlices runs a slice of every suite with the built-in model in every mode, and compares what comes out with what
// was recorded, with parsers.
func TestSlices(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("built without cgo: the ranges are of answers that parse, and the Go kernel takes minutes for them")
	}
	modes, err := ParseModes("ar,diffusion,diffusion+order", DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	runner, err := sandbox.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	var reports []*Report
	subject := Subject{Completer: open(t), Modes: modes, Sandbox: runner}
	for _, s := range suitesOf(t, Selection{Limit: sliceHoles}) {
		report, err := Run(t.Context(), s, subject)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, report)
	}
	binary := filepath.Join(t.TempDir(), "seedls")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "seedls").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	root := goroot(t)
	cache := t.TempDir() // the server's own, not the user's
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	report, err := Replay(t.Context(), root, Selection{Limit: sliceHoles}, Server{Command: []string{binary, "serve"}, Model: builtin.Name}, modes, nil)
	if err != nil {
		t.Fatal(err)
	}
	reports = append(reports, report)

	var want ranges
	if !*update {
		data, err := os.ReadFile(rangesFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
	}
	recorded := ranges{}
	for _, r := range reports {
		if err := WriteTables(t.Output(), r); err != nil {
			t.Error(err)
		}
		recorded[r.Suite] = map[string]map[string]stats.Interval{}
		for _, m := range r.Modes {
			recorded[r.Suite][m.Mode] = map[string]stats.Interval{}
			for _, c := range columns {
				value := c.value(&m)
				if value == nil || c.unit != percent {
					continue
				}
				least := max(0, *value-tolerance)
				if *value >= tolerance/2 {
					least = max(least, *value/4) // a mode that shows nothing is not within the range
				}
				recorded[r.Suite][m.Mode][c.metric] = stats.Interval{round(least), round(min(1, *value+tolerance))}
				may, ok := want[r.Suite][m.Mode][c.metric]
				if !*update && (!ok || *value < may[0] || *value > may[1]) {
					t.Errorf("%s, %s: %s is %.3f, recorded as from %.3f to %.3f", r.Suite, m.Mode, c.metric, *value, may[0], may[1])
				}
			}
		}
	}
	if *update {
		want = recorded
		data, err := json.MarshalIndent(recorded, "", "  ")
		if err == nil {
			err = os.WriteFile(rangesFile, append(data, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for suite, modes := range want {
		for mode, metrics := range modes {
			for metric := range metrics {
				if _, ok := recorded[suite][mode][metric]; !ok {
					t.Errorf("%s, %s: no %s", suite, mode, metric)
				}
			}
		}
	}
}

func round(x float64) float64 { return math.Round(1000*x) / 1000 }
