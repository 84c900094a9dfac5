package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A fakeHub serves one model in the layout of a hub: weights from another server, to which it redirects, the rest itself.
type fakeHub struct {
	t        *testing.T
	hub, cdn *httptest.Server

	mu       sync.Mutex
	commit   string
	files    map[string]string
	etag     string         // of weights
	breaks   map[string]int // how many more answers with a file end in its middle
	ranges   []string       // of requests for weights
	requests []string
	answer   func(w http.ResponseWriter, r *http.Request) (done bool) // instead
}

const (
	repository = "acme/coder"
	token      = "hf_secret"
)

func newFakeHub(t *testing.T) *fakeHub {
	f := &fakeHub{
		t: t, commit: strings.Repeat("a", 40), etag: `"one"`, breaks: map[string]int{},
		files: map[string]string{
			"config.json": `{"x":1}`, "tokenizer.json": `{}`, "model.safetensors": strings.Repeat("weights ", 5000),
			"README.md": "# A model", "pytorch_model.bin": "pickle", "onnx/model.safetensors": "other",
		},
	}
	f.hub = httptest.NewServer(http.HandlerFunc(f.serve))
	f.cdn = httptest.NewServer(http.HandlerFunc(f.serveWeights))
	t.Cleanup(f.hub.Close)
	t.Cleanup(f.cdn.Close)
	return f
}

func (f *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.URL.Path)
	if got := r.Header.Get("Authorization"); got != "Bearer "+token {
		f.t.Errorf("%s: authorization %q", r.URL, got)
	}
	if f.answer != nil && f.answer(w, r) {
		return
	}
	file, wanted := strings.CutPrefix(r.URL.Path, "/"+repository+"/resolve/"+f.commit+"/")
	switch {
	case r.URL.Path == "/api/models/"+repository+"/revision/main":
		fmt.Fprintf(w, `{"id":%q,"sha":%q}`, repository, f.commit)
	case r.URL.Path == "/api/models/"+repository+"/tree/"+f.commit:
		f.serveTree(w, r)
	case wanted && strings.HasSuffix(file, ".safetensors"):
		http.Redirect(w, r, f.cdn.URL+"/signed/"+file+"?signature=private", http.StatusFound)
	case wanted && f.files[file] != "":
		f.serveFile(w, r, file)
	default:
		http.NotFound(w, r)
	}
}

// serveTree lists the files, one a page.
func (f *fakeHub) serveTree(w http.ResponseWriter, r *http.Request) {
	var entries []map[string]any
	for name, content := range f.files {
		entry := map[string]any{
			"type": "file", "path": name, "size": len(content),
			"oid": fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content))),
		}
		if strings.HasSuffix(name, ".safetensors") {
			entry["oid"] = strings.Repeat("0", 40) // of the pointer
			entry["lfs"] = map[string]any{"oid": fmt.Sprintf("%x", sha256.Sum256([]byte(content))), "size": len(content), "pointerSize": 134}
		}
		entries = append(entries, entry)
	}
	entries = append(entries, map[string]any{"type": "directory", "path": "onnx", "oid": strings.Repeat("0", 40)})
	if r.URL.Query().Get("cursor") == "" {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?recursive=1&cursor=x>; rel="next"`, f.hub.URL, r.URL.Path))
		entries = nil
	}
	if err := json.NewEncoder(w).Encode(entries); err != nil {
		f.t.Error(err)
	}
}

func (f *fakeHub) serveWeights(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := r.Header.Get("Authorization"); got != "" {
		f.t.Errorf("the token went to another server")
	}
	f.ranges = append(f.ranges, r.Header.Get("Range"))
	w.Header().Set("ETag", f.etag)
	f.serveFile(w, r, strings.TrimPrefix(r.URL.Path, "/signed/"))
}

func (f *fakeHub) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	content := f.files[name]
	if f.breaks[name] > 0 {
		f.breaks[name]--
		w = &breaking{ResponseWriter: w, left: len(content) / 3}
	}
	http.ServeContent(w, r, name, time.Time{}, strings.NewReader(content))
}

// breaking breaks the connection off after some bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) <= b.left {
		b.left -= len(p)
		return b.ResponseWriter.Write(p)
	}
	_, _ = b.ResponseWriter.Write(p[:b.left])
	b.ResponseWriter.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// open returns the hub as a user of it has it, which waits for nothing, and how long it would have waited.
func (f *fakeHub) open() (h *Hub, pauses *[]time.Duration) {
	h, err := New(f.hub.URL, token)
	require.NoError(f.t, err)
	pauses = new([]time.Duration)
	h.pause = func(_ context.Context, d time.Duration) error {
		*pauses = append(*pauses, d)
		return nil
	}
	return h, pauses
}
