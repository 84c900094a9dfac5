// Package state saves what a training run goes on from, and the model that it ends with.
//
// A run has a directory. In it, each checkpoint is a directory step-000123 which package checkpoint opens as a model:
//
//	config.json, tokenizer.json   as of any model
//	model.safetensors             the average of the parameters, in BF16
//	training.safetensors          parameters, average and what the optimiser remembers, in F32
//	training.json                 how far the run is; sizes and checksums of the other files
//
// A run that is ended at any moment, by whatever, finds a checkpoint that is whole: one is written under another name,
// put on the disk and then renamed, and only then the one before the last is removed. [Latest] passes over what is damaged.
// [Lock] keeps a second run out of the directory for as long as the first is alive.
package state

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"seedls/engine/checkpoint"
	"seedls/engine/train"
	"seedls/engine/train/optimize"
)

// Progress is how far a run is.
type Progress struct {
	Step   int     `json:"step"`   // steps that are done
	Tokens int64   `json:"tokens"` // that were learnt from
	Seed   uint64  `json:"seed"`   // of all that is random
	Stage  string  `json:"stage"`  // of the training
	Losses History `json:"losses"`
}

// A History says where the losses of the steps that are done are. The file is the run's own.
type History struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"` // what follows is of steps that are to be done again
}

const (
	configFile    = "config.json"
	tokenizerFile = "tokenizer.json"
	modelFile     = "model.safetensors"
	tensorsFile   = "training.safetensors"
	progressFile  = "training.json"
	readmeFile    = "README.md"
)

var (
	modelFiles = []string{configFile, tokenizerFile, modelFile, readmeFile}
	runFiles   = []string{configFile, tokenizerFile, modelFile, tensorsFile, progressFile}
)

// progress is training.json.
type progress struct {
	Progress
	Updates int            `json:"updates"` // that the optimiser made
	Files   map[string]sum `json:"files"`
}

// kept is how many checkpoints of a run stay.
const kept = 2

// Save writes a checkpoint of a run into its directory, and then removes all but the last two. tokenizer is its
// tokenizer.json, nil for none. It returns the path of the checkpoint. After an error the checkpoints that were there
// are there still, and nothing that is incomplete.
func Save(dir string, o *optimize.Optimizer, tokenizer []byte, p Progress) (path string, err error) {
	return save(system(), dir, o, tokenizer, p)
}

func save(d disk, dir string, o *optimize.Optimizer, tokenizer []byte, p Progress) (path string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	if err := clean(d, dir); err != nil {
		return "", err
	}
	path = filepath.Join(dir, stepName(p.Step))
	if err := replaceable(path, runFiles); err != nil {
		return "", err
	}
	w := newDirectory(d, path)
	defer w.discard()
	writeModel(w, o.Average(), tokenizer)
	w.write(tensorsFile, tensors(checkpoint.F32, o.Tensors()))
	w.write(progressFile, indented(progress{p, o.Steps(), w.sums}))
	if err := w.commit(); err != nil {
		return "", err
	}
	return path, prune(d, dir, p.Step)
}

// WriteModel writes a model as a directory of its own: the parameters in BF16, their configuration, and tokenizer.json and
// README.md unless they are nil. It takes the place of a model that is there; a directory with anything else in it is an
// error. After an error what was there is there still.
func WriteModel(dir string, p *train.Parameters, tokenizer, readme []byte) error {
	path, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := replaceable(path, modelFiles); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	w := newDirectory(system(), path)
	defer w.discard()
	writeModel(w, p, tokenizer)
	if readme != nil {
		w.write(readmeFile, bytesOf(readme))
	}
	return w.commit()
}

func writeModel(w *directory, p *train.Parameters, tokenizer []byte) {
	config := p.Config()
	w.write(configFile, indented(config.File()))
	if tokenizer != nil {
		w.write(tokenizerFile, bytesOf(tokenizer))
	}
	w.write(modelFile, tensors(checkpoint.BF16, p.Tensors()))
}

// replaceable lets a path pass at which nothing is, or a directory with some of these files and no others.
func replaceable(path string, files []string) error {
	info, err := os.Lstat(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory: name another one, or move it away", path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(files, e.Name()) {
			return fmt.Errorf("%s has %s in it, which is not of the model to replace: name another directory, or move it away",
				path, e.Name())
		}
	}
	return nil
}

// stepName is the name of the checkpoint after so many steps.
func stepName(step int) string { return fmt.Sprintf("step-%06d", step) }

// steps lists the checkpoints in a directory by their steps, the last first.
func steps(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), "step-")
		if step, err := strconv.Atoi(digits); ok && err == nil && stepName(step) == e.Name() && e.IsDir() {
			all = append(all, step)
		}
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all, nil
}

// prune removes the checkpoints that are too old, after one of that step is complete. Later ones, which were passed over
// when the run went on from an earlier one, stay until the run comes to them.
func prune(d disk, dir string, step int) error {
	all, err := steps(dir)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(other int) bool { return other > step })
	for _, old := range all[min(kept, len(all)):] {
		path := filepath.Join(dir, stepName(old))
		if replaceable(path, runFiles) != nil {
			continue // someone keeps something there
		}
		away := temporary(path)
		if err := d.rename(path, away); err != nil {
			return fmt.Errorf("%s is saved, and an older one cannot be removed: %w", stepName(step), err)
		}
		if err := d.remove(away); err != nil {
			return fmt.Errorf("%s is saved, and an older one cannot be removed: %w", stepName(step), err)
		}
	}
	return nil
}

// clean removes what a run left that was ended while it saved.
func clean(d disk, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), temporarySuffix)
		digits, ours := strings.CutPrefix(strings.TrimSuffix(name, replacedSuffix), ".step-")
		if _, err := strconv.Atoi(digits); ok && ours && err == nil {
			if err := d.remove(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("what an earlier run left cannot be removed: %w", err)
			}
		}
	}
	return nil
}
