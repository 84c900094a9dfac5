package completion

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedls/engine/builtin"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
	"seedls/structure"
)

// A timedOrder measures how long the sampler's questions to an order take.
type timedOrder struct {
	*structure.Order
	took time.Duration
}

func (o *timedOrder) since(begun time.Time) { o.took += time.Since(begun) }

func (o *timedOrder) Possible(canvas []int32, slot int, token int32) bool {
	defer o.since(time.Now())
	return o.Order.Possible(canvas, slot, token)
}

func (o *timedOrder) Ready(canvas []int32, slot int, token int32) bool {
	defer o.since(time.Now())
	return o.Order.Ready(canvas, slot, token)
}

func (o *timedOrder) Skeleton(canvas []int32, slot int, token int32) bool {
	defer o.since(time.Now())
	return o.Order.Skeleton(canvas, slot, token)
}

func (o *timedOrder) Violations(canvas []int32, confidence []float32) []int {
	defer o.since(time.Now())
	return o.Order.Violations(canvas, confidence)
}

// costs are the times of completions, in seconds, and what of them the order took.
type costs struct{ all, making, asking float64 }

// add completes r as [Completer.Complete] does, and measures.
func (c *costs) add(b *testing.B, completer *Completer, r Request) {
	begun := time.Now()
	hole, err := r.hole(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ids := completer.layout.Build(nil, r.Path, r.Prefix, r.Suffix)
	canvas, blocks := completer.block(r.Options)
	kv, known := completer.caches.Take(buffer{r.Client, r.Document})
	if !known {
		kv = completer.model.NewKVCache(completer.capacity(canvas * blocks))
	}
	kv.Truncate(common(kv.Tokens(), ids))
	for kv.Len() < len(ids) {
		completer.runner.Extend(kv, ids[kv.Len():min(len(ids), kv.Len()+transformer.PrefillRows)])
	}
	making := time.Now()
	scope, err := completer.scope(b.Context(), r, hole)
	if err != nil {
		b.Fatal(err)
	}
	order := completer.order(scope, hole)
	made := time.Since(making)
	timed := &timedOrder{Order: order}
	generated, err := completer.samplers[0].Diffuse(b.Context(), transformer.Sequence{Runner: completer.runner, Cache: kv}, diffusion.Options{
		Canvas: canvas, Blocks: blocks, Policy: r.Options.policy(), Order: timed, Remasks: r.Options.Remasks,
		Stop: func(tokens []int32) bool { return hole.Leaves(completer.tokens.Decode(tokens)) },
	})
	if err != nil {
		b.Fatal(err)
	}
	kv.Truncate(len(ids))
	completer.caches.Put(buffer{r.Client, r.Document}, kv, kv.Bytes())
	if _, err := hole.Tree().Fit(b.Context(), hole, whole(completer.tokens.Decode(generated.Tokens), generated.Ended)); err != nil {
		b.Fatal(err)
	}
	c.all += time.Since(begun).Seconds()
	c.making += made.Seconds()
	c.asking += timed.took.Seconds()
}

// BenchmarkOrder completes lines of net/http, whose package has 70 files: "cold" as the command line does, once in a
// process, and "warm" as the server does, a keystroke after the last time. The metrics are shares of the time of a completion:
// what the order takes to be made, scope and package included, what the sampler's questions take, and both.
func BenchmarkOrder(b *testing.B) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Skip("no go command: ", err)
	}
	file := filepath.Join(strings.TrimSpace(string(root)), "src", "net", "http", "cookie.go")
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	text := string(data)
	c, err := builtin.Open()
	if err != nil {
		b.Fatal(err)
	}
	k, err := kernel.FromEnv()
	if err != nil {
		b.Fatal(err)
	}
	completer, err := New(c, Compute{Kernel: k, Precision: DefaultPrecision, Threads: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(completer.Close)
	options := DefaultOptions()
	options.Order, options.Canvas = true, 16
	for _, warm := range []bool{false, true} {
		name := "cold"
		if warm {
			name = "warm"
		}
		b.Run(name, func(b *testing.B) {
			var all costs
			for b.Loop() {
				for at := 0; at < len(text); at += len(text) / 10 {
					start := at + 1 + strings.Index(text[at:], "\n\t") + len("\t")
					end := start + strings.IndexByte(text[start:], '\n')
					r := Request{Path: "net/http/cookie.go", File: file, Prefix: text[:start], Suffix: text[end:], Options: options}
					if !warm {
						completer.packages = structure.Packages{}
						all.add(b, completer, r)
						continue
					}
					r.Document = "file:///cookie.go"
					if r.Tree, err = structure.Parse(b.Context(), structure.LanguageForPath(file), r.Prefix+r.Suffix); err != nil {
						b.Fatal(err)
					}
					new(costs).add(b, completer, r)
					// The first letter of the line is typed.
					r.Prefix += text[start : start+1]
					if r.Tree, err = r.Tree.Reparse(b.Context(), r.Prefix+r.Suffix, []structure.Edit{{Start: start, OldEnd: start, NewEnd: start + 1}}); err != nil {
						b.Fatal(err)
					}
					all.add(b, completer, r)
				}
			}
			b.ReportMetric(all.making/all.all, "making")
			b.ReportMetric(all.asking/all.all, "asking")
			b.ReportMetric((all.making+all.asking)/all.all, "order")
		})
	}
}
