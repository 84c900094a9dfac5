package cache

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MaxGetBytes bounds what [Disk.Get] reads; larger entries are for [Disk.Open].
const MaxGetBytes = 1 << 20

const (
	entrySuffix = ".entry"
	draftSuffix = ".draft"
	// draftTime is how long after its last write a draft counts as left behind by a process that died.
	draftTime = time.Hour
)

// ErrNotStored is what every error of a [Disk] is: a caller goes on without it, and may log why.
var ErrNotStored = errors.New("not stored")

// A Disk keeps files between runs: a directory with a file for each key, within a budget of bytes; the least recently
// used go first. It is safe for concurrent use, by several processes too: an entry is written under another name and
// then renamed, so that it is there whole or not at all, and it is never written to again, so that it can be mapped.
// One that leaves is unlinked: whoever has it open or mapped may go on using it. Other files in the directory are left
// alone.
type Disk struct {
	dir    string
	budget int64
}

// NewDisk returns the store in a directory, which is made when something is first written, with at most budgetBytes.
// Without a directory, "", nothing is stored.
func NewDisk(dir string, budgetBytes int64) *Disk { return &Disk{dir, budgetBytes} }

// Fits reports whether an entry of that many bytes can be stored, as far as the budget says.
func (d *Disk) Fits(bytes int64) bool { return d.dir != "" && bytes <= d.budget }

// Open opens the file of a key for reading and marks it as used. It is the caller's to close.
func (d *Disk) Open(key string) (*os.File, error) {
	path, err := d.path(key)
	if err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() { // to open a pipe can take for ever
		return nil, notStored(path, cmp.Or(err, fs.ErrInvalid))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, notStored(path, err)
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // where it cannot be marked it is evicted sooner
	return f, nil
}

// Get reads the entry of a key, of at most [MaxGetBytes].
func (d *Disk) Get(key string) ([]byte, error) {
	f, err := d.Open(key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxGetBytes+1))
	if err == nil && len(data) > MaxGetBytes {
		err = fmt.Errorf("larger than %d bytes", MaxGetBytes)
	}
	if err != nil {
		return nil, notStored(f.Name(), err)
	}
	return data, nil
}

// Put stores data under a key, in place of what is there.
func (d *Disk) Put(key string, data []byte) error {
	return d.Write(key, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Write stores what write writes under a key, in place of what is there, and then evicts others until the budget holds.
// After an error, its own or that of write, what was there is there still.
func (d *Disk) Write(key string, write func(io.Writer) error) error {
	path, err := d.path(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return notStored(path, err)
	}
	draft, err := os.CreateTemp(d.dir, strings.TrimSuffix(filepath.Base(path), entrySuffix)+".*"+draftSuffix)
	if err != nil {
		return notStored(path, err)
	}
	defer os.Remove(draft.Name()) // fails once it is renamed
	err = write(&bounded{draft, d.budget})
	if err == nil {
		err = draft.Sync() // or a machine that loses power may keep the name and not the content
	}
	if closed := draft.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		return notStored(path, err)
	}
	d.evict(path)
	return nil
}

// bounded fails once more than left bytes were written.
type bounded struct {
	io.Writer
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errors.New("larger than the budget of the store")
	}
	return b.Writer.Write(p)
}

// evict removes drafts of processes that died and, until the budget holds, the least recently used entries but keep.
// What it cannot remove, or another process removes, it passes over.
func (d *Disk) evict(keep string) {
	files, err := os.ReadDir(d.dir)
	if err != nil {
		return
	}
	type entry struct {
		path  string
		bytes int64
		used  time.Time
	}
	var entries []entry
	var total int64
	for _, file := range files {
		info, err := file.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		path := filepath.Join(d.dir, file.Name())
		switch hash, suffix, _ := strings.Cut(file.Name(), "."); {
		case len(hash) != hex.EncodedLen(sha256.Size):
		case "."+suffix == entrySuffix:
			total += info.Size()
			if path != keep {
				entries = append(entries, entry{path, info.Size(), info.ModTime()})
			}
		case strings.HasSuffix(suffix, draftSuffix) && time.Since(info.ModTime()) > draftTime:
			_ = os.Remove(path)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(a.used.Compare(b.used), strings.Compare(a.path, b.path))
	})
	for _, e := range entries {
		if total <= d.budget {
			return
		}
		if os.Remove(e.path) == nil {
			total -= e.bytes
		}
	}
}

// path is the file of a key, which may be any text.
func (d *Disk) path(key string) (string, error) {
	if d.dir == "" {
		return "", fmt.Errorf("%w: there is no directory to store anything in", ErrNotStored)
	}
	hash := sha256.Sum256([]byte(key))
	return filepath.Join(d.dir, hex.EncodeToString(hash[:])+entrySuffix), nil
}

func notStored(path string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrNotStored, path, err)
}
