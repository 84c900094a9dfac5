package rollout

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write writes trajectories to a file, a JSON object each, replacing it once all are written.
func Write(path string, all []Trajectory) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".trajectories-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	out := bufio.NewWriter(f)
	encoder := json.NewEncoder(out)
	for i := range all {
		if err := encoder.Encode(&all[i]); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := errors.Join(out.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Read reads a file of trajectories. An error names the file and the trajectory that is damaged.
func Read(path string) ([]Trajectory, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []Trajectory
	decoder := json.NewDecoder(bufio.NewReader(f))
	for {
		var t Trajectory
		err := decoder.Decode(&t)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: trajectory %d: %w: make it again with \"seedls train rollout\"", path, len(all)+1, err)
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no trajectories: make some with \"seedls train rollout\"", path)
	}
	return all, nil
}

func (t *Trajectory) check() error {
	switch {
	case len(t.Prompt) == 0 || len(t.States) == 0 || len(t.Final) == 0:
		return errors.New("it lacks a prompt, states, or what they end as")
	case t.Text < 0 || t.Text > len(t.Final):
		return fmt.Errorf("its text has %d tokens, its canvas %d", t.Text, len(t.Final))
	case !(t.Weight >= 0):
		return fmt.Errorf("its weight is %g", t.Weight)
	}
	for i, s := range t.States {
		if len(s) == 0 || len(s) > len(t.Final) {
			return fmt.Errorf("state %d has %d tokens, what it ends as %d", i, len(s), len(t.Final))
		}
	}
	return nil
}
