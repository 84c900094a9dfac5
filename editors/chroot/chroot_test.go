package chroot

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUsage holds that a script whose first use would be as root is at least a script.
func TestUsage(t *testing.T) {
	out, err := command(t.Context(), []string{"run", "sid"}).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "usage: chroot.sh make SUITE PACKAGE...")
	out, err = command(t.Context(), []string{"remove", "sid", "all"}).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "no command remove")
}

func TestDir(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("SEEDLS_CHROOT", folder)
	require.Equal(t, filepath.Join(folder, "sid"), Dir("sid"))
	require.False(t, Has("sid", "nvim"))
}
