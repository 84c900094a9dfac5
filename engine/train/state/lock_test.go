package state

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "first")
	release, err := Lock(dir)
	require.NoError(t, err)
	_, err = Lock(dir)
	require.ErrorContains(t, err, dir+": another run is under way there")
	other, err := Lock(filepath.Join(dir, "other"))
	require.NoError(t, err)
	require.NoError(t, other())
	require.NoError(t, release())
	release, err = Lock(dir)
	require.NoError(t, err)
	require.NoError(t, release())

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	_, err = Lock(file)
	require.ErrorContains(t, err, file)
}
