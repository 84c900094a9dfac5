package editors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEmacsAccept(t *testing.T) {
	e := emacsMachine(t, "sid").emacs(t, emacsSetUp, "work/read.go")
	e.waitReady()
	e.goTo(5)
	e.do("<C-q><Tab>if ")
	ghost := e.waitGhost()
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "emacs.svg"), []byte(e.screen.svg()), 0o644))
	}
	e.do("<Tab>")
	whole := accepted(t, e.waitChanged(before(source, "")))
	require.Equal(t, before(source, whole), e.buffer())
	require.Equal(t, strings.ReplaceAll(whole, "\t", strings.Repeat(" ", 8)), ghost)
	require.NotEmpty(t, strings.TrimSpace(whole))

	t.Log("what was accepted is undone by itself")
	e.do("<C-/>")
	e.waitBuffer(before(source, ""))
}
