package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// rules is to be raised when this package comes to judge programs differently: outcomes kept under other rules are not
// recalled.
const rules = "2"

// kept is the content of an outcome's file. The key in it tells a whole file of ours from any other.
type kept struct {
	Key string `json:"key"`
	Outcome
}

// remembered returns the outcome kept for what the parts say, the limits and the rules; else it waits for a turn, has
// the outcome computed and keeps it.
func (r *Runner) remembered(ctx context.Context, parts []string, compute func() (Outcome, error)) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	hash := sha256.New()
	for _, part := range append(parts, rules, fmt.Sprintf("%+v %+v %s", r.building, r.programs, r.network)) {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	key := hex.EncodeToString(hash.Sum(nil))
	if outcome, ok := r.recall(key); ok {
		return outcome, nil
	}
	giveBack, err := r.take(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer giveBack()
	outcome, err := compute()
	if err != nil || outcome.unsure {
		return outcome, err
	}
	return outcome, r.keep(key, outcome)
}

func (r *Runner) path(key string) string { return filepath.Join(r.cacheDir, key+".json") }

// recall reads a kept outcome. A file that is damaged counts for none.
func (r *Runner) recall(key string) (Outcome, bool) {
	if r.cacheDir == "" {
		return Outcome{}, false
	}
	data, err := os.ReadFile(r.path(key))
	if err != nil {
		return Outcome{}, false
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil || k.Key != key {
		return Outcome{}, false
	}
	return k.Outcome, true
}

// keep writes an outcome. Others that read at the same time see the whole of it or nothing.
func (r *Runner) keep(key string, outcome Outcome) error {
	if r.cacheDir == "" {
		return nil
	}
	data, err := json.Marshal(kept{key, outcome})
	if err != nil {
		return fmt.Errorf("sandbox: outcome %s: %w", key, err)
	}
	file, err := os.CreateTemp(r.cacheDir, "new-*")
	if err != nil {
		return fmt.Errorf("sandbox: outcome %s: %w", key, err)
	}
	_, err = file.Write(append(data, '\n'))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), r.path(key))
	}
	if err != nil {
		os.Remove(file.Name())
		return fmt.Errorf("sandbox: outcome %s: %w", key, err)
	}
	return nil
}
