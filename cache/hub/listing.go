package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	maxPages      = 64
	maxSmallBytes = 64 << 20 // of a file that is not weights
	maxFileBytes  = 1 << 40
)

// The files of a model: see package checkpoint.
const (
	configFile    = "config.json"
	tokenizerFile = "tokenizer.json"
	weightsFile   = "model.safetensors"
	indexFile     = "model.safetensors.index.json"
)

var (
	sha1Hex   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
	shardName = regexp.MustCompile(`^\w[\w.-]{0,127}\.safetensors$`)
)

// commit is the commit that a revision is at: what follows is asked of that, so that all of it belongs together.
func (h *Hub) commit(ctx context.Context, ref Reference) (string, error) {
	var info struct {
		SHA string `json:"sha"`
	}
	at := "/api/models/" + ref.Name + "/revision/" + url.PathEscape(ref.Revision)
	if _, err := h.getJSON(ctx, at, &info); err != nil {
		return "", err
	}
	if !sha1Hex.MatchString(info.SHA) {
		return "", fmt.Errorf("%s%s: no commit in the answer: is it a hub?", h.endpoint, at)
	}
	return info.SHA, nil
}

// A listing is the files of a commit by their names, without those in folders.
type listing map[string]File

func (h *Hub) list(ctx context.Context, name, commit string) (listing, error) {
	files := listing{}
	at := "/api/models/" + name + "/tree/" + commit + "?recursive=1"
	for range maxPages {
		var page []struct {
			Type string `json:"type"`
			Path string `json:"path"`
			Size int64  `json:"size"`
			OID  string `json:"oid"`
			LFS  *struct {
				OID  string `json:"oid"`
				Size int64  `json:"size"`
			} `json:"lfs"`
		}
		next, err := h.getJSON(ctx, at, &page)
		if err != nil {
			return nil, err
		}
		for _, entry := range page {
			if entry.Type != "file" || strings.ContainsAny(entry.Path, `/\`) {
				continue
			}
			f := File{Name: entry.Path, Bytes: entry.Size, GitSHA: entry.OID}
			if entry.LFS != nil {
				f = File{Name: entry.Path, Bytes: entry.LFS.Size, SHA256: entry.LFS.OID}
			}
			files[f.Name] = f
		}
		if next == "" {
			return files, nil
		}
		at = next
	}
	return nil, fmt.Errorf("%s: %s has too many files for a model", h.endpoint, name)
}

// find returns a file that there must be, with a size and a checksum that can be.
func (l listing) find(name string) (File, error) {
	f, ok := l[name]
	switch {
	case !ok:
		return f, fmt.Errorf("it has no %s, which a model needs", name)
	case !sha256Hex.MatchString(f.SHA256) && !(f.SHA256 == "" && sha1Hex.MatchString(f.GitSHA)):
		return f, fmt.Errorf("%s has no checksum that can be compared", name)
	case f.Bytes < 0 || f.Bytes > maxFileBytes || f.Bytes > maxSmallBytes && !strings.HasSuffix(name, ".safetensors"):
		return f, fmt.Errorf("%s has %d bytes: too many", name, f.Bytes)
	}
	return f, nil
}

// small returns the files of a model but for its weights, the index of these included if they are in shards.
func (l listing) small() ([]File, error) {
	names := []string{configFile, tokenizerFile}
	if _, whole := l[weightsFile]; !whole {
		if _, ok := l[indexFile]; !ok {
			return nil, l.noWeights()
		}
		names = append(names, indexFile)
	}
	var files []File
	for _, name := range names {
		f, err := l.find(name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// noWeights says what there is instead of weights that could be read.
func (l listing) noWeights() error {
	for _, name := range slices.Sorted(maps.Keys(l)) {
		switch path.Ext(name) {
		case ".bin", ".pt", ".pth", ".ckpt", ".pkl":
			return fmt.Errorf("its weights are pickled, as in %q, which can run code when they are read: look for a model in safetensors", name)
		case ".gguf":
			return fmt.Errorf("its weights are in GGUF, %q: look for the model that it was made from, in safetensors", name)
		}
	}
	return fmt.Errorf("it has neither %s nor %s", weightsFile, indexFile)
}

// weights returns the files with the weights; index is where the index is, if there is one.
func (l listing) weights(index string) ([]File, error) {
	if _, whole := l[weightsFile]; whole {
		f, err := l.find(weightsFile)
		return []File{f}, err
	}
	data, err := os.ReadFile(index)
	if err != nil {
		return nil, err
	}
	var shards struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &shards); err != nil || len(shards.WeightMap) == 0 {
		return nil, fmt.Errorf("%s is no index of weights", indexFile)
	}
	var files []File
	for _, name := range shards.WeightMap {
		if slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			continue
		}
		if !shardName.MatchString(name) {
			return nil, fmt.Errorf("%s names %.100q, which is no file of weights next to it", indexFile, name)
		}
		f, err := l.find(name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}
