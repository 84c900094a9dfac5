package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	disk := NewDisk(dir, 1<<20)
	if _, err := disk.Get("a"); !errors.Is(err, ErrNotStored) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty store gives %v", err)
	}
	for _, key := range []string{"", "a", "../../a", strings.Repeat("long/", 1000), "\x00"} {
		for _, value := range []string{"first " + key, "second " + key} {
			if err := disk.Put(key, []byte(value)); err != nil {
				t.Fatalf("%.20q: %v", key, err)
			}
			if got, err := NewDisk(dir, 1).Get(key); err != nil || string(got) != value {
				t.Errorf("%.20q gives %.20q, %v", key, got, err)
			}
		}
	}
	f, err := disk.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := disk.Put("a", []byte("third")); err != nil {
		t.Fatal(err)
	}
	if old, err := io.ReadAll(f); err != nil || string(old) != "second a" {
		t.Errorf("an open entry became %q, %v", old, err)
	}
	if now, err := os.ReadFile(f.Name()); err != nil || string(now) != "third" {
		t.Errorf("the path of an entry has %q, %v", now, err)
	}
}

// TestDiskEvicts stores entries of 30 bytes in a store of 100.
func TestDiskEvicts(t *testing.T) {
	dir := t.TempDir()
	disk := NewDisk(dir, 100)
	stranger := filepath.Join(dir, "stranger")
	dead, live := draftOf(t, disk, "dead"), draftOf(t, disk, "live")
	for _, path := range []string{stranger, dead, live} {
		if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	age(t, dead, 2*draftTime)
	age(t, stranger, 2*draftTime)
	for i, key := range []string{"a", "b", "c"} {
		if err := disk.Put(key, make([]byte, 30)); err != nil {
			t.Fatal(err)
		}
		path, _ := disk.path(key)
		age(t, path, time.Duration(10-i)*time.Minute)
	}
	if _, err := disk.Get("a"); err != nil {
		t.Fatal(err)
	}
	if err := disk.Put("d", make([]byte, 30)); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, err := disk.Get(key); (err == nil) != want {
			t.Errorf("%s, of which b was used least recently: %v", key, err)
		}
	}
	for path, want := range map[string]bool{stranger: true, live: true, dead: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	err := disk.Write("d", func(w io.Writer) error {
		for range 20 {
			if _, err := w.Write(make([]byte, 10)); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrNotStored) {
		t.Errorf("an entry beyond the budget: %v", err)
	}
	if got, err := disk.Get("d"); err != nil || len(got) != 30 {
		t.Errorf("what was there before it is %d bytes, %v", len(got), err)
	}
	failure := errors.New("no more weights")
	if err := disk.Write("d", func(io.Writer) error { return failure }); !errors.Is(err, failure) || !errors.Is(err, ErrNotStored) {
		t.Errorf("a writer's own error gives %v", err)
	}
	if drafts, _ := filepath.Glob(filepath.Join(dir, "*"+draftSuffix)); len(drafts) != 1 {
		t.Errorf("drafts are left: %q", drafts)
	}
}

func draftOf(t *testing.T, d *Disk, key string) string {
	t.Helper()
	path, err := d.path(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(path, entrySuffix) + ".123" + draftSuffix
}

func age(t *testing.T, path string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

// TestDiskThatDoesNotWork asks stores that can keep nothing.
func TestDiskThatDoesNotWork(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly := filepath.Join(dir, "read-only")
	if err := NewDisk(readOnly, 100).Put("there", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(readOnly, 0o500); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"no directory": "", "a file": file, "below a file": filepath.Join(file, "x"), "read-only": readOnly} {
		disk := NewDisk(dir, 100)
		if name == "read-only" {
			if os.Geteuid() == 0 {
				continue // who may write anywhere
			}
			if got, err := disk.Get("there"); err != nil || string(got) != "x" {
				t.Errorf("%s: what is there gives %q, %v", name, got, err)
			}
		}
		if err := disk.Put("a", []byte("x")); !errors.Is(err, ErrNotStored) {
			t.Errorf("%s: Put gives %v", name, err)
		}
		if _, err := disk.Get("a"); !errors.Is(err, ErrNotStored) {
			t.Errorf("%s: Get gives %v", name, err)
		}
	}

	disk := NewDisk(dir, 2*MaxGetBytes)
	if err := disk.Put("large", make([]byte, MaxGetBytes+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Get("large"); !errors.Is(err, ErrNotStored) {
		t.Errorf("an entry that is too large to get gives %v", err)
	}
	path, _ := disk.path("folder")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Open("folder"); !errors.Is(err, ErrNotStored) {
		t.Errorf("a folder in place of an entry gives %v", err)
	}
}

// TestDiskAcrossProcesses has processes, of several goroutines each, write and read the same few keys in a store that
// holds half of them. Whatever is read is whole.
func TestDiskAcrossProcesses(t *testing.T) {
	const keys, entryBytes = 8, 10_000
	if dir := os.Getenv("SEEDLS_TEST_DISK"); dir != "" {
		disk := NewDisk(dir, keys/2*entryBytes)
		var wait sync.WaitGroup
		for worker := range 4 {
			wait.Go(func() {
				for i := range 40 {
					key := strconv.Itoa((worker + i) % keys)
					if err := disk.Put(key, bytes.Repeat([]byte(key), entryBytes)); err != nil {
						t.Error(err)
					}
					got, err := disk.Get(key)
					if err == nil && !bytes.Equal(got, bytes.Repeat([]byte(key), entryBytes)) {
						t.Errorf("key %s gives %d bytes, %.10q", key, len(got), got)
					}
					if err != nil && !errors.Is(err, fs.ErrNotExist) { // evicted
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		return
	}
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
			child.Env = append(os.Environ(), "SEEDLS_TEST_DISK="+dir)
			if out, err := child.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wait.Wait()
	if err := NewDisk(dir, keys/2*entryBytes).Put("last", nil); err != nil {
		t.Fatal(err)
	}
	var total int64
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil || !strings.HasSuffix(file.Name(), entrySuffix) {
			t.Error(fmt.Sprint(file.Name(), err))
			continue
		}
		total += info.Size()
	}
	if total == 0 || total > keys/2*entryBytes {
		t.Errorf("%d bytes in a store of %d", total, keys/2*entryBytes)
	}
}
