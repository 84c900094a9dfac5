package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// spareBytes are left free on the disk.
const spareBytes = 256 << 20

// Pull brings a model to the store, in place of what is there under its name, and returns it. observe, unless it is nil, is
// told how many bytes of all are there, what an earlier call brought included.
//
// When ctx ends, or the connection breaks and stays so, the next call goes on with what is there. Two calls for one model
// at a time disturb each other, but neither can leave a model that is not whole.
func (h *Hub) Pull(ctx context.Context, s Store, ref Reference, observe func(done, total int64)) (Model, error) {
	m, err := h.pull(ctx, s, ref, observe)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", ref.Name, err)
	}
	return m, err
}

func (h *Hub) pull(ctx context.Context, s Store, ref Reference, observe func(done, total int64)) (Model, error) {
	if s.dir == "" {
		return Model{}, errors.New("there is no folder to put it into: set XDG_DATA_HOME, or HOME")
	}
	m := Model{Name: ref.Name, Revision: ref.Revision, Dir: s.path(ref.Name)}
	var err error
	if m.Commit, err = h.commit(ctx, ref); err != nil {
		return Model{}, err
	}
	before, err := s.Find(ref.Name)
	if err == nil && before.Commit == m.Commit && before.complete() {
		return before, nil
	}
	files, err := h.list(ctx, ref.Name, m.Commit)
	if err != nil {
		return Model{}, err
	}
	d := &download{hub: h, model: &m, before: before, dir: s.partial(ref.Name)}
	if err := os.MkdirAll(d.dir, 0o777); err != nil {
		return Model{}, err
	}
	small, err := files.small()
	if err != nil {
		return Model{}, err
	}
	if err := d.bring(ctx, small); err != nil {
		return Model{}, err
	}
	weights, err := files.weights(filepath.Join(d.dir, d.whole(small[len(small)-1])))
	if err != nil {
		return Model{}, err
	}
	d.total = totalBytes(small) + totalBytes(weights)
	d.observe = observe
	if err := d.checkSpace(weights); err != nil {
		return Model{}, err
	}
	if err := d.bring(ctx, weights); err != nil {
		return Model{}, err
	}
	return m, d.publish()
}

// complete reports whether all files are there, as long as they were.
func (m *Model) complete() bool {
	return !slices.ContainsFunc(m.Files, func(f File) bool {
		info, err := os.Stat(filepath.Join(m.Dir, f.Name))
		return err != nil || info.Size() != f.Bytes
	})
}

func totalBytes(files []File) (total int64) {
	for _, f := range files {
		total += f.Bytes
	}
	return total
}

// A download is a model on its way. In its folder are files that are whole, parts of others, and at the end the model.
type download struct {
	hub    *Hub
	model  *Model
	before Model // what is in its place
	dir    string

	done, total int64 // bytes of all files
	observe     func(done, total int64)
}

// checksum is what tells a file from others of its name.
func (f File) checksum() string { return f.SHA256 + f.GitSHA }

// whole is the name of a file that has come and was compared with its checksum; part is what there is of it before that.
func (d *download) whole(f File) string { return f.Name + "." + f.checksum() }
func (d *download) part(f File) string  { return d.whole(f) + ".part" }

// bring has files come, one after another, and adds them to the model.
func (d *download) bring(ctx context.Context, files []File) error {
	for _, f := range files {
		d.tell(0)
		if err := d.file(ctx, f); err != nil {
			return err
		}
		d.done += f.Bytes
		d.model.Files = append(d.model.Files, f)
	}
	d.tell(0)
	return nil
}

// tell reports that there are so many bytes of the next file.
func (d *download) tell(bytes int64) {
	if d.observe != nil {
		d.observe(d.done+bytes, d.total)
	}
}

// file has one file come, unless it is there.
func (d *download) file(ctx context.Context, f File) error {
	whole, part := filepath.Join(d.dir, d.whole(f)), filepath.Join(d.dir, d.part(f))
	if info, err := os.Lstat(whole); err == nil && info.Size() == f.Bytes {
		return nil
	}
	for _, old := range d.before.Files {
		if old == f && f.verify(ctx, filepath.Join(d.before.Dir, f.Name)) == nil && os.Link(filepath.Join(d.before.Dir, f.Name), whole) == nil {
			return nil
		}
	}
	from := "/" + d.model.Name + "/resolve/" + d.model.Commit + "/" + f.Name
	if err := d.hub.transfer(ctx, from, part, f.Bytes, d.tell); err != nil {
		return err
	}
	if err := f.verify(ctx, part); err != nil {
		if errors.Is(err, errChecksum) {
			err = errors.Join(err, os.Remove(part))
		}
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	_ = os.Remove(part + tagSuffix)
	return os.Rename(part, whole)
}

// checkSpace looks whether what is still to come has room.
func (d *download) checkSpace(files []File) error {
	need := totalBytes(files) + spareBytes
	for _, f := range files {
		for _, name := range []string{d.whole(f), d.part(f)} {
			if info, err := os.Lstat(filepath.Join(d.dir, name)); err == nil {
				need -= info.Size()
			}
		}
	}
	if free, known := d.hub.free(d.dir); known && need > 0 && free < uint64(need) {
		const mb = 1_000_000
		return fmt.Errorf("%s has %d MB free, and %d MB are needed: make room, or set XDG_DATA_HOME to a folder on another disk",
			d.dir, free/mb, need/mb)
	}
	return nil
}

// publish makes the model from its files and puts it in its place. What was there is gone once it is.
func (d *download) publish() (err error) {
	ready, old := filepath.Join(d.dir, "ready"), filepath.Join(d.dir, "old")
	if err := errors.Join(os.RemoveAll(ready), os.RemoveAll(old), os.Mkdir(ready, 0o777), os.MkdirAll(filepath.Dir(d.model.Dir), 0o777)); err != nil {
		return err
	}
	switch moved := os.Rename(d.model.Dir, old); {
	case moved == nil:
		defer func() {
			if err != nil {
				err = errors.Join(err, os.Rename(old, d.model.Dir))
			}
		}()
	case !errors.Is(moved, fs.ErrNotExist):
		return moved
	}
	for _, f := range d.model.Files {
		if err := os.Rename(filepath.Join(d.dir, d.whole(f)), filepath.Join(ready, f.Name)); err != nil {
			return err
		}
	}
	manifest, err := json.MarshalIndent(d.model, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(ready, manifestFile), append(manifest, '\n'), 0o666); err != nil {
		return err
	}
	if err := os.Rename(ready, d.model.Dir); err != nil {
		return err
	}
	_ = os.RemoveAll(d.dir) // what is left is removed, or used, by the next call
	_ = os.Remove(filepath.Dir(d.dir))
	return nil
}
