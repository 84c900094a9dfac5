// Package hub brings models from a hub in the layout of Hugging Face to a folder, and says which are there.
//
//	ref, err := hub.ParseReference("acme/coder@v2")
//	remote, err := hub.New("https://hub.example.com", token)
//	model, err := remote.Pull(ctx, hub.NewStore(dir), ref, observe)
//
// A model is there whole or not at all. Its files come in parts that survive a broken connection, an interrupt or the end
// of the process, and the next call goes on where they end; each file is compared with the checksum that the hub has for
// it before it is used. Only configuration, tokenizer and safetensors come: nothing that could run.
package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	// manifestFile says what a model is and where it comes from.
	manifestFile = "seedls.json"
	// partialDir has what is not whole yet. No owner is called so.
	partialDir = ".partial"
)

// A Store is a folder of models, each in a folder of its owner. Several processes may use it.
type Store struct{ dir string }

// NewStore returns the store in a folder, which is made when a model is first pulled. In "" there is none, ever.
func NewStore(dir string) Store { return Store{dir} }

// A Model is one that was pulled, and what it was on the hub.
type Model struct {
	Name     string `json:"name"` // owner/name
	Revision string `json:"revision"`
	Commit   string `json:"commit"`
	Files    []File `json:"files"`
	Dir      string `json:"-"`
}

// Bytes is the size of all files.
func (m *Model) Bytes() int64 { return totalBytes(m.Files) }

// A File is one of a model, with the checksum that the hub has for it: of its content if that is in large file storage,
// and otherwise as git has it.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"`
	GitSHA string `json:"git_sha,omitempty"`
}

// List returns the models of the store by name. What cannot be read is no model.
func (s Store) List() []Model {
	manifests, err := filepath.Glob(filepath.Join(globEscape(s.dir), "*", "*", manifestFile))
	if err != nil || s.dir == "" {
		return nil
	}
	var models []Model
	for _, file := range manifests {
		owner, name := filepath.Split(filepath.Dir(file))
		if m, err := s.Find(filepath.Base(owner) + "/" + name); err == nil {
			models = append(models, m)
		}
	}
	slices.SortFunc(models, func(a, b Model) int { return strings.Compare(a.Name, b.Name) })
	return models
}

// globEscape has a path match itself.
func globEscape(path string) string {
	return regexp.MustCompile(`[*?[]`).ReplaceAllString(path, `[$0]`)
}

// Find returns the model of a name. The error is fs.ErrNotExist where it was not pulled.
func (s Store) Find(name string) (Model, error) {
	if s.dir == "" || !validName(name) {
		return Model{}, fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	}
	dir := s.path(name)
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return Model{}, err
	}
	m := Model{Dir: dir}
	if err := json.Unmarshal(data, &m); err != nil {
		return Model{}, fmt.Errorf("%s: %w: pull the model again", filepath.Join(dir, manifestFile), err)
	}
	m.Name = name
	return m, nil
}

// Remove deletes a model, and what is there of it in parts. The error is fs.ErrNotExist where there is neither.
func (s Store) Remove(name string) error {
	if s.dir == "" || !validName(name) {
		return fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	}
	var errs []error
	found := false
	for _, dir := range []string{s.path(name), s.partial(name)} {
		if _, err := os.Lstat(dir); err == nil {
			found = true
		}
		errs = append(errs, os.RemoveAll(dir))
		_ = os.Remove(filepath.Dir(dir)) // the owner's, which fails while another model is there
	}
	if !found {
		return fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	}
	return errors.Join(errs...)
}

func (s Store) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func (s Store) partial(name string) string {
	return filepath.Join(s.dir, partialDir, filepath.FromSlash(name))
}

// A Reference names a model on a hub.
type Reference struct {
	Name     string // owner/name
	Revision string // a branch, a tag or a commit
}

// DefaultRevision is the branch that is meant where none is named.
const DefaultRevision = "main"

var (
	name     = regexp.MustCompile(`^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$`)
	revision = regexp.MustCompile(`^[\w][\w./-]{0,127}$`)
)

func validName(text string) bool { return name.MatchString(text) }

// ParseReference reads owner/name or owner/name@revision.
func ParseReference(text string) (Reference, error) {
	r := Reference{Revision: DefaultRevision}
	var given bool
	var rev string
	if r.Name, rev, given = strings.Cut(text, "@"); given {
		r.Revision = rev
	}
	if !validName(r.Name) || !revision.MatchString(r.Revision) || strings.Contains(r.Revision, "..") {
		return Reference{}, fmt.Errorf("model %.100q: want OWNER/NAME or OWNER/NAME@REVISION", text)
	}
	return r, nil
}
