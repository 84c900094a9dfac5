package bpe

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// Corpus yields the texts of documents, and at last an error where one cannot be read. It can be gone through again.
type Corpus = iter.Seq2[string, error]

// MaxFileBytes is the size from which on files are left out.
const MaxFileBytes = 16 << 20

// Files is a corpus of files. It is gone through by one goroutine at a time.
type Files struct {
	names   []string
	leftOut int
}

// FindFiles lists files and, of directories, all files below them with one of the extensions, as ".go"; any file where
// there are none.
func FindFiles(paths, extensions []string) (*Files, error) {
	f := &Files{}
	for _, root := range paths {
		root, err := filepath.EvalSymlinks(root)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != root && !wanted(path, extensions) || entry.IsDir() || path != root && !entry.Type().IsRegular():
				return nil
			}
			f.names = append(f.names, path)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(f.names)
	f.names = slices.Compact(f.names)
	if len(f.names) == 0 {
		return nil, fmt.Errorf("no file with the extension %q in %q", extensions, paths)
	}
	return f, nil
}

func wanted(path string, extensions []string) bool {
	return len(extensions) == 0 || slices.Contains(extensions, filepath.Ext(path))
}

// Texts yields the files that are UTF-8 and not larger than MaxFileBytes.
func (f *Files) Texts(yield func(string, error) bool) {
	f.leftOut = 0
	for _, name := range f.names {
		text, ok, err := readText(name)
		if err == nil && !ok {
			f.leftOut++
			continue
		}
		if !yield(text, err) || err != nil {
			return
		}
	}
}

// LeftOut is how many files Texts left out, when it was last gone through.
func (f *Files) LeftOut() int { return f.leftOut }

func readText(name string) (text string, ok bool, err error) {
	info, err := os.Stat(name)
	if err != nil || info.Size() > MaxFileBytes {
		return "", false, err
	}
	data, err := os.ReadFile(name)
	if err != nil || !utf8.Valid(data) {
		return "", false, err
	}
	return string(data), true, nil
}

// heldOutShare says that one document of so many is held out.
const heldOutShare = 100

// Split divides a corpus by the contents of its documents: one of a hundred is held out, to measure on.
func Split(all Corpus) (learned, heldOut Corpus) {
	isHeldOut := func(text string) bool { return digest(text)%heldOutShare == 0 }
	return filter(all, func(text string) bool { return !isHeldOut(text) }), filter(all, isHeldOut)
}

// Without leaves out the documents whose contents another corpus has.
func Without(all, heldOut Corpus) (Corpus, error) {
	seen := map[uint64]bool{}
	for text, err := range heldOut {
		if err != nil {
			return nil, err
		}
		seen[digest(text)] = true
	}
	if len(seen) == 0 {
		return nil, errors.New("no text is held out: name files with text in them")
	}
	return filter(all, func(text string) bool { return !seen[digest(text)] }), nil
}

// filter passes errors on.
func filter(all Corpus, keep func(text string) bool) Corpus {
	return func(yield func(string, error) bool) {
		for text, err := range all {
			if (err != nil || keep(text)) && !yield(text, err) {
				return
			}
		}
	}
}

// draws says whether a document is in a sample of about sample bytes of total.
func draws(text string, sample, total int64) bool {
	const parts = 1 << 20
	return total <= sample || float64(digest(text)/heldOutShare%parts)*float64(total) < parts*float64(sample)
}

func digest(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}
