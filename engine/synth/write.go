package synth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
	"seedls/engine/synth/gguf"
)

// Options say what to write besides the checkpoint.
type Options struct {
	Seed uint64
	GGUF string // a file for the same weights as GGUF; none if empty
	// Observe, unless nil, is told how many of all weights are written, by one goroutine at a time.
	Observe func(done, total int)
}

// Write writes a checkpoint of the shape into dir: its weights in BF16, config.json and tokenizer.json. It takes the
// place of one that was written before; a directory with anything else in it, or a GGUF of another origin, is an error.
// Files get their names when all of them are complete. On an error nothing new is left, and the error says what could
// not be written. The memory it takes is a few megabytes a processor.
func (s Shape) Write(ctx context.Context, dir string, o Options) (err error) {
	b, err := backbone.New(s.Config)
	if err != nil {
		return fmt.Errorf("shape %s: %w", s.Name, err)
	}
	if err := checkDir(dir); err != nil {
		return err
	}
	if err := checkGGUF(o.GGUF); err != nil {
		return err
	}
	if _, missing := os.Stat(dir); missing != nil {
		defer func() {
			if err != nil {
				os.Remove(dir) // fails if something is in it, and then it should stay
			}
		}()
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	w := writer{shape: s, options: o, tensors: tensors(b, s.Config.HeadDim)}
	defer w.discard()
	if err := w.create(dir); err != nil {
		return err
	}
	if err := w.generate(ctx); err != nil {
		return err
	}
	return w.commit()
}

// checkDir lets a new directory pass, an empty one, and one with a model that this package wrote.
func checkDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err == nil && isSynthetic(config) {
		return nil
	}
	return fmt.Errorf("%s is not empty and has no synthetic model to replace: name another directory", dir)
}

// checkGGUF lets a new file pass, and one that this package wrote.
func checkGGUF(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 512))
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, []byte(gguf.Magic)) && bytes.Contains(head, []byte(ggufMark)) {
		return nil
	}
	return fmt.Errorf("%s is there and is no GGUF of synthetic weights to replace: name another file", path)
}

// A writer writes one model.
type writer struct {
	shape   Shape
	options Options
	tensors []tensor

	weights, gguf  *pending // gguf is nil when none is asked for
	weightsOffsets []int64  // where each tensor begins
	ggufOffsets    []int64
	files          []*pending // all of them, the configuration last
}

// create makes all files, with everything but the weights.
func (w *writer) create(dir string) error {
	vocabulary := newVocabulary(w.shape.Config.VocabSize)
	header, offsets, size := checkpoint.TensorHeader(stored(w.tensors))
	w.weightsOffsets = offsets
	var err error
	if w.weights, err = w.open(filepath.Join(dir, "model.safetensors"), header, size); err != nil {
		return err
	}
	if w.options.GGUF != "" {
		header, offsets, size := w.shape.ggufFile(&vocabulary, w.tensors).Header()
		w.ggufOffsets = offsets
		if w.gguf, err = w.open(w.options.GGUF, header, size); err != nil {
			return err
		}
	}
	tokenizer, err := vocabulary.json()
	if err != nil {
		return err
	}
	if _, err := w.open(filepath.Join(dir, "tokenizer.json"), tokenizer, int64(len(tokenizer))); err != nil {
		return err
	}
	config, err := w.shape.configJSON(w.options.Seed)
	if err != nil {
		return err
	}
	_, err = w.open(filepath.Join(dir, "config.json"), config, int64(len(config)))
	return err
}

// generate fills in the weights, on all processors.
func (w *writer) generate(ctx context.Context) error {
	all := chunks(w.tensors)
	total := 0
	for _, t := range w.tensors {
		total += t.Size()
	}
	var next atomic.Int64
	var reporting sync.Mutex
	done := 0
	report := func(n int) {
		reporting.Lock()
		defer reporting.Unlock()
		if done += n; w.options.Observe != nil {
			w.options.Observe(done, total)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			var s scratch
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				n, err := w.writeChunk(all[i], &s)
				if err != nil {
					return err
				}
				report(n)
			}
		})
	}
	return group.Wait()
}

// scratch is the working memory of one worker.
type scratch struct {
	values, interleaved []float32
	encoded             []byte
}

// writeChunk returns how many values it wrote.
func (w *writer) writeChunk(c chunk, s *scratch) (int, error) {
	t := &w.tensors[c.tensor]
	s.values = t.generate(s.values[:0], c, w.options.Seed)
	s.encoded = checkpoint.AppendBF16(s.encoded[:0], s.values)
	before := c.first * t.columns
	if err := w.weights.writeAt(s.encoded, w.weightsOffsets[c.tensor]+2*int64(before)); err != nil {
		return 0, err
	}
	if w.gguf != nil {
		values := s.values
		if t.headDim > 0 && architecture(&w.shape.Config) == "llama" {
			s.interleaved = interleave(s.interleaved[:0], values, t.headDim, t.columns)
			values = s.interleaved
		}
		kind := t.ggufType()
		s.encoded = kind.Append(s.encoded[:0], values)
		if err := w.gguf.writeAt(s.encoded, w.ggufOffsets[c.tensor]+kind.Bytes(before)); err != nil {
			return 0, err
		}
	}
	return len(s.values), nil
}
