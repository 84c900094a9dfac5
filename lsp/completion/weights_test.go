package completion

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"seedls/cache"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// TestMapModel stores packed weights, maps them, and has them collected.
func TestMapModel(t *testing.T) {
	c, err := checkpoint.Open(filepath.Join("..", "..", "testdata", "models", "arch", "tiny-qwen3-block16"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	packed, err := transformer.Load(c, kernel.Int8)
	if err != nil {
		t.Fatal(err)
	}
	store := cache.NewDisk(t.TempDir(), 1<<30)
	if _, err := mapModel(c, kernel.Int8, store, "weights"); err == nil {
		t.Error("weights that were never stored are mapped")
	}
	write := func(w io.Writer) error {
		_, err := packed.WriteTo(w)
		return err
	}
	if err := store.Write("weights", write); err != nil {
		t.Fatal(err)
	}
	model, err := mapModel(c, kernel.Int8, store, "weights")
	if err != nil {
		t.Fatal(err)
	}
	if model.Bytes() != packed.Bytes() || model.Parameters() != packed.Parameters() {
		t.Errorf("%d bytes and %d parameters, want %d and %d", model.Bytes(), model.Parameters(), packed.Bytes(), packed.Parameters())
	}
	collected := make(chan struct{})
	runtime.AddCleanup(model, func(done chan struct{}) { close(done) }, collected)
	model = nil
	for range 100 {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("a mapped model stays for ever")
}

// TestDigestIsKept asserts that a digest is looked up while the files are the same, and computed anew once they changed.
func TestDigestIsKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "models", "arch", "tiny-qwen2-full-shift"))); err != nil {
		t.Fatal(err)
	}
	store := cache.NewDisk(t.TempDir(), 1<<20)
	read := func() string {
		c, err := checkpoint.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		d, err := digest(c, store)
		if err != nil {
			t.Fatal(err)
		}
		stamp, err := c.Stamp()
		if err != nil || stamp == "" {
			t.Fatalf("stamp %q, %v", stamp, err)
		}
		if known, err := store.Get("digest " + stamp); err != nil || string(known) != d {
			t.Errorf("digest %q is kept as %q, %v", d, known, err)
		}
		return d
	}
	first := read()
	weights := filepath.Join(dir, "model.safetensors")
	data, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(weights, data, 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(weights, later, later); err != nil {
		t.Fatal(err)
	}
	if second := read(); second == first {
		t.Error("another file has the digest of the first")
	}
}
