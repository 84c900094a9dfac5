package editors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/neovim/go-client/nvim"
	"github.com/stretchr/testify/require"
)

// ghostColour is that of ghost text in tests, and of nothing else on the screen.
const ghostColour = 0x7b8496

// patience is how long a test waits for what is slow on a busy machine.
const patience = 30 * time.Second

// setUp is the init.lua of most tests: what editors/README.md says, a colour, and canvases of one length on any machine.
const setUp = `
vim.opt.rtp:append(CLONE .. '/editors/neovim')
vim.api.nvim_set_hl(0, 'ComplHint', { fg = '#7b8496' })
require('seedls').setup({ keys = true, config = { settings = { seedls = { block = 16 } } } })
`

// doubled is setUp with a server that the test decides about.
const doubled = `
vim.opt.rtp:append(CLONE .. '/editors/neovim')
vim.api.nvim_set_hl(0, 'ComplHint', { fg = '#7b8496' })
require('seedls').setup({ keys = true, config = { cmd = dofile(CLONE .. '/double.lua') } })
`

// A neovim is one that runs, with a user interface attached.
type neovim struct {
	*nvim.Nvim
	machine
	t      *testing.T
	screen *screen
}

// neovim starts one with an init.lua, in which CLONE is the folder of the clone, and files open.
func (m machine) neovim(t *testing.T, init string, files ...string) *neovim {
	t.Helper()
	m.write(t, "home/config/nvim/init.lua", "CLONE = '"+m.path("clone")+"'\n"+init)
	args := []string{"--embed"}
	for _, file := range files {
		args = append(args, m.path(file))
	}
	cmd := m.command(t.Context(), "nvim", args...)
	process, err := nvim.NewChildProcess(nvim.ChildProcessCommand(cmd.Path), nvim.ChildProcessArgs(cmd.Args[1:]...),
		nvim.ChildProcessEnv(cmd.Env), nvim.ChildProcessDir(cmd.Dir), nvim.ChildProcessLogf(t.Logf))
	require.NoError(t, err)
	n := &neovim{process, m, t, newScreen()}
	t.Cleanup(n.quit)
	require.NoError(t, n.RegisterHandler("redraw", n.screen.redraw))
	require.NoError(t, n.AttachUI(72, 14, map[string]any{"rgb": true, "ext_linegrid": true}))
	return n
}

// quit ends the servers, which may still write what they keep, and Neovim.
func (n *neovim) quit() {
	if n.blocked() {
		_, _ = n.Input("<CR>")
	}
	_ = n.ExecLua(`vim.lsp.stop_client(vim.lsp.get_clients())
		vim.wait(10000, function() return #vim.lsp.get_clients() == 0 end)`, nil)
	_ = n.Command("qall!") // has no answer: the connection ends
	_ = n.Close()
}

// do types keys.
func (n *neovim) do(keys string) {
	n.t.Helper()
	_, err := n.Input(keys)
	require.NoError(n.t, err)
}

// lua runs Lua and returns what it returns.
func lua[T any](n *neovim, code string, args ...any) (result T) {
	n.t.Helper()
	require.NoError(n.t, n.ExecLua(code, &result, args...))
	return result
}

// wait waits until something is so.
func (n *neovim) wait(what string, so func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); n.blocked() || !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			if n.blocked() {
				n.t.Fatalf("not %s: Neovim waits for a key\n%s", what, n.screen.text())
			}
			messages, _ := n.Exec("messages", true)
			log, _ := os.ReadFile(filepath.Join(n.folder, "home", "state", "nvim", "lsp.log"))
			n.t.Fatalf("not %s\n%s\nmessages: %v\nlog: %s", what, n.screen.text(), messages, log[max(0, len(log)-4000):])
		}
	}
}

// blocked reports whether Neovim does nothing before a key is pressed, as after long messages.
func (n *neovim) blocked() bool {
	mode, err := n.Mode()
	return err == nil && mode.Blocking
}

// waitPrompt waits for a message after which Neovim waits for a key. It may be broken into lines anywhere.
func (n *neovim) waitPrompt(message string) {
	n.t.Helper()
	joined := func(text string) string { return strings.Join(strings.Fields(text), "") }
	for deadline := time.Now().Add(patience); !strings.Contains(joined(n.screen.text()), joined(message)); time.Sleep(10 * time.Millisecond) {
		require.True(n.t, time.Now().Before(deadline), "not on the screen: %s\n%s", message, n.screen.text())
	}
}

// waitAttached waits for the server of the current buffer.
func (n *neovim) waitAttached() {
	n.t.Helper()
	n.wait("attached", func() bool {
		return lua[bool](n, `local client = vim.lsp.get_clients({ bufnr = 0, name = 'seedls' })[1]
			return client ~= nil and client.initialized == true`)
	})
}

// waitGhost waits for ghost text and returns it.
func (n *neovim) waitGhost() string {
	n.t.Helper()
	n.wait("ghost text", func() bool {
		mode, err := n.Mode()
		return err == nil && (mode.Mode == "i" || mode.Mode == "t") && n.screen.coloured(ghostColour) != ""
	})
	return n.screen.coloured(ghostColour)
}

// waitScreen waits until the screen shows a text.
func (n *neovim) waitScreen(text string) {
	n.t.Helper()
	n.wait("on the screen: "+text, func() bool { return strings.Contains(n.screen.text(), text) })
}

// buffer is the text of the current buffer.
func (n *neovim) buffer() string {
	n.t.Helper()
	return lua[string](n, `return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') .. '\n'`)
}

// waitChanged waits until the buffer is not what it was, and returns what it is.
func (n *neovim) waitChanged(before string) string {
	n.t.Helper()
	n.wait("changed", func() bool { return n.buffer() != before })
	return n.buffer()
}

// requireNoError holds that Neovim has had no error since it started.
func (n *neovim) requireNoError() {
	n.t.Helper()
	require.Empty(n.t, lua[string](n, `return vim.v.errmsg`))
}
