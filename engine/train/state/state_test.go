package state

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/optimize"
	"seedls/engine/transformer"
)

var config = checkpoint.Config{
	ModelType: "qwen3", VocabSize: 40, HiddenSize: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, IntermediateSize: 48,
	MaxPositions: 64, RMSNormEps: 1e-6, RopeTheta: 10000, TieWordEmbeddings: true, QKNorm: true,
	Diffusion: checkpoint.Diffusion{
		Attention: checkpoint.ContextCausal, MaskTokenID: 1, EndTokenID: 2, CanvasSizes: []int{4, 8},
		Prompt: &checkpoint.Prompt{Layout: "spm", FileID: 3, SuffixID: 4, PrefixID: 5, MaxTokens: 32, MaxSuffixTokens: 8, MaxPathTokens: 4},
	},
}

// A run is an optimiser with gradients that its number of steps decides: the state is known from the count.
type run struct {
	*optimize.Optimizer
	parameters, gradients *train.Parameters
}

func newRun(t testing.TB, c checkpoint.Config) *run {
	p, err := train.NewParameters(c)
	require.NoError(t, err)
	for i := range p.Values() {
		p.Values()[i] = float32(i%7) / 7
	}
	gradients, err := train.NewParameters(c)
	require.NoError(t, err)
	pool := kernel.NewPool(1)
	t.Cleanup(pool.Close)
	o, err := optimize.New(p, kernel.Best(), pool, optimize.Defaults())
	require.NoError(t, err)
	return &run{o, p, gradients}
}

// to steps until so many steps are done.
func (r *run) to(step int) *run {
	for r.Steps() < step {
		random := rand.New(rand.NewPCG(uint64(r.Steps()), 1))
		for i := range r.gradients.Values() {
			r.gradients.Values()[i] = float32(random.NormFloat64())
		}
		r.Step(r.gradients, 0.01)
	}
	return r
}

var tokens = []byte(`{"a": "tokenizer"}`)

func (r *run) progress() Progress {
	n := r.Steps()
	return Progress{n, int64(n) * 1000, math.MaxUint64 - 1, "mask", History{"losses.jsonl", int64(n) * 10}}
}

func (r *run) save(t testing.TB, dir string) string {
	path, err := Save(dir, r.Optimizer, tokens, r.progress())
	require.NoError(t, err)
	return path
}

// requireState holds a restored run to a fresh one that made as many steps, to the bit.
func requireState(t testing.TB, want, got *run) {
	require.Equal(t, want.Steps(), got.Steps())
	for i, tensor := range want.Tensors() {
		require.Equal(t, bits(tensor.Values), bits(got.Tensors()[i].Values), tensor.Name)
	}
}

func bits(values []float32) []uint32 {
	all := make([]uint32, len(values))
	for i, v := range values {
		all[i] = math.Float32bits(v)
	}
	return all
}

// latest restores the last checkpoint of a run, and returns what was passed over.
func latest(t testing.TB, dir string) (c *Checkpoint, r *run, passed []string) {
	c, err := Latest(dir, func(err error) { passed = append(passed, err.Error()) })
	require.NoError(t, err)
	r = newRun(t, c.Config)
	require.NoError(t, c.Restore(r.Optimizer))
	return c, r, passed
}

func names(t testing.TB, dir string) (all []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestGoOn saves a run, restores it and goes on, beside one that was never interrupted.
func TestGoOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "mine")
	path := newRun(t, config).to(3).save(t, dir)
	require.Equal(t, filepath.Join(dir, "step-000003"), path)
	c, got, passed := latest(t, dir)
	require.Empty(t, passed)
	require.Equal(t, path, c.Path)
	require.Equal(t, config, c.Config)
	require.Equal(t, newRun(t, config).to(3).progress(), c.Progress)
	requireState(t, newRun(t, config).to(3), got)
	requireState(t, newRun(t, config).to(6), got.to(6))
}

// TestModel loads a checkpoint of a run, and a model of its own, as the server does.
func TestModel(t *testing.T) {
	tokens, err := os.ReadFile("../../builtin/seed-go-8m/tokenizer.json")
	require.NoError(t, err)
	dir := t.TempDir()
	config := config
	config.VocabSize = 8192
	r := newRun(t, config).to(2)
	path, err := Save(dir, r.Optimizer, tokens, r.progress())
	require.NoError(t, err)
	model := filepath.Join(dir, "model")
	for range 2 { // the second takes the place of the first
		require.NoError(t, WriteModel(model, r.parameters, tokens, []byte("# A model\n")))
	}
	for path, want := range map[string]*train.Parameters{path: r.Average(), model: r.parameters} {
		c, err := checkpoint.Open(path)
		require.NoError(t, err)
		defer c.Close()
		require.Equal(t, config, c.Config)
		require.Equal(t, tokens, c.TokenizerJSON())
		_, err = tokenizer.Parse(c.TokenizerJSON(), config.VocabSize)
		require.NoError(t, err)
		_, err = transformer.Load(c, kernel.BF16)
		require.NoError(t, err)
		got, err := train.Load(c)
		require.NoError(t, err)
		for i, v := range got.Values() {
			require.InEpsilon(t, 1+want.Values()[i], 1+v, 1./256)
			require.Zero(t, math.Float32bits(v)&0xffff)
		}
	}
	require.ElementsMatch(t, []string{"model", "step-000002"}, names(t, dir))
	require.ElementsMatch(t, modelFiles, names(t, model))
}

func TestModelTakesNoOthersPlace(t *testing.T) {
	r := newRun(t, config)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o600))
	require.ErrorContains(t, WriteModel(dir, r.parameters, tokens, nil), "has thesis.tex in it")
	require.ErrorContains(t, WriteModel(filepath.Join(dir, "thesis.tex"), r.parameters, tokens, nil), "is no directory")
	require.Equal(t, []string{"thesis.tex"}, names(t, dir))
}

// TestLastTwoAreKept saves among files that are not ours.
func TestLastTwoAreKept(t *testing.T) {
	dir := t.TempDir()
	for _, other := range []string{"losses.jsonl", "step-7", "step-000000.bak", "step-000001/notes", ".step-x.part", ".cache/x"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, other)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, other), []byte("keep"), 0o600))
	}
	others := names(t, dir)
	left := filepath.Join(dir, ".step-000002.part") // by a run that was killed
	require.NoError(t, os.Mkdir(left, 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".step-000002.old.part"), 0o700))
	r := newRun(t, config)
	for _, test := range []struct {
		step int
		want []string
	}{
		{2, []string{"step-000002"}},
		{3, []string{"step-000002", "step-000003"}},
		{4, []string{"step-000003", "step-000004"}},
		{4, []string{"step-000003", "step-000004"}}, // again
		{9, []string{"step-000004", "step-000009"}},
	} {
		r.to(test.step).save(t, dir)
		require.ElementsMatch(t, append(test.want, others...), names(t, dir))
	}
	require.FileExists(t, filepath.Join(dir, "step-000001", "notes"))

	r = newRun(t, config).to(1)
	_, err := Save(dir, r.Optimizer, tokens, r.progress())
	require.ErrorContains(t, err, "step-000001 has notes in it")
	require.FileExists(t, filepath.Join(dir, "step-000001", "notes"))
}

// TestDamage damages each file of the last checkpoint, in each way: the one before is used.
func TestDamage(t *testing.T) {
	for _, name := range runFiles {
		for kind, damage := range map[string]func(data []byte) []byte{
			"missing":   nil,
			"empty":     func([]byte) []byte { return nil },
			"truncated": func(data []byte) []byte { return data[:len(data)*2/3] },
			"longer":    func(data []byte) []byte { return append(data, '}') },
			"flipped":   func(data []byte) []byte { data[len(data)/2] ^= 1; return data },
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				dir := t.TempDir()
				r := newRun(t, config)
				r.to(1).save(t, dir)
				path := filepath.Join(r.to(2).save(t, dir), name)
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NoError(t, os.Remove(path))
				if damage != nil {
					require.NoError(t, os.WriteFile(path, damage(data), 0o600))
				}
				c, got, passed := latest(t, dir)
				require.Equal(t, 1, c.Progress.Step)
				require.Len(t, passed, 1)
				require.Contains(t, passed[0], filepath.Join("step-000002", name))
				requireState(t, newRun(t, config).to(1), got)

				got.to(2).save(t, dir) // in place of the damaged one
				c, got, passed = latest(t, dir)
				require.Empty(t, passed)
				require.Equal(t, 2, c.Progress.Step)
				requireState(t, newRun(t, config).to(2), got)
			})
		}
	}
}

func TestNothingToGoOnFrom(t *testing.T) {
	dir := t.TempDir()
	fail := func(err error) { t.Error(err) }
	_, err := Latest(filepath.Join(dir, "none"), fail)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Latest(dir, fail)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "no checkpoint of a run")
	path := newRun(t, config).to(1).save(t, dir)
	require.NoError(t, os.Truncate(filepath.Join(path, tensorsFile), 100))
	var passed []error
	_, err = Latest(dir, func(err error) { passed = append(passed, err) })
	require.ErrorContains(t, err, "none of the 1 checkpoints is whole")
	require.NotErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, errors.Join(passed...), "it has 100 bytes")
}

func TestProgressIsChecked(t *testing.T) {
	for want, change := range map[string]func(*progress){
		"is of step 7":              func(p *progress) { p.Step = 7 },
		"with -1 updates":           func(p *progress) { p.Updates = -1 },
		"does not list config.json": func(p *progress) { delete(p.Files, configFile) },
		`lists "../../secret"`:      func(p *progress) { p.Files["../../secret"] = sum{} },
	} {
		dir := t.TempDir()
		path := filepath.Join(newRun(t, config).to(1).save(t, dir), progressFile)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		var p progress
		require.NoError(t, json.Unmarshal(data, &p))
		change(&p)
		require.NoError(t, os.WriteFile(path, compact(p), 0o600))
		_, err = Latest(dir, func(err error) { require.ErrorContains(t, err, want) })
		require.Error(t, err)
	}
}

func TestAnotherConfiguration(t *testing.T) {
	dir := t.TempDir()
	newRun(t, config).to(1).save(t, dir)
	c, err := Latest(dir, func(err error) { t.Error(err) })
	require.NoError(t, err)
	for want, change := range map[string]func(*checkpoint.Config){
		"hidden_size is 32 there and 64 in this run":                     func(c *checkpoint.Config) { c.HiddenSize = 64 },
		"num_hidden_layers is 2 there and 3 in this run":                 func(c *checkpoint.Config) { c.Layers = 3 },
		"tie_word_embeddings is true there and false in this run":        func(c *checkpoint.Config) { c.TieWordEmbeddings = false },
		"diffusion.end_token_id is 2 there and 9 in this run":            func(c *checkpoint.Config) { c.Diffusion.EndTokenID = 9 },
		"diffusion.prompt is {":                                          func(c *checkpoint.Config) { c.Diffusion.Prompt = nil },
		`architectures is ["Qwen3ForCausalLM"] there and ["LlamaForCaus`: func(c *checkpoint.Config) { c.ModelType = "llama"; c.QKNorm = false },
	} {
		other := config
		change(&other)
		r := newRun(t, other)
		err := c.Restore(r.Optimizer)
		require.ErrorContains(t, err, filepath.Join("step-000001", configFile))
		require.ErrorContains(t, err, want)
		requireState(t, newRun(t, other), r)
	}
}
