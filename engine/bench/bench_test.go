package bench

import (
	"context"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/kernel/ceiling"
	"seedls/engine/transformer"
)

func TestFigures(t *testing.T) {
	for _, test := range []struct {
		runs []float64
		want Figure
	}{
		{[]float64{3}, Figure{3, 3, 3}},
		{[]float64{4, 1}, Figure{2.5, 1, 4}},
		{[]float64{9, 1, 2}, Figure{2, 1, 9}},
	} {
		if got := figure(test.runs); *got != test.want {
			t.Errorf("%v: %+v, want %+v", test.runs, *got, test.want)
		}
	}
	if got, want := ratio([]float64{6, 30, 20}, []float64{2, 10, 40}), (Figure{2, 0.5, 3}); *got != want {
		t.Errorf("ratio %+v, want %+v", *got, want)
	}
	values := []float64{5, 1, 4, 2, 3, 6, 7, 8, 9, 10}
	for p, want := range map[float64]float64{0: 1, 50: 5, 95: 10, 90: 9, 100: 10} {
		if got := percentile(values, p); got != want {
			t.Errorf("percentile %v is %v, want %v", p, got, want)
		}
	}
}

func TestPeak(t *testing.T) {
	rates := []ceiling.Rate{
		{Kind: ceiling.F32, One: 900, All: 200},
		{Kind: ceiling.F32, All: 450},
		{Kind: ceiling.BF16, All: 240},
		{Kind: ceiling.Int8, All: 14_000},
		{Kind: ceiling.Read, All: 99_000},
	}
	for precision, want := range map[string]float64{"f32": 450, "bf16": 450, "int8": 14_000, "int4": 14_000} {
		if got := peak(rates, precision); got != want {
			t.Errorf("the peak of %s is %v, want %v", precision, got, want)
		}
	}
	if got := peak(rates[:2], "int8"); got != 450 {
		t.Errorf("without narrower arithmetic the peak of int8 is %v, want 450", got)
	}
}

// TestTexts works out tokens a second, tokens a pass and the speed-up of two runs of two texts.
func TestTexts(t *testing.T) {
	ms := time.Millisecond
	calls := 0
	subject := Texts{Of: "texts", Count: 2, Write: func(_ context.Context, prompt int, diffusion bool) (Text, error) {
		calls++
		slower := time.Duration(1)
		if calls > 6 { // two to warm up, four of the first run
			slower = 2
		}
		if diffusion {
			return Text{30, 5, 50 * ms * slower, time.Duration(60+prompt) * ms}, nil
		}
		return Text{10, 11, 100 * ms * slower, time.Duration(110+prompt) * ms}, nil
	}}
	r := &Report{DecodeTokensPerSecond: &Figure{}}
	if err := r.measureTexts(t.Context(), subject, Options{Runs: 2, Observe: func(string, int, int) {}}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		got  *Figure
		want Figure
	}{
		{"diffusion", r.DiffusionTokensPerSecond, Figure{450, 300, 600}},
		{"autoregression", r.ARTokensPerSecond, Figure{75, 50, 100}},
		{"speed-up", r.Speedup, Figure{6, 6, 6}},
		{"tokens a pass", r.TokensPerForward, Figure{6, 6, 6}},
		{"median", r.Completions.P50, Figure{60, 60, 60}},
		{"95 of 100, ar", r.Completions.ARP95, Figure{111, 111, 111}},
	} {
		if *test.got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, *test.got, test.want)
		}
	}
}

// TestNothingWritten measures texts that end at once.
func TestNothingWritten(t *testing.T) {
	r := example()
	subject := Texts{Count: 1, Write: func(context.Context, int, bool) (Text, error) { return Text{}, nil }}
	if err := r.measureTexts(t.Context(), subject, Options{Runs: 2, Observe: func(string, int, int) {}}); err != nil {
		t.Fatal(err)
	}
	if *r.ARTokensPerSecond != (Figure{}) || *r.TokensPerForward != (Figure{}) || len(r.LeftOut) != 1 {
		t.Errorf("%v tokens/s, %v tokens a pass, left out %q", r.ARTokensPerSecond, r.TokensPerForward, r.LeftOut)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if err := r.WritePlot(io.Discard); err != nil {
		t.Error(err)
	}
}

// TestForwards measures the passes of a model of each kind of attention and works the shares out by hand.
func TestForwards(t *testing.T) {
	const qkv, head = 256 * 3 * 256, 8192 * 256 // of the built-in model
	const layer = qkv + 256*256 + 256*2*704 + 704*256
	for _, test := range []struct {
		name              string
		causal            bool
		prefill, context  int
		operations, first float64 // of prefill, and of a canvas of 1
	}{
		{"tiny-llama-block4", false, 256, 128, 2 * (256*129024 + 32768), 2 * (129*129024 + 32768)},
		{"", true, 512, 256, 2 * 512 * (7*layer + qkv), 2 * (8*layer + head)},
	} {
		t.Run(test.name, func(t *testing.T) {
			runner := newRunner(t, test.name)
			r := &Report{PeakGOPS: 100, BandwidthGBS: 10}
			if err := r.measureForwards(t.Context(), runner, Options{Runs: 1, Observe: func(string, int, int) {}}); err != nil {
				t.Fatal(err)
			}
			if r.PrefillTokens != test.prefill || r.ContextTokens != test.context {
				t.Errorf("prefill of %d and a context of %d tokens, want %d and %d", r.PrefillTokens, r.ContextTokens, test.prefill, test.context)
			}
			near(t, "share of the peak", r.PrefillShareOfPeak.Median, r.PrefillTokensPerSecond.Median*test.operations/float64(test.prefill)/100e9)
			near(t, "compute roof", r.Profile[0].ComputeUS, test.first/100e9*1e6)
			if (r.DecodeTokensPerSecond != nil) != test.causal || (len(r.LeftOut) == 0) != test.causal {
				t.Fatalf("decoding %v, left out %q", r.DecodeTokensPerSecond, r.LeftOut)
			}
			if test.causal {
				bytes := 4 * test.first / 2
				near(t, "share of the bandwidth", r.DecodeShareOfBandwidth.Median, r.DecodeTokensPerSecond.Median*bytes/10e9)
				near(t, "bandwidth roof", r.Profile[0].MemoryUS, bytes/10e9*1e6)
			}
			var lengths []int
			for _, c := range r.Profile {
				lengths = append(lengths, c.Canvas)
			}
			if !slices.Equal(lengths, canvases) {
				t.Errorf("canvases of %v", lengths)
			}
		})
	}
}

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*want) {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

// newRunner opens a model of testdata, or the built-in one for "".
func newRunner(t *testing.T, name string) *transformer.Runner {
	t.Helper()
	if name == "" && kernel.Best().Name() == "go" {
		t.Skip("the Go kernel takes too long for the built-in model")
	}
	c, err := builtin.Open()
	if name != "" {
		c, err = checkpoint.Open(filepath.Join("../../testdata/models/arch", name))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	model, err := transformer.Load(c, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	pool := kernel.NewPool(2)
	t.Cleanup(pool.Close)
	return transformer.NewRunner(model, kernel.Best(), pool)
}

// TestSynthetic writes texts of a fixed length, both ways with a model that can.
func TestSynthetic(t *testing.T) {
	for name, ways := range map[string][]bool{"tiny-qwen2-full-shift": {true}, "": {true, false}} {
		t.Run(name, func(t *testing.T) {
			texts := Synthetic(newRunner(t, name), kernel.Best(), 16)
			for _, diffusion := range ways {
				text, err := texts.Write(t.Context(), 1, diffusion)
				if err != nil || text.Tokens != syntheticTokens || text.Forwards > syntheticTokens || text.Writing > text.Total {
					t.Errorf("diffusion %v: %+v, %v", diffusion, text, err)
				}
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	runner := newRunner(t, "tiny-llama-block4")
	subject := Subject{Runner: runner, Threads: 2, Precision: "f32", BlockSize: 16, Texts: Synthetic(runner, kernel.Best(), 16)}
	options := Options{Runs: 1, Observe: func(string, int, int) {}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, subject, options)
	for what, err := range map[string]error{
		"run":            err,
		"forward passes": new(Report).measureForwards(ctx, runner, options),
		"texts":          new(Report).measureTexts(ctx, subject.Texts, options),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestHoles looks at the holes: files that parse as Go with something else in each.
func TestHoles(t *testing.T) {
	all := Holes()
	if len(all) < 20 {
		t.Errorf("%d holes", len(all))
	}
	for _, hole := range all {
		if strings.ContainsAny(hole.Prefix+hole.Suffix, "«»") || !strings.HasPrefix(hole.Prefix, "package") && !strings.HasPrefix(hole.Prefix, "// Package") {
			t.Errorf("%s: %q", hole.Path, hole.Prefix)
		}
		if len(hole.Prefix) < 200 || len(hole.Suffix) < 2 {
			t.Errorf("%s: %d bytes before the hole and %d after it", hole.Path, len(hole.Prefix), len(hole.Suffix))
		}
	}
	for file := range strings.SplitSeq(strings.NewReplacer("«", "", "»", "").Replace(holes), "\n-- ") {
		if path, text, ok := strings.Cut(file, " --\n"); ok {
			if _, err := parser.ParseFile(token.NewFileSet(), path, text, 0); err != nil {
				t.Error(err)
			}
		}
	}
}
