package completion

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"seedls/cache"
	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/profile"
)

func loaded(t *testing.T, threads int) *Completer {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	completer, err := New(c, Compute{Kernel: kernel.Best(), Precision: DefaultPrecision, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(completer.Close)
	return completer
}

// store puts a profile into a store of its own, as if it had been measured for c.
func store(t *testing.T, c *Completer, p profile.Profile) *cache.Disk {
	t.Helper()
	key, name, err := c.profileKey()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(storedProfile{key, p})
	if err != nil {
		t.Fatal(err)
	}
	disk := cache.NewDisk(t.TempDir(), 1<<20)
	if err := disk.Put(name, data); err != nil {
		t.Fatal(err)
	}
	return disk
}

// linear is a profile in which a forward takes fixed milliseconds and some for each token.
func linear(fixed, perToken float64) (p profile.Profile) {
	for _, length := range []int{1, 2, 4, 8, 16, 24, 32, 48, 64} {
		p = append(p, profile.Point{Tokens: length, MS: fixed + perToken*float64(length)})
	}
	return p
}

// hole is one that the built-in model writes many tokens into.
func hole() Request {
	return Request{Path: "a.go", Prefix: "package a\n\nfunc f() error {\n", Suffix: "\n}\n", Options: DefaultOptions()}
}

func TestAdaptiveBlocks(t *testing.T) {
	for _, test := range []struct {
		name          string
		profile       profile.Profile
		change        func(*Options)
		block, blocks int // chosen, and the most of them
	}{
		{"no profile", nil, func(*Options) {}, 16, 4},
		{"compute-bound", linear(0, 1), func(*Options) {}, 8, 8},
		{"flat", linear(10, 0), func(*Options) {}, 64, 1},
		{"flat, and a short answer", linear(10, 0), func(o *Options) { o.Blocks = 2 }, 32, 1},
		{"fixed", linear(10, 0), func(o *Options) { o.Canvas = 24 }, 24, 4},
		{"one after another", linear(10, 0), func(o *Options) { o.Mode = Autoregressive }, 16, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := loaded(t, 2)
			if test.profile != nil {
				if err := c.LoadProfile(store(t, c, test.profile)); err != nil {
					t.Fatal(err)
				}
			}
			r := hole()
			test.change(&r.Options)
			got, err := c.Complete(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if got.Block != test.block || got.Blocks > test.blocks || got.Tokens > test.block*max(test.blocks, 4) {
				t.Errorf("%d blocks of %d, %d tokens; want at most %d of %d", got.Blocks, got.Block, got.Tokens, test.blocks, test.block)
			}
			if info := c.Info(); !slices.Equal(info.Profile, test.profile) || test.name == "flat" && info.Block != 64 {
				t.Errorf("info says block %d, profile %v", info.Block, info.Profile)
			}
		})
	}
}

// TestBlocksFollowWhatComes has a profile in which the model, whose long canvases are mostly in vain, does best with
// short ones, and looks at the blocks of many requests: they begin with what the profile says alone.
func TestBlocksFollowWhatComes(t *testing.T) {
	c := loaded(t, 2)
	if err := c.LoadProfile(store(t, c, linear(10, 0.1))); err != nil {
		t.Fatal(err)
	}
	r := hole()
	r.Options.Policy, r.Options.Steps = FixedStepsPolicy, 4
	var blocks []int
	for range 40 {
		got, err := c.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, got.Block)
	}
	if blocks[0] != 32 || !slices.Contains(blocks, 16) && !slices.Contains(blocks, 64) {
		t.Errorf("blocks are %d", blocks)
	}
	if i := slices.IndexFunc(blocks, func(b int) bool { return !slices.Contains(c.Info().CanvasSizes, b) }); i >= 0 {
		t.Errorf("block %d is not one that the model was trained on", blocks[i])
	}
}

func TestMeasureProfile(t *testing.T) {
	dir := t.TempDir()
	disk := cache.NewDisk(dir, 1<<20)
	c := loaded(t, 2)
	if err := c.LoadProfile(disk); !errors.Is(err, cache.ErrNotStored) || c.Profile() != nil {
		t.Errorf("an empty store has %v, %v", c.Profile(), err)
	}
	if err := c.MeasureProfile(t.Context(), disk); err != nil {
		t.Fatal(err)
	}
	measured := c.Profile()
	t.Log(measured)
	if err := measured.Validate(); err != nil {
		t.Error(err)
	}
	again := loaded(t, 2)
	if err := again.LoadProfile(disk); err != nil || !slices.Equal(again.Profile(), measured) {
		t.Errorf("measured %v, stored %v, %v", measured, again.Profile(), err)
	}
	if other := loaded(t, 1); other.LoadProfile(disk) == nil {
		t.Error("a profile of 2 threads is used with 1")
	}

	entries, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("the store has %q, %v", entries, err)
	}
	for _, damaged := range []string{"", "{", "null", "{}", `{"profile":[{"tokens":1,"ms":1}]}`} {
		if err := os.WriteFile(entries[0], []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		fresh := loaded(t, 2)
		if err := fresh.LoadProfile(disk); err == nil || fresh.Profile() != nil {
			t.Errorf("%q is used as %v", damaged, fresh.Profile())
		}
	}
	if err := c.MeasureProfile(t.Context(), disk); err != nil {
		t.Error(err)
	}
	if err := again.LoadProfile(disk); err != nil {
		t.Errorf("measured again: %v", err)
	}

	nowhere := loaded(t, 2)
	if err := nowhere.MeasureProfile(t.Context(), cache.NewDisk("", 0)); !errors.Is(err, cache.ErrNotStored) || nowhere.Profile() == nil {
		t.Errorf("without a store: %v, %v", nowhere.Profile(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cancelled := loaded(t, 2)
	if err := cancelled.MeasureProfile(ctx, disk); !errors.Is(err, context.Canceled) || cancelled.Profile() != nil {
		t.Errorf("cancelled: %v, %v", cancelled.Profile(), err)
	}
}

// TestMeasuringBetweenRequests completes while a profile is measured, and measures while the model is held.
func TestMeasuringBetweenRequests(t *testing.T) {
	c := loaded(t, 2)
	want, err := c.Complete(t.Context(), hole())
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := c.MeasureProfile(t.Context(), cache.NewDisk(t.TempDir(), 1<<20)); err != nil {
			t.Error(err)
		}
	})
	r := hole()
	r.Options.Canvas = DefaultBlock
	for range 5 {
		if got, err := c.Complete(t.Context(), r); err != nil || got.Raw != want.Raw {
			t.Errorf("got %+v, %v; want %q", got, err, want.Raw)
		}
	}
	wait.Wait()

	ctx, cancel := context.WithCancel(t.Context())
	if err := c.turn.Take(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- c.MeasureProfile(ctx, cache.NewDisk("", 0)) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a measurement that waits gives %v", err)
	}
	c.turn.GiveBack()
}

func TestBlockLengths(t *testing.T) {
	for _, test := range []struct {
		diffusion checkpoint.Diffusion
		want      []int
	}{
		{checkpoint.Diffusion{Attention: checkpoint.ContextCausal, CanvasSizes: []int{8, 64}}, []int{8, 64}},
		{checkpoint.Diffusion{Attention: checkpoint.Full, CanvasSizes: []int{8, 128, 256}}, []int{8, 128}},
		{checkpoint.Diffusion{Attention: checkpoint.Full, CanvasSizes: []int{256}}, []int{128}},
		{checkpoint.Diffusion{Attention: checkpoint.BlockCausal, BlockSize: 32, CanvasSizes: []int{8, 64}}, []int{32}},
	} {
		if got := blockLengths(test.diffusion); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %d, want %d", test.diffusion, got, test.want)
		}
	}
}
