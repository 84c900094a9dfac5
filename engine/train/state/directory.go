package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"seedls/engine/checkpoint"
	"seedls/engine/train"
)

// A disk is what directories are written with: the file system, or one that fails.
type disk struct {
	create func(path string) (file, error)
	rename func(from, to string) error
	remove func(path string) error // with all that is in it
	sync   func(dir string) error  // puts the names in a directory on the disk
}

type file interface {
	io.WriteCloser
	Sync() error
}

func system() disk {
	create := func(path string) (file, error) { return os.Create(path) }
	return disk{create, os.Rename, os.RemoveAll, syncDirectory}
}

const (
	temporarySuffix = ".part"
	replacedSuffix  = ".old"
)

// temporary is another name in the same place.
func temporary(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+temporarySuffix)
}

// A directory is written under a temporary name until commit. After an error nothing more is written.
type directory struct {
	disk            disk
	path, temporary string
	sums            map[string]sum // of the files so far
	err             error
}

// A sum tells whether a file is what was written.
type sum struct {
	Bytes  int64  `json:"bytes"`
	CRC32C uint32 `json:"crc32c"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *sum) Write(p []byte) (int, error) {
	s.Bytes += int64(len(p))
	s.CRC32C = crc32.Update(s.CRC32C, castagnoli, p)
	return len(p), nil
}

// newDirectory begins the directory of that path, in place of what an earlier try left.
func newDirectory(d disk, path string) *directory {
	w := &directory{disk: d, path: path, temporary: temporary(path), sums: map[string]sum{}}
	if w.err = d.remove(w.temporary); w.err == nil {
		w.err = os.Mkdir(w.temporary, 0o777)
	}
	return w
}

// write adds a file.
func (w *directory) write(name string, content func(io.Writer) error) {
	if w.err != nil {
		return
	}
	var f file
	if f, w.err = w.disk.create(filepath.Join(w.temporary, name)); w.err != nil {
		return
	}
	var s sum
	buffer := bufio.NewWriterSize(f, 1<<20)
	w.err = content(io.MultiWriter(buffer, &s))
	if w.err == nil {
		w.err = buffer.Flush()
	}
	if w.err == nil {
		w.err = f.Sync()
	}
	w.err = errors.Join(w.err, f.Close())
	w.sums[name] = s
}

// commit gives the directory its name, in place of another one.
func (w *directory) commit() error {
	if w.err == nil {
		w.err = w.disk.sync(w.temporary)
	}
	if w.err == nil {
		w.err = w.rename()
	}
	if w.err == nil {
		w.err = w.disk.sync(filepath.Dir(w.path))
	}
	if errors.Is(w.err, syscall.ENOSPC) {
		return fmt.Errorf("%s: the disk is full: free some space, or write to another one: %w", w.path, w.err)
	}
	if w.err != nil {
		return fmt.Errorf("%s cannot be written: %w", w.path, w.err)
	}
	return nil
}

// rename moves what is at the path away, and back if the directory cannot take its place.
func (w *directory) rename() error {
	if _, err := os.Lstat(w.path); err != nil {
		return w.disk.rename(w.temporary, w.path)
	}
	old := temporary(w.path + replacedSuffix)
	if err := errors.Join(w.disk.remove(old), w.disk.rename(w.path, old)); err != nil {
		return err
	}
	if err := w.disk.rename(w.temporary, w.path); err != nil {
		return errors.Join(err, w.disk.rename(old, w.path))
	}
	return w.disk.remove(old)
}

// discard removes what did not get its name.
func (w *directory) discard() { _ = w.disk.remove(w.temporary) }

func bytesOf(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

func indented(v any) func(io.Writer) error {
	var text bytes.Buffer
	_ = json.Indent(&text, compact(v), "", "  ")
	text.WriteByte('\n')
	return bytesOf(text.Bytes())
}

func compact(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // configurations and counters always have a JSON form
	}
	return text
}

func tensors(t checkpoint.DType, list []train.Tensor) func(io.Writer) error {
	weights := make([]checkpoint.Weights, len(list))
	for i, tensor := range list {
		weights[i] = checkpoint.Weights(tensor)
	}
	return func(w io.Writer) error { return checkpoint.WriteTensors(w, t, weights) }
}
