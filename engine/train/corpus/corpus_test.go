package corpus

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func write(t *testing.T, documents ...Document) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "corpus")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, d := range documents {
		if err := w.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRoundTrip(t *testing.T) {
	documents := []Document{
		{"go", "a.go", "go", "package a\n"},
		{"go", "b.go", "go", "no line end"},
		{"my tree", "ä b/c\n.py", "python", ""},
		{"x", strings.Repeat("p", maxNameBytes), "go", strings.Repeat("ü", MaxTextBytes/2)},
		{"x", "y.go", "go", "end 5\ndocument go 1 1 1\n"},
	}
	path := write(t, documents...)
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Len() != len(documents) || c.Bytes() != int64(10+11+MaxTextBytes+24) {
		t.Fatalf("%d documents of %d bytes", c.Len(), c.Bytes())
	}
	for _, i := range []int{3, 0, 4, 2, 1} {
		if got, err := c.Document(i); err != nil || got != documents[i] || c.TextBytes(i) != len(got.Text) {
			t.Errorf("document %d: %.100v, %v", i, got, err)
		}
	}
	data, err := os.ReadFile(write(t, documents[0]))
	if want := "seedls corpus 1\ndocument go 2 4 10\ngo\na.go\npackage a\n\nend 1\n"; err != nil || string(data) != want {
		t.Errorf("%q, %v, want %q", data, err, want)
	}
}

func TestEmptyCorpusOpens(t *testing.T) {
	if c, err := Open(write(t)); err != nil || c.Len() != 0 || c.Close() != nil {
		t.Error(err)
	}
}

func TestWriterErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), dir+" is no regular file") {
		t.Errorf("a directory: %v", err)
	}
	missing := filepath.Join(dir, "none", "corpus")
	if _, err := Create(missing); err == nil || !strings.Contains(err.Error(), missing+" cannot be written") {
		t.Errorf("no directory: %v", err)
	}

	path := filepath.Join(dir, "corpus")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []Document{
		{"", "a", "go", ""},
		{"r", "", "go", ""},
		{"r", "a", "", ""},
		{"r", "a", "g o", ""},
		{"r", strings.Repeat("p", maxNameBytes+1), "go", ""},
		{"r", "a", "go", strings.Repeat("x", MaxTextBytes+1)},
	} {
		if err := w.Add(d); err == nil {
			t.Errorf("%.100v was added", d)
		}
	}
	w.Discard()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left after Discard: %v, %v", entries, err)
	}
}

func TestFullDisk(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is full: ", err)
	}
	w := newWriter(f, "some/corpus")
	err = w.Commit()
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "some/corpus: the disk is full") {
		t.Error(err)
	}
}

func TestDamage(t *testing.T) {
	good, err := os.ReadFile(write(t, Document{"go", "a.go", "go", "package a\n"}, Document{"go", "b.go", "go", "package b\n"}))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("no %q in %q", old, good)
		}
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	for want, data := range map[string][]byte{
		"no corpus of this version":                       replace("corpus 1", "corpus 2"),
		"2 documents, and should have \"3\"":              replace("end 2", "end 3"),
		"something follows its end":                       append(slices.Clone(good), '\n'),
		"\"document go 2 4 -1\" is no header":             replace("document go 2 4 10", "document go 2 4 -1"),
		"\"document go 2 4 999999\" is no header":         replace("document go 2 4 10", "document go 2 4 999999"),
		"\"document go 2 0 10\" is no header":             replace("document go 2 4 10", "document go 2 0 10"),
		"\"document  2 4 10\" is no header":               replace("document go 2 4 10", "document  2 4 10"),
		"\"document g\\to 2 4 10\" is no header":          replace("document go 2 4 10", "document g\to 2 4 10"),
		"it ends within a document":                       replace("document go 2 4 10", "document go 2 4 9999"),
		"no header of a document":                         replace("document go 2 4 10", "document go 2 4 11"),
		"the lengths of document 0 are wrong: make it ag": replace("document go 2 4 10", "document go 3 3 10"),
	} {
		c, err := read(bytes.NewReader(data), int64(len(data)), "some/corpus")
		if err == nil {
			_, err = c.Document(0)
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "some/corpus") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for n := range good {
		if _, err := read(bytes.NewReader(good[:n]), int64(n), "some/corpus"); err == nil {
			t.Errorf("the first %d of %d bytes are a corpus", n, len(good))
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a directory is a corpus")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(magic + "document go 2 4 10\ngo\na.go\npackage a\n\nend 1\n"))
	f.Add([]byte(magic + "document go 4096 4096 262144\nend 0\n"))
	f.Add([]byte(magic + "end 0\n"))
	f.Add([]byte("seedls corpus 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := read(bytes.NewReader(data), int64(len(data)), "fuzz")
		if err != nil {
			return
		}
		total := int64(0)
		for i := range c.Len() {
			d, err := c.Document(i)
			if err == nil && (d.check() != nil || len(d.Text) != c.TextBytes(i)) {
				t.Errorf("document %d is %v", i, d)
			}
			total += int64(c.TextBytes(i))
		}
		if total != c.Bytes() || total > int64(len(data)) {
			t.Errorf("%d bytes of text, %d said, in %d", total, c.Bytes(), len(data))
		}
	})
}
