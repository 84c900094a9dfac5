package corpus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Options say what to make a corpus of.
type Options struct {
	// Language names the language of a path; "" leaves the file out without counting it.
	Language func(path string) string
	// Observe, unless nil, is told how many of all files have been looked at, by one goroutine at a time.
	Observe func(done, total int)
}

// A Report says what is in a corpus, and what is not.
type Report struct {
	File    string           `json:"file"`
	Train   Part             `json:"train"`
	HeldOut Part             `json:"held_out"`
	LeftOut map[Reason]Count `json:"left_out"`
	Files   []LeftOut        `json:"left_out_files"`
}

// A Part is what a file of documents has.
type Part struct {
	Count
	Languages map[string]Count `json:"languages"`
}

// A Count is of files, and of the bytes that they have: in a corpus those of the texts, else those of the files.
type Count struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

func (c Count) plus(bytes int64) Count { return Count{c.Files + 1, c.Bytes + bytes} }

// A LeftOut file is not in the corpus.
type LeftOut struct {
	File   string `json:"file"` // with the name of its repository
	Reason Reason `json:"reason"`
	Of     string `json:"of,omitempty"` // what a duplicate is one of
}

// HeldOutFile and HeldOutList name what is written beside a corpus: the corpus of held-out documents, and the list of
// their repositories and paths, with a tab between, one a line.
func HeldOutFile(file string) string { return file + ".heldout" }
func HeldOutList(file string) string { return file + ".heldout.txt" }

// chunkFiles are read, cleaned and signed at once, and are all that is in memory of texts.
const chunkFiles = 64

// Build writes the corpus of some trees into file, and beside it what is held out. The files get their names when all
// are complete, file last: on an error that one is as it was. It computes on all processors. Memory is about two kilobytes a
// document, and the texts of a chunk of files.
func Build(ctx context.Context, file string, trees []Tree, o Options) (*Report, error) {
	sources, err := list(ctx, trees, o.Language)
	if err != nil {
		return nil, err
	}
	train, err := Create(file)
	if err != nil {
		return nil, err
	}
	defer train.Discard()
	heldOut, err := Create(HeldOutFile(file))
	if err != nil {
		return nil, err
	}
	defer heldOut.Discard()

	b := builder{
		report:  Report{File: file, LeftOut: make(map[Reason]Count), Files: []LeftOut{}},
		train:   train,
		heldOut: heldOut,
		exact:   make(map[[sha256.Size]byte]int),
		near:    newNearIndex(),
	}
	b.report.Train.Languages, b.report.HeldOut.Languages = make(map[string]Count), make(map[string]Count)
	done := 0
	for chunk := range slices.Chunk(sources, chunkFiles) {
		if err := b.addAll(ctx, chunk); err != nil {
			return nil, err
		}
		if done += len(chunk); o.Observe != nil {
			o.Observe(done, len(sources))
		}
	}
	if b.report.Train.Files == 0 {
		return nil, b.empty(trees)
	}
	slices.SortFunc(b.report.Files, func(x, y LeftOut) int { return strings.Compare(x.File, y.File) })
	if err := writeList(HeldOutList(file), b.list.String()); err != nil {
		return nil, err
	}
	if err := heldOut.Commit(); err != nil {
		return nil, err
	}
	return &b.report, train.Commit()
}

// list lists the sources of all trees: held-out ones first, since what is nearly equal to them must not be trained on.
func list(ctx context.Context, trees []Tree, language func(string) string) ([]source, error) {
	var all []source
	dirs := make(map[string]string)
	for i, t := range trees {
		if other, ok := dirs[t.Repository]; ok {
			return nil, fmt.Errorf("%s and %s are both called %s: give one as NAME=DIR", other, t.Dir, t.Repository)
		}
		dirs[t.Repository] = t.Dir
		found, err := trees[i].sources(ctx, language)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(x, y source) int {
		return cmp.Or(
			cmp.Compare(rank(x), rank(y)),
			strings.Compare(x.tree.Repository, y.tree.Repository),
			strings.Compare(x.path, y.path),
		)
	})
	return all, nil
}

func rank(s source) int {
	if s.heldOut() {
		return 0
	}
	return 1
}

// A builder takes sources in order.
type builder struct {
	report         Report
	train, heldOut *Writer
	list           strings.Builder // of what is held out
	names          []string        // of the documents, in the order of the index
	exact          map[[sha256.Size]byte]int
	near           *nearIndex
}

// A prepared source is read and cleaned, or has a reason to be left out.
type prepared struct {
	source
	text      string
	sum       [sha256.Size]byte
	signature *signature
}

func (b *builder) addAll(ctx context.Context, chunk []source) error {
	ready := make([]prepared, len(chunk))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, s := range chunk {
		group.Go(func() error {
			ready[i] = prepare(s)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, p := range ready {
		if err := b.add(p); err != nil {
			return err
		}
	}
	return nil
}

func prepare(s source) prepared {
	p := prepared{source: s}
	if p.reason != "" {
		return p
	}
	f, err := s.tree.FS.Open(s.path)
	if err != nil {
		p.reason = Unreadable
		return p
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxTextBytes+1))
	if err != nil {
		p.reason = Unreadable
		return p
	}
	if p.text, p.reason = clean(s.language, data); p.reason == "" {
		p.sum, p.signature = sha256.Sum256([]byte(p.text)), sign(p.text)
	}
	return p
}

func (b *builder) add(p prepared) error {
	of := -1
	if p.reason == "" {
		if i, ok := b.exact[p.sum]; ok {
			p.reason, of = Duplicate, i
		} else if of = b.near.find(p.signature); of >= 0 {
			p.reason = NearDuplicate
		}
	}
	if p.reason != "" {
		left := LeftOut{File: p.name(), Reason: p.reason}
		if of >= 0 {
			left.Of = b.names[of]
		}
		b.report.Files = append(b.report.Files, left)
		b.report.LeftOut[p.reason] = b.report.LeftOut[p.reason].plus(p.bytes)
		return nil
	}
	b.exact[p.sum] = len(b.names)
	b.names = append(b.names, p.name())
	b.near.add(p.signature)

	writer, part := b.train, &b.report.Train
	if p.source.heldOut() {
		writer, part = b.heldOut, &b.report.HeldOut
		fmt.Fprintf(&b.list, "%s\t%s\n", p.tree.Repository, p.path)
	}
	size := int64(len(p.text))
	part.Count = part.plus(size)
	part.Languages[p.language] = part.Languages[p.language].plus(size)
	return writer.Add(Document{Repository: p.tree.Repository, Path: p.path, Language: p.language, Text: p.text})
}

// empty is the error of a corpus without documents to train on.
func (b *builder) empty(trees []Tree) error {
	var dirs []string
	for _, t := range trees {
		dirs = append(dirs, t.Dir)
	}
	message := strings.Join(dirs, ", ") + ": nothing to train on"
	if b.report.HeldOut.Files > 0 {
		message += fmt.Sprintf(", %d files held out", b.report.HeldOut.Files)
	}
	for _, reason := range slices.Sorted(maps.Keys(b.report.LeftOut)) {
		message += fmt.Sprintf(", %d left out (%s)", b.report.LeftOut[reason].Files, reason)
	}
	return errors.New(message + ": name other directories, or other languages")
}

func writeList(path, list string) error {
	temporary := path + ".part"
	defer os.Remove(temporary) // fails once it is renamed
	if err := os.WriteFile(temporary, []byte(list), 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
