package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"seedls/cache"
	"seedls/lsp/completion"
)

// storeBudgetBytes bounds what seedls keeps in the user's cache directory between runs.
const storeBudgetBytes = 4 << 30

// userStore is the store in the user's cache directory; where there is none, nothing is stored.
func userStore() *cache.Disk {
	dir, err := os.UserCacheDir()
	if err != nil {
		return cache.NewDisk("", 0)
	}
	return cache.NewDisk(filepath.Join(dir, "seedls"), storeBudgetBytes)
}

// profileBlocks has a profile measured in the background, between requests, unless a stored one is in use already. The
// caller stops it before it closes the completer.
func profileBlocks(ctx context.Context, c *completion.Completer, logger *slog.Logger) (stop func()) {
	tell := func(how string) {
		logger.Info("blocks", "profile", how, "tokens", c.Info().Block, "step_ms", c.Profile().String())
	}
	if c.Profile() != nil {
		tell("stored")
		return func() {}
	}
	if !c.AdaptsBlocks() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				logger.Error("panic while a profile was measured", "panic", p)
			}
		}()
		err := c.MeasureProfile(ctx, userStore())
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, cache.ErrNotStored):
			logger.Debug("profile", "error", err)
		case err != nil:
			logger.Warn("no profile", "error", err)
			return
		}
		tell("measured")
	}()
	return func() {
		cancel()
		<-done
	}
}
