package corpus

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// A Tree is a repository to take documents from.
type Tree struct {
	Repository string // its name in the corpus
	Dir        string // where it is, for messages
	FS         fs.FS
}

// OpenTree opens the tree that DIR or NAME=DIR stands for. Without a NAME a repository is called after its directory.
// Of a Go installation only the sources are taken, and called "go". A repository that is kept for evaluation is an error.
func OpenTree(argument string) (Tree, error) {
	name, dir, named := strings.Cut(argument, "=")
	if _, err := os.Stat(argument); err == nil || !named {
		name, dir, named = "", argument, false
	}
	if info, err := os.Stat(dir); err != nil {
		return Tree{}, err
	} else if !info.IsDir() {
		return Tree{}, fmt.Errorf("%s is no directory: name the directory that it is in", dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return Tree{}, err
	}
	if isStandardLibrary(filepath.Join(real, "src")) {
		real = filepath.Join(real, "src")
	}
	t := Tree{Repository: name, Dir: dir, FS: os.DirFS(real)}
	switch standard := isStandardLibrary(real); {
	case standard && named && name != "go":
		return Tree{}, fmt.Errorf("%s has the sources of Go, some of which are held out by the name go: leave %q out", dir, name+"=")
	case standard:
		t.Repository = "go"
	case named && name == "":
		return Tree{}, fmt.Errorf("%q: want NAME=DIR with a name, or DIR", argument)
	case !named:
		t.Repository = filepath.Base(real)
	}
	return t, t.checkNotReserved(filepath.Join(filepath.Base(filepath.Dir(real)), filepath.Base(real)))
}

// checkNotReserved looks at the tree's name, its directory and the module in it.
func (t Tree) checkNotReserved(dir string) error {
	dir = filepath.ToSlash(dir)
	module := t.module(".")
	for _, name := range []string{t.Repository, path.Base(dir), module} {
		if reserved := reservedIn(name); reserved != "" {
			return fmt.Errorf("%s is %s, which is kept for evaluation and must not be trained on: leave it out", t.Dir, reserved)
		}
	}
	if reserved := reservedIn(dir); strings.Contains(reserved, "/") {
		return fmt.Errorf("%s is %s, which is kept for evaluation and must not be trained on: leave it out", t.Dir, reserved)
	}
	return nil
}

func isStandardLibrary(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modulePath(data) == "std"
}

// module is the path of the module whose root is dir, or "".
func (t Tree) module(dir string) string {
	data, err := fs.ReadFile(t.FS, path.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	return modulePath(data)
}

// A source is a file of a language that was asked for.
type source struct {
	tree           *Tree
	path, language string
	bytes          int64 // as the directory says
	reason         Reason
}

func (s source) name() string { return s.tree.Repository + "/" + s.path }

// heldOut says whether the file is never to be trained on.
func (s source) heldOut() bool {
	remainder := 0
	for _, b := range md5.Sum([]byte(s.tree.Repository + s.path)) {
		remainder = (remainder*256 + int(b)) % 100
	}
	return remainder == 0
}

// sources lists the files for which language, which is given a path, returns a name. Hidden directories are passed over,
// and those that begin with an underscore, as the go command does. A directory that cannot be read is an error.
func (t *Tree) sources(ctx context.Context, language func(string) string) ([]source, error) {
	var found []source
	reserved := "" // the directory with a reserved module that the walk is in, with a slash
	err := fs.WalkDir(t.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if entry.IsDir() {
			switch base := entry.Name(); {
			case name == ".":
			case strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_"):
				return fs.SkipDir
			case reserved != "" && strings.HasPrefix(name, reserved):
			case reservedIn(t.module(name)) != "", strings.Contains(base, "@") && reservedIn(name) != "", isHumanEval(base):
				reserved = name + "/"
			}
			return nil
		}
		s := source{tree: t, path: name, language: language(name)}
		if s.language == "" {
			return nil
		}
		info, err := entry.Info()
		switch {
		case reserved != "" && strings.HasPrefix(name, reserved):
			s.reason = Reserved
		case err != nil:
			s.reason = Unreadable
		case !info.Mode().IsRegular():
			s.reason = NotRegular
		case !utf8.ValidString(name) || strings.Contains(name, "\n") || len(name) > maxNameBytes:
			s.reason = BadName
		default:
			s.reason = reasonOfPath(name)
		}
		if err == nil {
			s.bytes = info.Size()
		}
		if s.reason == "" && s.bytes > MaxTextBytes {
			s.reason = TooLarge
		}
		found = append(found, s)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: a directory cannot be read: %w", t.Dir, err)
	}
	return found, err
}
