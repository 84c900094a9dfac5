package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// A Writer writes a corpus under a temporary name until Commit. It belongs to one goroutine.
type Writer struct {
	file      *os.File
	buffer    *bufio.Writer
	path      string // that the file gets
	documents int
}

// Create begins a corpus that will replace path. The caller commits or discards it.
func Create(path string) (*Writer, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: name another file to write the corpus into", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	w := newWriter(f, path)
	if err := f.Chmod(0o644); err != nil {
		w.Discard()
		return nil, w.failed(err)
	}
	return w, nil
}

func newWriter(f *os.File, path string) *Writer {
	w := &Writer{file: f, buffer: bufio.NewWriterSize(f, 1<<20), path: path}
	_, _ = w.buffer.WriteString(magic) // the buffer keeps an error until it is flushed, as in Add
	return w
}

// Add appends a document. Documents are to be sorted by repository and path.
func (w *Writer) Add(d Document) error {
	if err := d.check(); err != nil {
		return err
	}
	w.documents++
	_, err := fmt.Fprintf(w.buffer, "document %s %d %d %d\n%s\n%s\n%s\n", d.Language, len(d.Repository), len(d.Path), len(d.Text),
		d.Repository, d.Path, d.Text)
	return w.failed(err)
}

// Commit completes the file and gives it its name.
func (w *Writer) Commit() error {
	fmt.Fprintf(w.buffer, "end %d\n", w.documents)
	if err := errors.Join(w.buffer.Flush(), w.file.Close()); err != nil {
		return w.failed(err)
	}
	return os.Rename(w.file.Name(), w.path)
}

// Discard removes what was written, unless Commit gave it its name.
func (w *Writer) Discard() {
	w.file.Close()
	os.Remove(w.file.Name()) // fails once it is renamed
}

func (w *Writer) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: the disk is full: free some space, or write it elsewhere: %w", w.path, err)
	}
	return fmt.Errorf("%s: %w", w.path, err)
}
