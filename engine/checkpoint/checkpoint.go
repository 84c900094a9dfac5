// Package checkpoint reads models: a directory in the Hugging Face layout, or the same three files in memory.
//
//	config.json                    the sizes of the backbone, and the object "diffusion": how its weights are used
//	tokenizer.json                 for package tokenizer; may be absent
//	model.safetensors              the weights, or
//	model.safetensors.index.json   which of several files holds which weight
//
// Opening a checkpoint validates the configuration and every header, and maps the weights without reading them.
// Whoever needs a tensor then asks for it with the shape that it must have:
//
//	c, err := checkpoint.Open("models/mine")
//	q, err := c.Tensor("model.layers.0.self_attn.q_proj.weight", heads*headDim, hidden)
//	weights := q.Float32()
//
// [WriteTensors] and [Config.File] are what a model is written with.
//
// Nothing in a file is trusted. A malformed one gives an error that names the file and the tensor or field; it cannot
// make the reader go out of bounds, or allocate out of proportion to the length of the file.
package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// Limits of the JSON files, in bytes.
const (
	maxConfigBytes    = 1 << 20
	maxTokenizerBytes = 1 << 26
	maxIndexBytes     = 1 << 26
)

const (
	configFile    = "config.json"
	tokenizerFile = "tokenizer.json"
	weightsFile   = "model.safetensors"
	indexFile     = "model.safetensors.index.json"
)

// Checkpoint is an open model. It is immutable and safe for concurrent use until it is closed.
type Checkpoint struct {
	// Name is the name of the model: the last part of its directory.
	Name   string
	Config Config

	source    string // where the weights are, for errors
	tokenizer []byte
	files     []*TensorFile
	tensors   map[string]Tensor
}

// Open opens the model in a directory. Errors name the file, and the tensor or field, and say what is missing.
func Open(dir string) (*Checkpoint, error) { return open(dir, parseConfig) }

// OpenForTraining is Open, but it opens autoregressive models too. What such a one is to become is for its only user to
// set, as Config.Diffusion, before anything else is done with it.
func OpenForTraining(dir string) (*Checkpoint, error) { return open(dir, parseAnyConfig) }

func open(dir string, parse func(config []byte) (Config, error)) (*Checkpoint, error) {
	name, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	config, err := readFile(filepath.Join(dir, configFile), maxConfigBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no %s in %s: a model is a directory in the Hugging Face layout, "+
			"with %s, %s and %s: %w", configFile, dir, configFile, tokenizerFile, weightsFile, err)
	}
	if err != nil {
		return nil, err
	}
	tokenizer, err := readFile(filepath.Join(dir, tokenizerFile), maxTokenizerBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	c := &Checkpoint{Name: filepath.Base(name), tokenizer: tokenizer}
	if c.Config, err = parse(config); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, configFile), err)
	}
	if err := c.openWeights(dir); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// FromBytes opens a model that is in memory, such as one embedded in the binary. It keeps the slices, which must not
// change; tokenizer may be nil. The name stands for the directory in errors.
func FromBytes(name string, config, tokenizer, weights []byte) (*Checkpoint, error) {
	c := &Checkpoint{Name: name, source: name + "/" + weightsFile, tokenizer: tokenizer}
	var err error
	if c.Config, err = parseConfig(config); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", name, configFile, err)
	}
	f, err := ParseTensors(c.source, weights)
	if err != nil {
		return nil, err
	}
	if err := c.add(f); err != nil {
		return nil, err
	}
	return c, nil
}

// Tensor returns the tensor of that name. It must have exactly the given shape and a type that converts to float32;
// that it is missing or another is an error which names the file.
func (c *Checkpoint) Tensor(name string, shape ...int) (Tensor, error) {
	t, ok := c.tensors[name]
	if !ok {
		return Tensor{}, fmt.Errorf("%s: no tensor %q, which a %s model of this configuration has",
			c.source, name, c.Config.ModelType)
	}
	if !slices.Equal(t.Shape, shape) {
		return Tensor{}, fmt.Errorf("%s: tensor %q has shape %d, %s asks for %d", t.file, name, t.Shape, configFile, shape)
	}
	if !t.DType.floating() {
		return Tensor{}, fmt.Errorf("%s: tensor %q is %s: convert the weights to F32, F16 or BF16", t.file, name, t.DType)
	}
	return t, nil
}

// TokenizerJSON is the content of tokenizer.json, nil when the model has none. Do not change it.
func (c *Checkpoint) TokenizerJSON() []byte { return c.tokenizer }

// Bytes is the size of all tensors as stored.
func (c *Checkpoint) Bytes() int64 {
	var n int64
	for _, t := range c.tensors {
		n += int64(len(t.Data))
	}
	return n
}

// Digest is the SHA-256, in hexadecimal, of all tensors in the order of their names: of each its name, type and shape as
// JSON, and its data.
func (c *Checkpoint) Digest() (string, error) {
	sum := sha256.New()
	err := c.Read(func() error {
		for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
			t := c.tensors[name]
			if err := json.NewEncoder(sum).Encode([]any{t.Name, t.DType, t.Shape}); err != nil {
				return err
			}
			sum.Write(t.Data)
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Stamp tells the files of the weights from others, and from what they will be once they are changed, without reading
// them: their names, sizes and times of modification. It is "" for a model in memory.
func (c *Checkpoint) Stamp() (string, error) {
	var stamp strings.Builder
	for _, f := range c.files {
		if f.unmap == nil {
			return "", nil
		}
		path, err := filepath.Abs(f.name)
		if err != nil {
			return "", err
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&stamp, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	return stamp.String(), nil
}

// Read calls f, which reads tensors on its own goroutine. That a file was cut short while it is mapped, on which the
// operating system would end the process, is an error.
func (c *Checkpoint) Read(f func() error) error { return guard(c.source, f) }

// guard calls f, which reads mapped files on its own goroutine. source is where they are.
func guard(source string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // documented at SetPanicOnFault
			err = fmt.Errorf("%s: the file was changed while it was read: load it again once it is whole", source)
		default:
			panic(failure)
		}
	}()
	return f()
}

// Close releases the mapped files. No tensor's data may be read afterwards.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// openWeights opens the one file or all shards. On an error the caller closes what was opened.
func (c *Checkpoint) openWeights(dir string) error {
	c.source = filepath.Join(dir, weightsFile)
	f, err := OpenTensors(c.source)
	if err == nil {
		return c.add(f)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	c.source = filepath.Join(dir, indexFile)
	data, err := readFile(c.source, maxIndexBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no weights in %s: it needs %s, or %s and the files it names: %w", dir, weightsFile, indexFile, err)
	}
	if err != nil {
		return err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return fmt.Errorf("%s: not an index of weights: %w", c.source, err)
	}
	if len(index.WeightMap) == 0 {
		return fmt.Errorf("%s: weight_map names no tensor", c.source)
	}
	return c.openShards(dir, index.WeightMap)
}

func (c *Checkpoint) openShards(dir string, shardOf map[string]string) error {
	for _, shard := range slices.Compact(slices.Sorted(maps.Values(shardOf))) {
		if !filepath.IsLocal(shard) {
			return fmt.Errorf("%s: weight_map names %q, which is not a file in the model's directory", c.source, shard)
		}
		f, err := OpenTensors(filepath.Join(dir, shard))
		if err != nil {
			return fmt.Errorf("%s: shard %q: %w", c.source, shard, err)
		}
		if err := c.add(f); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shardOf)) {
		t, ok := c.tensors[name]
		if file := filepath.Join(dir, shardOf[name]); !ok || t.file != file {
			return fmt.Errorf("%s: weight_map puts tensor %q in %s, which does not have it", c.source, name, file)
		}
	}
	return nil
}

// add takes over f and its tensors.
func (c *Checkpoint) add(f *TensorFile) error {
	c.files = append(c.files, f)
	if c.tensors == nil {
		c.tensors = make(map[string]Tensor, len(f.tensors))
	}
	for _, t := range f.tensors {
		if other, ok := c.tensors[t.Name]; ok {
			return fmt.Errorf("%s: tensor %q is in %s as well", t.file, t.Name, other.file)
		}
		c.tensors[t.Name] = t
	}
	return nil
}

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return data, nil
}
