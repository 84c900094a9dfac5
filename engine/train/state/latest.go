package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seedls/engine/checkpoint"
	"seedls/engine/train/optimize"
)

// A Checkpoint is one whose files are all as they were written.
type Checkpoint struct {
	Path     string
	Progress Progress
	Config   checkpoint.Config

	updates int
}

// Latest finds the last checkpoint in the directory of a run that is whole, and reads all of it for that. passedOver is
// told what is wrong with each that is not; it names the file. Where there are none, damaged or not, the error is an
// [fs.ErrNotExist].
func Latest(dir string, passedOver func(error)) (*Checkpoint, error) {
	all, err := steps(dir)
	if err != nil {
		return nil, err
	}
	for _, step := range all {
		c, err := open(filepath.Join(dir, stepName(step)), step)
		if err == nil {
			return c, nil
		}
		passedOver(err)
	}
	if len(all) > 0 {
		return nil, fmt.Errorf("%s: none of the %d checkpoints is whole: remove them to begin the run again", dir, len(all))
	}
	return nil, fmt.Errorf("%s: no checkpoint of a run (%s, for instance): %w", dir, stepName(123), fs.ErrNotExist)
}

// maxProgressBytes is far above what training.json takes.
const maxProgressBytes = 1 << 20

func open(path string, step int) (*Checkpoint, error) {
	name := filepath.Join(path, progressFile)
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxProgressBytes))
	if err != nil {
		return nil, err
	}
	var p progress
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s: damaged: %w", name, err)
	}
	if p.Step != step || p.Updates < 0 {
		return nil, fmt.Errorf("%s: it is of step %d, with %d updates: damaged", name, p.Step, p.Updates)
	}
	for _, needed := range []string{configFile, modelFile, tensorsFile} {
		if _, ok := p.Files[needed]; !ok {
			return nil, fmt.Errorf("%s: it does not list %s: damaged", name, needed)
		}
	}
	for file, want := range p.Files {
		if !slices.Contains(runFiles, file) {
			return nil, fmt.Errorf("%s: it lists %q, which is no file of a checkpoint: damaged", name, file)
		}
		if err := want.check(filepath.Join(path, file)); err != nil {
			return nil, err
		}
	}
	model, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	return &Checkpoint{path, p.Progress, model.Config, p.Updates}, model.Close()
}

// check reads a file.
func (s sum) check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var got sum
	if _, err := io.CopyBuffer(&got, f, make([]byte, 1<<20)); err != nil {
		return err
	}
	if got.Bytes != s.Bytes {
		return fmt.Errorf("%s: damaged: it has %d bytes, %d were written", path, got.Bytes, s.Bytes)
	}
	if got != s {
		return fmt.Errorf("%s: damaged: its checksum is not that of what was written", path)
	}
	return nil
}

// Restore gives an optimiser, and the parameters that it updates, what they had when the checkpoint was saved; packed
// weights of a train.Pass are to be packed again. The run must have the configuration of the checkpoint: otherwise nothing
// is changed, and the error names the setting.
func (c *Checkpoint) Restore(o *optimize.Optimizer) (err error) {
	run := o.Average().Config()
	if setting, was, is := difference(&c.Config, &run); setting != "" {
		return fmt.Errorf("%s: %s is %s there and %s in this run: go on with the configuration that it began with, "+
			"or begin a run in another directory", filepath.Join(c.Path, configFile), setting, was, is)
	}
	path := filepath.Join(c.Path, tensorsFile)
	f, err := checkpoint.OpenTensors(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	stored := make([]checkpoint.Tensor, len(o.Tensors()))
	for i, t := range o.Tensors() {
		if stored[i], err = f.Tensor(t.Name); err != nil {
			return err
		}
		if s := stored[i]; s.DType != checkpoint.F32 || !slices.Equal(s.Shape, t.Shape) {
			return fmt.Errorf("%s: tensor %q is %s of shape %d, not F32 of shape %d", path, t.Name, s.DType, s.Shape, t.Shape)
		}
	}
	err = f.Read(func() error {
		for i, t := range o.Tensors() {
			stored[i].Float32To(t.Values)
		}
		return nil
	})
	if err == nil {
		o.SetSteps(c.updates)
	}
	return err
}

// difference is the first setting of a config.json, in the order of their names, that two configurations do not share, and
// what it is in each.
func difference(a, b *checkpoint.Config) (setting, was, is string) {
	return differenceIn("", compact(a.File()), compact(b.File()))
}

func differenceIn(object string, a, b json.RawMessage) (setting, was, is string) {
	var before, after map[string]json.RawMessage
	if json.Unmarshal(a, &before) != nil || json.Unmarshal(b, &after) != nil || before == nil || after == nil {
		return strings.TrimSuffix(object, "."), string(a), string(b) // not both are objects
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !bytes.Equal(before[name], after[name]) {
			return differenceIn(object+name+".", before[name], after[name])
		}
	}
	return "", "", ""
}
