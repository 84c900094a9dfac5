package completion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"seedls/cache"
	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/profile"
	"seedls/engine/transformer"
)

// profileSchema is to be raised when what is stored changes, or forwards come to take another time.
const profileSchema = 1

// storedProfile is the content of a profile's entry in the store. Its key tells it from any other.
type storedProfile struct {
	Key     profileKey      `json:"key"`
	Profile profile.Profile `json:"profile"`
}

// profileKey has what the time of a forward depends on. Of a model that is the configuration, which says how large
// every tensor is, and not what is in them.
type profileKey struct {
	Schema    int    `json:"schema"`
	Config    string `json:"config"` // of the model, as JSON
	Kernel    string `json:"kernel"`
	Precision string `json:"precision"`
	Threads   int    `json:"threads"`
	Processor string `json:"processor"`
}

func (c *Completer) profileKey() (key profileKey, name string, err error) {
	config, err := json.Marshal(c.model.Config())
	if err != nil {
		return key, "", err
	}
	key = profileKey{profileSchema, string(config), c.kernel.Name(), c.model.Precision().String(), c.pool.Workers(), processor()}
	data, err := json.Marshal(key)
	return key, "profile " + string(data), err
}

// Profile is the latency by length that blocks are chosen by; nil if none is known.
func (c *Completer) Profile() profile.Profile { return c.blocks.Profile() }

// LoadProfile has blocks chosen by the profile that store has of this model on this machine. That there is none, or a
// damaged one, is an error, with which [DefaultBlock] stays.
func (c *Completer) LoadProfile(store *cache.Disk) error {
	key, name, err := c.profileKey()
	if err != nil {
		return err
	}
	data, err := store.Get(name)
	if err != nil {
		return err
	}
	var stored storedProfile
	if err = json.Unmarshal(data, &stored); err == nil {
		err = stored.Profile.Validate()
	}
	if err == nil && stored.Key != key {
		err = errors.New("it is another's")
	}
	if err != nil {
		return fmt.Errorf("stored profile: %w", err)
	}
	c.blocks.Use(stored.Profile)
	return nil
}

// MeasureProfile measures how long a step over canvases takes, has blocks chosen by that, and stores it. It computes
// between requests: one that comes waits for a step at most. An error of [cache.ErrNotStored] says that the profile is
// used all the same.
func (c *Completer) MeasureProfile(ctx context.Context, store *cache.Disk) error {
	measured, err := c.measure(ctx)
	if err != nil {
		return fmt.Errorf("measure a profile: %w", err)
	}
	c.blocks.Use(measured)
	key, name, err := c.profileKey()
	if err != nil {
		return err
	}
	data, err := json.Marshal(storedProfile{key, measured})
	if err != nil {
		return err
	}
	return store.Put(name, append(data, '\n'))
}

// measure times steps over canvases that follow half a prompt, or as much of it as one forward puts into the cache.
func (c *Completer) measure(ctx context.Context) (profile.Profile, error) {
	config := c.model.Config()
	prompt := max(config.Diffusion.Prompt.MaxTokens/2, 1)
	if config.Diffusion.Attention == checkpoint.ContextCausal {
		prompt = min(prompt, transformer.PrefillRows)
	}
	longest := min(MaxCanvas, config.MaxPositions-prompt)
	sequence := transformer.Sequence{Runner: c.runner, Cache: c.model.NewKVCache(prompt + longest)}
	_, err := c.timed(ctx, func() error {
		sequence.Extend(slices.Repeat([]int32{config.Diffusion.EndTokenID}, prompt))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return profile.Measure(ctx, longest, func(ctx context.Context, length int) (time.Duration, error) {
		return c.timed(ctx, func() error {
			_, err := c.samplers[0].Diffuse(ctx, sequence, diffusion.Options{Canvas: length, Blocks: 1, Policy: diffusion.FixedSteps(1)})
			return err
		})
	})
}

// timed calls f when nobody else wants the model, and returns how long f took.
func (c *Completer) timed(ctx context.Context, f func() error) (time.Duration, error) {
	if _, err := c.turn.TakeIdle(ctx); err != nil {
		return 0, err
	}
	defer c.turn.GiveBack()
	begun := time.Now()
	err := f()
	return time.Since(begun), err
}

// blockLengths are those that blocks of a model can have: the ones that it was trained on.
func blockLengths(d checkpoint.Diffusion) []int {
	if d.Attention == checkpoint.BlockCausal {
		return []int{min(d.BlockSize, MaxCanvas)}
	}
	lengths := slices.DeleteFunc(slices.Clone(d.CanvasSizes), func(n int) bool { return n > MaxCanvas })
	if len(lengths) == 0 {
		return []int{MaxCanvas}
	}
	return lengths
}

// AdaptsBlocks reports whether there is a choice of lengths, for which a profile is good.
func (c *Completer) AdaptsBlocks() bool { return len(blockLengths(c.model.Config().Diffusion)) > 1 }

// block is the tokens of a block and the most blocks of an answer.
func (c *Completer) block(o Options) (canvas, blocks int) {
	switch {
	case o.Canvas > 0:
		return o.Canvas, o.Blocks
	case o.Mode == Autoregressive: // which has no blocks, but a bound
		return DefaultBlock, o.Blocks
	}
	most := DefaultBlock * o.Blocks
	canvas = c.blocks.Choose(most)
	return canvas, (most + canvas - 1) / canvas
}

// observe takes note of what blocks of a length brought. The end of the text is a token as well, and a block that another
// follows goes through the model once more, into the cache.
func (c *Completer) observe(block int, generated diffusion.Result) {
	commits := len(generated.Tokens)
	if generated.Ended {
		commits++
	}
	c.blocks.Observe(block, commits, generated.Forwards+generated.Blocks-1)
}
