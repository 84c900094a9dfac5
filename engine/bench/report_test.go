package bench

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"seedls/engine/kernel/ceiling"
)

func example() *Report {
	r := &Report{
		Model: "a & b", Parameters: 8_500_000, WeightBytes: 38_300_000, Kernel: "avx512", Threads: 2, Precision: "f32", Runs: 3,
		Ceilings: []ceiling.Rate{{Name: "multiply-add", Kind: ceiling.F32, Unit: "GFLOP/s", One: 247, All: 1234.4}},
		PeakGOPS: 1234.4, BandwidthGBS: 33,
		PrefillTokens: 512, PrefillTokensPerSecond: &Figure{12_345, 12_000, 13_000}, PrefillShareOfPeak: &Figure{0.25, 0.2, 0.3},
		ContextTokens: 256, DecodeTokensPerSecond: &Figure{700, 690, 720}, DecodeShareOfBandwidth: &Figure{0.7, 0.6, 0.8},
		Profile: []Canvas{
			{Canvas: 1, LatencyUS: &Figure{1400, 1300, 1500}, ComputeUS: 14, MemoryUS: 1031},
			{Canvas: 16, LatencyUS: &Figure{2600, 2500, 2700}, ComputeUS: 220, MemoryUS: 1031},
		},
		BlockSize:         16,
		ARTokensPerSecond: &Figure{600, 590, 610}, DiffusionTokensPerSecond: &Figure{1500, 1400, 1600},
		Speedup: &Figure{2.5, 2.4, 2.6}, TokensPerForward: &Figure{3, 3, 3},
		Completions: Completions{Of: "holes in Go", Count: 21, P50: &Figure{30, 29, 31}, P95: &Figure{90, 80, 99}, ARP50: &Figure{60, 59, 61}, ARP95: &Figure{120, 110, 130}},
		StartupMS:   &Figure{50, 40, 60}, FirstAnswerMS: &Figure{80, 70, 90},
	}
	r.Spreads = r.spreads()
	return r
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := example().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"8.50 million parameters, 38.3 MB as f32", "1,234", "12,345 (12,000 to 13,000) tokens/s", "25.0 % of the peak of f32", "70.0 % of the bandwidth",
		"2,600 (2,500 to 2,700) µs  the block", "21 HOLES IN GO", "diffusion is 2.50 (2.40 to 2.60) times as fast", "one token after another",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	r := example()
	r.ARTokensPerSecond, r.Speedup, r.DecodeTokensPerSecond, r.StartupMS = nil, nil, nil, nil
	r.Completions.ARP50, r.Completions.ARP95 = nil, nil
	r.LeftOut = []string{noAR}
	b.Reset()
	if err := r.WriteTable(&b); err != nil || !strings.Contains(b.String(), "Left out: "+noAR) || strings.Contains(b.String(), "another") || strings.Contains(b.String(), "ready") {
		t.Errorf("%v\n%s", err, &b)
	}
}

func TestJSON(t *testing.T) {
	data, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"speedup":2.5`, `"speedup":[2.4,2.6]`, `"latency_us":1400`, `"rss_bytes":null`, `"p50_ms":30`, `"completions.p50_ms":[29,31]`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}

// TestPlot draws a report, one without autoregression, and one of a model with room for one token.
func TestPlot(t *testing.T) {
	for _, change := range []func(*Report){
		func(*Report) {},
		func(r *Report) { r.ARTokensPerSecond = nil },
		func(r *Report) { r.Profile = r.Profile[:1] },
	} {
		r := example()
		change(r)
		var b bytes.Buffer
		if err := r.WritePlot(&b); err != nil {
			t.Fatal(err)
		}
		shown := textsOf(t, &b)
		for _, want := range []string{
			latencyPanel, speedPanel, r.Title(), "diffusion: 1,500", "compute roof: 1,234·10⁹ operations/s",
			"bandwidth roof: weights at 33.0 GB/s", "1.4 ms", "1",
		} {
			if !slices.Contains(shown, want) {
				t.Errorf("no %q in the picture, which has %q", want, shown)
			}
		}
		if slices.Contains(shown, "autoregressive: 600") != (r.ARTokensPerSecond != nil) {
			t.Errorf("autoregression in %q", shown)
		}
	}
}

// textsOf are those of a picture, which is well-formed.
func textsOf(t *testing.T, r io.Reader) (all []string) {
	t.Helper()
	for decoder := xml.NewDecoder(r); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			all = append(all, string(text))
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, test := range []struct {
		least, most float64
		want        []string
	}{
		{38, 8_400, []string{"20 µs", "50 µs", "100 µs", "200 µs", "500 µs", "1 ms", "2 ms", "5 ms", "10 ms"}},
		{1000, 1000, []string{"1 ms", "2 ms"}},
		{3e6, 4e6, []string{"2 s", "5 s"}},
	} {
		var got []string
		for _, tick := range logTicks(test.least, test.most) {
			got = append(got, tick.Label)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v to %v: %q, want %q", test.least, test.most, got, test.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0.5: "0.50", 9.876: "9.88", 42.42: "42.4", 123.4: "123", 1234: "1,234", 1234567: "1,234,567"} {
		if got := number(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}
