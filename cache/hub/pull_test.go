package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var reference = Reference{repository, DefaultRevision}

// requireModel holds what is in the store against what the hub has.
func requireModel(t *testing.T, f *fakeHub, s Store, names ...string) {
	t.Helper()
	m, err := s.Find(repository)
	require.NoError(t, err)
	require.Equal(t, f.commit, m.Commit)
	require.Len(t, m.Files, len(names))
	entries, err := os.ReadDir(m.Dir)
	require.NoError(t, err)
	require.Len(t, entries, len(names)+1, "files, and the manifest")
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(m.Dir, name))
		require.NoError(t, err)
		require.Equal(t, f.files[name], string(content))
	}
	require.Equal(t, []Model{m}, s.List())
	_, err = os.Stat(s.partial(repository))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestPull(t *testing.T) {
	f := newFakeHub(t)
	s := NewStore(filepath.Join(t.TempDir(), "some [where]"))
	h, _ := f.open()
	require.Empty(t, s.List())
	var last, total int64
	observe := func(d, of int64) {
		require.GreaterOrEqual(t, d, last)
		last, total = d, of
	}
	m, err := h.Pull(t.Context(), s, reference, observe)
	require.NoError(t, err)
	require.Equal(t, m.Bytes(), total)
	require.Equal(t, total, last)
	requireModel(t, f, s, "config.json", "tokenizer.json", "model.safetensors")

	// Again: nothing comes but the commit.
	asked := len(f.requests)
	_, err = h.Pull(t.Context(), s, reference, nil)
	require.NoError(t, err)
	require.Len(t, f.requests, asked+1)

	// A file that was cut short is replaced.
	require.NoError(t, os.WriteFile(filepath.Join(m.Dir, "model.safetensors"), []byte("short"), 0o666))
	_, err = h.Pull(t.Context(), s, reference, nil)
	require.NoError(t, err)
	requireModel(t, f, s, "config.json", "tokenizer.json", "model.safetensors")

	// Another commit, in shards: the file that is the same does not come again.
	f.commit = strings.Repeat("b", 40)
	f.files["tokenizer.json"] = `{"y":2}`
	delete(f.files, "model.safetensors")
	f.files["model-1.safetensors"], f.files["model-2.safetensors"], f.files["consolidated.safetensors"] = "one", "two", "both"
	f.files["model.safetensors.index.json"] = `{"weight_map":{"a":"model-2.safetensors","b":"model-1.safetensors","c":"model-2.safetensors"}}`
	f.requests = nil
	_, err = h.Pull(t.Context(), s, reference, nil)
	require.NoError(t, err)
	require.NotContains(t, strings.Join(f.requests, " "), "config.json")
	requireModel(t, f, s, "config.json", "tokenizer.json", "model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors")

	require.NoError(t, s.Remove(repository))
	require.Empty(t, s.List())
	require.ErrorIs(t, s.Remove(repository), fs.ErrNotExist)
	_, err = s.Find(repository)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestPullGoesOn breaks connections in one call, ends the next by its context, and has the third go on.
func TestPullGoesOn(t *testing.T) {
	f := newFakeHub(t)
	s := NewStore(t.TempDir())
	h, pauses := f.open()
	size := len(f.files["model.safetensors"])
	f.breaks = map[string]int{"config.json": 1, "model.safetensors": 1}
	ctx, cancel := context.WithCancel(t.Context())
	h.pause = func(context.Context, time.Duration) error {
		*pauses = append(*pauses, 0)
		if len(*pauses) == 2 {
			cancel()
		}
		return ctx.Err()
	}
	_, err := h.Pull(ctx, s, reference, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Find(repository)
	require.ErrorIs(t, err, fs.ErrNotExist, "it is not there before it is whole")
	require.Empty(t, s.List())

	h, pauses = f.open()
	f.breaks["model.safetensors"] = 1
	var done []int64
	_, err = h.Pull(t.Context(), s, reference, func(d, _ int64) { done = append(done, d) })
	require.NoError(t, err)
	require.Len(t, *pauses, 1)
	require.Equal(t, []string{"", fmt.Sprintf("bytes=%d-", size/3), fmt.Sprintf("bytes=%d-", size/3*2)}, f.ranges)
	require.Greater(t, done[1], int64(size/3), "what was there counts")
	requireModel(t, f, s, "config.json", "tokenizer.json", "model.safetensors")
}

// TestPullOfWhatChanges has the weights become others between two calls, with their commit and without it.
func TestPullOfWhatChanges(t *testing.T) {
	for name, change := range map[string]func(f *fakeHub){
		"a commit": func(f *fakeHub) {
			f.commit = strings.Repeat("b", 40)
			f.files["model.safetensors"] = strings.Repeat("another ", 5000)
		},
		"other ETag":   func(f *fakeHub) { f.etag = `"two"` },
		"no ETag":      func(f *fakeHub) { f.etag = "" },
		"a weak one":   func(f *fakeHub) { f.etag = `W/"one"` },
		"the same":     func(*fakeHub) {},
		"a wrong part": func(f *fakeHub) { f.etag = "part" },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeHub(t)
			s := NewStore(t.TempDir())
			h, _ := f.open()
			f.breaks["model.safetensors"] = 1
			h.pause = func(context.Context, time.Duration) error { return errors.New("enough") }
			_, err := h.Pull(t.Context(), s, reference, nil)
			require.ErrorContains(t, err, "enough")
			h, _ = f.open()
			change(f)
			if f.etag == "part" { // longer than the file
				parts, err := filepath.Glob(filepath.Join(s.partial(repository), "*.part"))
				require.NoError(t, err)
				require.Len(t, parts, 1)
				require.NoError(t, os.Truncate(parts[0], 1<<20))
			}
			_, err = h.Pull(t.Context(), s, reference, nil)
			require.NoError(t, err)
			requireModel(t, f, s, "config.json", "tokenizer.json", "model.safetensors")
		})
	}
}

// TestRefusals has the hub answer in ways that a pull must not survive, or must.
func TestRefusals(t *testing.T) {
	weights := "/" + repository + "/resolve/" + strings.Repeat("a", 40) + "/model.safetensors"
	status := func(path string, code int, header ...string) func(f *fakeHub) {
		return func(f *fakeHub) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, path) {
					return false
				}
				for i := 0; i < len(header); i += 2 {
					w.Header().Set(header[i], header[i+1])
				}
				w.WriteHeader(code)
				return true
			}
		}
	}
	body := func(path, text string) func(f *fakeHub) {
		return func(f *fakeHub) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasPrefix(r.URL.Path, path) {
					fmt.Fprint(w, text)
				}
				return strings.HasPrefix(r.URL.Path, path)
			}
		}
	}
	index := func(text string) func(f *fakeHub) {
		return func(f *fakeHub) {
			delete(f.files, "model.safetensors")
			f.files["model.safetensors.index.json"] = text
		}
	}
	tree := "/api/models/" + repository + "/tree/"
	for _, test := range []struct {
		name   string
		change func(f *fakeHub)
		pauses []time.Duration
		want   string
	}{
		{"401", status("/api", 401), nil, "the token in HF_TOKEN"},
		{"403 of a file", status(weights, 403), nil, "the token in HF_TOKEN"},
		{"404", status("/api", 404), nil, "check the name of the model and the revision"},
		{"429 that passes", func(f *fakeHub) {
			status(weights, 429, "Retry-After", "7")(f)
			refuse := f.answer
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				refused := refuse(w, r)
				if refused {
					f.answer = nil
				}
				return refused
			}
		}, []time.Duration{7 * time.Second}, ""},
		{"429 for an hour", status("/api", 429, "Retry-After", "3600"), nil, "429 Too Many Requests: the same command goes on"},
		{"503 for ever", status(weights, 503), []time.Duration{1e9, 2e9, 4e9, 8e9}, "503 Service Unavailable"},
		{"418", status("/api", 418), nil, "418"},
		{"no JSON", body("/api", "<html>"), nil, "not an answer of a hub"},
		{"no commit", body("/api", `{"sha":"../../x"}`), nil, "no commit in the answer"},
		{"a long list", body(tree, `["`+strings.Repeat("x", maxJSONBytes)+`"]`), nil, "more than 8 MiB"},
		{"endless pages", func(f *fakeHub) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, tree) {
					return false
				}
				w.Header().Set("Link", fmt.Sprintf(`<%s%s?cursor=1>; rel="next"`, f.hub.URL, r.URL.Path))
				fmt.Fprint(w, "[]")
				return true
			}
		}, nil, "too many files"},
		{"no configuration", func(f *fakeHub) { delete(f.files, "config.json") }, nil, "it has no config.json"},
		{"pickles only", func(f *fakeHub) { delete(f.files, "model.safetensors") }, nil, `pickled, as in "pytorch_model.bin"`},
		{"no checksum", body(tree, `[{"type":"file","path":"config.json","size":7},{"type":"file","path":"model.safetensors"}]`), nil, "no checksum"},
		{"a large configuration", body(tree, `[{"type":"file","path":"config.json","size":99999999,"oid":"`+strings.Repeat("a", 40)+`"},{"type":"file","path":"model.safetensors"}]`), nil, "too many"},
		{"a false checksum", func(f *fakeHub) {
			f.answer = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasPrefix(r.URL.Path, weights) {
					f.files["model.safetensors"] = strings.Repeat("weight$ ", 5000)
				}
				return false
			}
		}, nil, "model.safetensors: what came is not what the hub has the checksum of"},
		{"another length", func(f *fakeHub) {
			f.answer = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasPrefix(r.URL.Path, weights) {
					f.files["model.safetensors"] += "more"
				}
				return false
			}
		}, nil, "lists 40000 bytes and sends 40004"},
		{"a way out", index(`{"weight_map":{"a":"../../../evil.safetensors"}}`), nil, `names "../../../evil.safetensors"`},
		{"another way out", index(`{"weight_map":{"a":"/etc/passwd"}}`), nil, `names "/etc/passwd"`},
		{"a pickled shard", index(`{"weight_map":{"a":"pytorch_model.bin"}}`), nil, `names "pytorch_model.bin"`},
		{"a missing shard", index(`{"weight_map":{"a":"b.safetensors"}}`), nil, "it has no b.safetensors"},
		{"no index", index(`[]`), nil, "no index of weights"},
		{"a plain redirect", func(f *fakeHub) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, "http://example.com/", http.StatusFound)
				return true
			}
		}, nil, "not followed to example.com, which is not https"},
		{"endless redirects", func(f *fakeHub) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return true
			}
		}, nil, "more than 5 of them"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeHub(t)
			s := NewStore(t.TempDir())
			h, pauses := f.open()
			test.change(f)
			_, err := h.Pull(t.Context(), s, reference, nil)
			require.ElementsMatch(t, test.pauses, *pauses)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, repository+": ")
			require.NotContains(t, err.Error(), token)
			require.NotContains(t, err.Error(), "signature")
			require.Empty(t, s.List())
		})
	}
}

func TestNoSpace(t *testing.T) {
	f := newFakeHub(t)
	s := NewStore(t.TempDir())
	h, _ := f.open()
	h.free = func(string) (uint64, bool) { return spareBytes + 39_999, true }
	_, err := h.Pull(t.Context(), s, reference, nil)
	require.ErrorContains(t, err, "268 MB free, and 268 MB are needed")
	require.Empty(t, f.ranges, "no weights came")
	h.free = func(string) (uint64, bool) { return spareBytes + 40_000, true }
	_, err = h.Pull(t.Context(), s, reference, nil)
	require.NoError(t, err)
	if free, known := freeBytes(t.TempDir()); known && free == 0 {
		t.Error("nothing is free where a test just wrote")
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]Reference{
		"acme/coder":                   {"acme/coder", "main"},
		"Acme-1/coder_2.5b@v1.0":       {"Acme-1/coder_2.5b", "v1.0"},
		"acme/coder@refs/pr/1":         {"acme/coder", "refs/pr/1"},
		"acme":                         {},
		"acme/../x":                    {},
		"../x":                         {},
		"acme/..":                      {},
		".partial/x":                   {},
		"acme/coder@":                  {},
		"acme/coder@../../x":           {},
		"acme/coder@a b":               {},
		"acme/coder/more":              {},
		"acme\\coder":                  {},
		strings.Repeat("a", 99) + "/x": {},
	} {
		got, err := ParseReference(text)
		if got != want || (err == nil) != (want.Name != "") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	s := NewStore(t.TempDir())
	require.ErrorIs(t, s.Remove("../x"), fs.ErrNotExist)
	for _, endpoint := range []string{"", "x", "ftp://x", "http://example.com", "https://user:word@example.com", "file:///x", "https://"} {
		if _, err := New(endpoint, ""); err == nil {
			t.Errorf("%q is an address of a hub", endpoint)
		}
	}
	_, err := New("https://example.com", "two\nlines")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "two")
}
