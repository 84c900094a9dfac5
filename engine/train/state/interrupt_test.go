package state

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watched calls look before and after each operation of a disk: what look sees is what a run would find that was ended
// then.
func watched(look func()) disk {
	d := system()
	around := func(do func() error) error {
		look()
		defer look()
		return do()
	}
	return disk{
		create: func(path string) (f file, err error) {
			err = around(func() error { f, err = d.create(path); return err })
			return watchedFile{f, around}, err
		},
		rename: func(from, to string) error { return around(func() error { return d.rename(from, to) }) },
		remove: func(path string) error { return around(func() error { return d.remove(path) }) },
		sync:   func(dir string) error { return around(func() error { return d.sync(dir) }) },
	}
}

type watchedFile struct {
	file
	around func(func() error) error
}

func (f watchedFile) Write(p []byte) (n int, err error) {
	half := len(p) / 2
	err = f.around(func() error { n, err = f.file.Write(p[:half]); return err })
	if err != nil {
		return n, err
	}
	err = f.around(func() error { var m int; m, err = f.file.Write(p[half:]); n += m; return err })
	return n, err
}

// TestInterruption looks for the last checkpoint at each moment of saving: the third of a run, and one that takes the place
// of another.
func TestInterruption(t *testing.T) {
	for _, last := range []int{3, 2} {
		dir := t.TempDir()
		r := newRun(t, config)
		r.to(1).save(t, dir)
		r.to(2).save(t, dir)
		r.to(last)
		moments, seen := 0, map[int]bool{}
		d := watched(func() {
			moments++
			c, got, passed := latest(t, dir)
			require.Empty(t, passed)
			requireState(t, newRun(t, config).to(c.Progress.Step), got)
			seen[c.Progress.Step] = true
		})
		_, err := save(d, dir, r.Optimizer, tokens, r.progress())
		require.NoError(t, err)
		require.Greater(t, moments, 30)
		require.True(t, seen[last])
		require.True(t, seen[last-1], "the new one is not the last before it is renamed")
	}
}

// TestOnTheDisk holds saving to its order: all files are put on the disk before the directory has its name.
func TestOnTheDisk(t *testing.T) {
	var order []string
	did := func(what, path string) { order = append(order, what+" "+filepath.Base(path)) }
	d := system()
	create, rename, sync := d.create, d.rename, d.sync
	d.create = func(path string) (file, error) {
		f, err := create(path)
		return loggedFile{f, func() { did("sync", path) }}, err
	}
	d.rename = func(from, to string) error { did("name", to); return rename(from, to) }
	d.sync = func(dir string) error { did("sync", dir); return sync(dir) }
	dir := filepath.Join(t.TempDir(), "run")
	r := newRun(t, config)
	_, err := save(d, dir, r.Optimizer, tokens, r.progress())
	require.NoError(t, err)
	require.Equal(t, []string{
		"sync config.json", "sync tokenizer.json", "sync model.safetensors", "sync training.safetensors", "sync training.json",
		"sync .step-000000.part", "name step-000000", "sync run",
	}, order)
}

type loggedFile struct {
	file
	synced func()
}

func (f loggedFile) Sync() error {
	f.synced()
	return f.file.Sync()
}

// limited is a disk with room for so many bytes.
func limited(room int) disk {
	d := system()
	create := d.create
	d.create = func(path string) (file, error) {
		f, err := create(path)
		return limitedFile{f, &room}, err
	}
	return d
}

type limitedFile struct {
	file
	room *int
}

func (f limitedFile) Write(p []byte) (int, error) {
	if len(p) > *f.room {
		n, _ := f.file.Write(p[:*f.room])
		*f.room = 0
		return n, syscall.ENOSPC
	}
	*f.room -= len(p)
	return f.file.Write(p)
}

func TestDiskIsFull(t *testing.T) {
	dir := t.TempDir()
	r := newRun(t, config)
	r.to(1).save(t, dir)
	r.to(2).save(t, dir)
	r.to(3)
	size := 0
	for _, name := range runFiles {
		info, err := os.Stat(filepath.Join(dir, "step-000002", name))
		require.NoError(t, err)
		size += int(info.Size())
	}
	fails := func(d disk) {
		_, err := save(d, dir, r.Optimizer, tokens, r.progress())
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.ErrorContains(t, err, "step-000003: the disk is full: free some space")
		require.Equal(t, []string{"step-000001", "step-000002"}, names(t, dir))
		c, got, passed := latest(t, dir)
		require.Empty(t, passed)
		require.Equal(t, 2, c.Progress.Step)
		requireState(t, newRun(t, config).to(2), got)
	}
	for room := 0; room < size; room += size/25 + 1 {
		fails(limited(room))
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		for _, full := range runFiles {
			d := system()
			create := d.create
			d.create = func(path string) (file, error) {
				if filepath.Base(path) == full {
					f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
					return noSync{f}, err
				}
				return create(path)
			}
			fails(d)
		}
	}
	d := system()
	d.rename = func(string, string) error { return syscall.ENOSPC }
	fails(d)
	r.save(t, dir) // there is room again
	require.Equal(t, []string{"step-000002", "step-000003"}, names(t, dir))
}

// noSync is a file that has no disk to be put on.
type noSync struct{ *os.File }

func (noSync) Sync() error { return nil }

// killedRun names the directory of the run that this program is to make, without end.
const killedRun = "SEEDLS_TEST_RUN_TO_BE_KILLED"

// TestKill ends a run that saves all the time, several times at some moment, and goes on.
func TestKill(t *testing.T) {
	if dir := os.Getenv(killedRun); dir != "" {
		r := newRun(t, config)
		if c, err := Latest(dir, func(err error) { t.Fatal(err) }); err == nil {
			require.NoError(t, c.Restore(r.Optimizer))
		}
		for {
			r.to(r.Steps()+1).save(t, dir)
		}
	}
	program, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	reached := 0
	for i := range 8 {
		command := exec.Command(program, "-test.run=^TestKill$")
		command.Env = append(os.Environ(), killedRun+"="+dir)
		require.NoError(t, command.Start())
		begun := reached
		for start := time.Now(); reached == begun && time.Since(start) < time.Minute; time.Sleep(time.Millisecond) {
			if all, err := steps(dir); err == nil && len(all) > 0 {
				reached = all[0]
			}
		}
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		require.NoError(t, command.Process.Kill())
		require.Error(t, command.Wait())
		c, got, passed := latest(t, dir)
		require.Empty(t, passed)
		require.GreaterOrEqual(t, c.Progress.Step, reached)
		require.Greater(t, c.Progress.Step, begun, "the run went on")
		requireState(t, newRun(t, config).to(c.Progress.Step), got)
		reached = c.Progress.Step
	}
}
