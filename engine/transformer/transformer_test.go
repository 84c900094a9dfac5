package transformer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

func builtinModel(t testing.TB) *Model {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	return load(t, c)
}

func randomTokens(n int) []int32 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(16 + r.IntN(8000))
	}
	return ids
}

// masks is a canvas with nothing committed; 1 is the built-in model's mask.
func masks(n int) []int32 {
	return slices.Repeat([]int32{1}, n)
}

// TestFileIsCutShort cuts the weights short after their header was read.
func TestFileIsCutShort(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(models, "arch", "tiny-qwen2-full-shift"))); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.Truncate(filepath.Join(dir, "model.safetensors"), 10_000); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(c, kernel.F32); err == nil || !strings.Contains(err.Error(), "model.safetensors: the file was changed") {
		t.Errorf("got %v", err)
	}
}

// TestAnySplitOfTheContext feeds a context at once and in pieces, truncates it and feeds it again, on one thread and
// on three: the canvas logits are the same to the bit.
func TestAnySplitOfTheContext(t *testing.T) {
	model := builtinModel(t)
	context := randomTokens(150)
	var want []float32
	for _, threads := range []int{1, 3} {
		pool := kernel.NewPool(threads)
		defer pool.Close()
		runner := NewRunner(model, kernel.Best(), pool)
		for name, feed := range map[string]func(*KVCache){
			"at once": func(kv *KVCache) { runner.Extend(kv, context) },
			"one by one": func(kv *KVCache) {
				for i := range context {
					runner.Extend(kv, context[i:i+1])
				}
			},
			"in pieces": func(kv *KVCache) {
				runner.Extend(kv, context[:9])
				runner.Extend(kv, context[9:100])
				runner.Extend(kv, context[100:])
			},
			"typed, deleted, typed": func(kv *KVCache) {
				runner.Extend(kv, context[:60])
				runner.Extend(kv, randomTokens(80))
				kv.Truncate(60)
				runner.Extend(kv, context[60:])
			},
			"after a canvas": func(kv *KVCache) {
				runner.Extend(kv, context[:60])
				runner.Canvas(kv, masks(32), []int{0})
				runner.Extend(kv, context[60:])
			},
			"autoregressively": func(kv *KVCache) {
				runner.Extend(kv, context[:140])
				for _, token := range context[140:] {
					runner.Next(kv, token)
				}
			},
		} {
			kv := model.NewKVCache(256)
			feed(kv)
			var got []float32
			for _, logits := range runner.Canvas(kv, masks(16), []int{0, 15}) {
				got = append(got, logits...)
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d threads, context fed %s: other logits", threads, name)
			}
		}
	}
}

// TestCachedEqualsUncached compares the canvas after a cached context with one pass over context and canvas together,
// in which context rows see causally and canvas rows everything.
func TestCachedEqualsUncached(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := NewRunner(model, kernel.Best(), pool)
	context, canvas := randomTokens(100), masks(16)

	kv := model.NewKVCache(128)
	runner.Extend(kv, context)
	var cached [][]float32
	for _, logits := range runner.Canvas(kv, canvas, indices(len(canvas))) {
		cached = append(cached, slices.Clone(logits))
	}

	uncached := model.NewKVCache(128)
	runner.forward(uncached, append(slices.Clone(context), canvas...), func(position, end int) int {
		if position < len(context) {
			return position + 1
		}
		return end
	}, true)
	runner.project(indices(len(context) + len(canvas))[len(context):]...)
	for i, logits := range runner.views {
		near(t, fmt.Sprint("canvas row ", i), cached[i], logits)
	}
}

func TestForwardDoesNotAllocate(t *testing.T) {
	builtinCheckpoint, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	checkpoints := []*checkpoint.Checkpoint{builtinCheckpoint}
	for _, name := range []string{"tiny-qwen2-full-shift", "tiny-llama-block4"} {
		c, err := checkpoint.Open(filepath.Join(models, "arch", name))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		checkpoints = append(checkpoints, c)
	}
	pool := kernel.NewPool(2)
	defer pool.Close()
	for _, c := range checkpoints {
		for _, p := range kernel.Precisions {
			model, err := Load(c, p)
			if err != nil {
				t.Fatal(err)
			}
			runner := NewRunner(model, kernel.Best(), pool)
			kv := model.NewKVCache(128)
			runner.Extend(kv, []int32{20, 21, 22, 23})
			canvas, slots := masks(16), indices(16)
			if n := testing.AllocsPerRun(10, func() { runner.Canvas(kv, canvas, slots) }); n > 0 {
				t.Errorf("%s in %v: a forward pass over a canvas allocates %v times", c.Name, p, n)
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	const config = `{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":%d,"num_hidden_layers":1,
		"num_attention_heads":2,"num_key_value_heads":2,"head_dim":16,"intermediate_size":48,"hidden_act":"silu",
		"rms_norm_eps":1e-6,"rope_theta":10000,"tie_word_embeddings":true,"vocab_size":32,"max_position_embeddings":64,
		"diffusion":{"attention":"context-causal","block_size":0,"shift_logits":%v,"mask_token_id":1,"end_token_id":2,
		"canvas_sizes":[8]}}`
	for _, test := range []struct {
		name   string
		hidden int
		shift  bool
		want   []string
	}{
		{"odd hidden size", 40, false, []string{"toy", "hidden_size is 40", "multiple of 16"}},
		{"shifted canvas", 32, true, []string{"toy", "shift_logits"}},
		{"missing tensor", 32, false, []string{"model.embed_tokens.weight"}},
	} {
		c, err := checkpoint.FromBytes("toy", fmt.Appendf(nil, config, test.hidden, test.shift), nil, []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Load(c, kernel.F32)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v does not say %q", test.name, err, want)
			}
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		builtinModel(b)
	}
}

// BenchmarkForward measures what generation is made of, in float32 and in int8: a prompt of 300 tokens, a canvas after it,
// one token after it.
func BenchmarkForward(b *testing.B) {
	c, err := builtin.Open()
	if err != nil {
		b.Fatal(err)
	}
	for _, precision := range []kernel.Precision{kernel.F32, kernel.Int8} {
		model, err := Load(c, precision)
		if err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			name := fmt.Sprintf("%v/threads=%d", precision, threads)
			pool := kernel.NewPool(threads)
			defer pool.Close()
			runner := NewRunner(model, kernel.Best(), pool)
			context := randomTokens(300)
			kv := model.NewKVCache(512)
			b.Run(name+"/prefill=300", func(b *testing.B) {
				for b.Loop() {
					kv.Truncate(0)
					runner.Extend(kv, context)
				}
				b.ReportMetric(float64(len(context)*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
			var single float64
			b.Run(name+"/next", func(b *testing.B) {
				for b.Loop() {
					runner.Next(kv, 100)
					kv.Truncate(300)
				}
				single = b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(1/single, "tokens/s")
			})
			for _, n := range []int{8, 16, 32, 64} {
				b.Run(fmt.Sprintf("%s/canvas=%d", name, n), func(b *testing.B) {
					for b.Loop() {
						runner.Canvas(kv, masks(n), indices(n))
					}
					b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/single, "x-next")
				})
			}
		}
	}
}
