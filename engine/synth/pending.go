package synth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// A pending file is written under another name until it is complete.
type pending struct {
	file *os.File
	path string // that it gets
	size int64
}

// open begins a file of the given size with a head, and zeros after it.
func (w *writer) open(path string, head []byte, size int64) (*pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return nil, err
	}
	p := &pending{f, path, size}
	w.files = append(w.files, p)
	if err := errors.Join(f.Chmod(0o644), f.Truncate(size)); err != nil {
		return nil, p.failed(err)
	}
	return p, p.writeAt(head, 0)
}

func (p *pending) writeAt(data []byte, offset int64) error {
	if _, err := p.file.WriteAt(data, offset); err != nil {
		return p.failed(err)
	}
	return nil
}

// failed is the error of a file that cannot be written.
func (p *pending) failed(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: the disk is full, and this file takes %d MB: %w", p.path, (p.size+999_999)/1e6, err)
	}
	return fmt.Errorf("%s: %w", p.path, err)
}

// commit gives all files their names. The model that they replace ends with its configuration, and the new one begins
// with its own, which is the last to be named: there is never a mixture of both.
func (w *writer) commit() error {
	for _, p := range w.files {
		if err := p.file.Close(); err != nil {
			return p.failed(err)
		}
	}
	config := w.files[len(w.files)-1]
	if err := os.Remove(config.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, p := range w.files {
		if err := os.Rename(p.file.Name(), p.path); err != nil {
			return err
		}
	}
	return nil
}

// discard removes what did not get its name.
func (w *writer) discard() {
	for _, p := range w.files {
		p.file.Close()
		os.Remove(p.file.Name())
	}
}
