// Package editors tests the set-ups of editors, by typing into the real ones.
package editors

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/editors/chroot"
)

// binary is seedls, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "seedls")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "seedls")
		if out, err := exec.Command("go", "build", "-o", binary, "seedls").CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// A machine has an editor: the chroot of a suite, or what the tests run on. Both see the folder, in which a clone of the
// project has the plugins and the built program.
type machine struct {
	suite  string // "" without a chroot
	folder string
}

// newMachine finds a program in the chroot of a suite, or on PATH if others would do too. Without either the test is
// skipped, unless nothing may be missing.
func newMachine(t *testing.T, suite, program string, othersDo bool) machine {
	t.Helper()
	m := machine{suite: suite, folder: t.TempDir()}
	if !chroot.Has(suite, program) {
		if _, err := exec.LookPath(program); err != nil || !othersDo {
			missing := "no " + program + " of Debian " + suite + ": as root on Debian, editors/chroot/chroot.sh make " + suite +
				" installs it"
			if os.Getenv("CI") != "" {
				t.Fatal(missing)
			}
			t.Skip(missing)
		}
		m.suite = ""
	}
	require.NoError(t, os.CopyFS(filepath.Join(m.folder, "clone", "editors", "neovim"), os.DirFS("neovim")))
	program = filepath.Join(m.folder, "clone", "bin", "seedls")
	require.NoError(t, os.MkdirAll(filepath.Dir(program), 0o755))
	data, err := os.ReadFile(binary)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(program, data, 0o755))
	return m
}

// path is where a file of the folder is to programs of the machine.
func (m machine) path(name string) string {
	if m.suite != "" {
		return "/mnt/" + name
	}
	return filepath.Join(m.folder, name)
}

func (m machine) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(m.folder, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// command runs a program on the machine, as a user with nothing configured but what is in the folder.
func (m machine) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd, path := exec.CommandContext(ctx, program, args...), os.Getenv("PATH")
	if m.suite != "" {
		cmd, path = chroot.Command(ctx, m.suite, m.folder, program, args...), "/usr/sbin:/usr/bin:/sbin:/bin"
	}
	home := m.path("home")
	cmd.Dir = m.folder
	cmd.Env = []string{
		"PATH=" + m.path("bin") + ":" + path, "LANG=C.UTF-8", "TERM=xterm-256color", "HOME=" + home,
		"XDG_CONFIG_HOME=" + home + "/config", "XDG_DATA_HOME=" + home + "/data", "XDG_STATE_HOME=" + home + "/state",
		"XDG_CACHE_HOME=" + home + "/cache", "XDG_RUNTIME_DIR=" + home, "GOTOOLCHAIN=local", "GOPROXY=off",
		"SEEDLS_CHROOT=" + filepath.Dir(chroot.Dir(m.suite)),
	}
	return cmd
}
