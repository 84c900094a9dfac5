package editors

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// emacsSetUp is the init.el of most tests: what README.md says.
const emacsSetUp = emacsBase + `
(add-to-list 'load-path (concat clone "/editors/emacs"))
(require 'seedls)
(seedls-global-ghost-mode)
` + steady

// steady gives ghost text ghostColour, and canvases one length: the same on any machine.
const steady = `
(setq seedls-settings '(:block 16))
(set-face-attribute 'seedls-ghost nil :foreground "#7b8496" :inherit nil)
`

// emacsDoubled is emacsSetUp with a server that the test decides about.
const emacsDoubled = emacsSetUp + `
(setq seedls-command (list (concat clone "/bin/double") "double"))
`

// emacsBase has Emacs answer to the tests, and a mode for Go, which it does not come with.
const emacsBase = `
(menu-bar-mode -1)
(setq inhibit-startup-screen t ring-bell-function #'ignore make-backup-files nil create-lockfiles nil)
(define-derived-mode go-mode prog-mode "Go" (setq-local indent-tabs-mode t tab-width 8 electric-indent-mode nil))
(add-to-list 'auto-mode-alist '("\\.go\\'" . go-mode))
(require 'server)
(server-start)
(load-theme 'modus-vivendi)
`

// An emacs is one that runs in a terminal, which is Neovim's.
type emacs struct {
	*neovim
}

// emacsMachine has an Emacs, and the double.
func emacsMachine(t *testing.T, suite string) machine {
	t.Helper()
	m := newMachine(t, suite, "emacs", false)
	t.Cleanup(func() { // the daemon that Emacs's client shares
		status := func(args ...string) error {
			return m.command(context.Background(), m.path("clone/bin/seedls"), append([]string{"status"}, args...)...).Run()
		}
		for deadline := time.Now().Add(10 * time.Second); status() == nil && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			_ = status("--stop")
		}
	})
	m.write(t, "work/read.go", source)
	program, err := os.Executable()
	require.NoError(t, err)
	data, err := os.ReadFile(program)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(m.folder, "clone", "bin", "double"), data, 0o755))
	return m
}

// emacs starts one with an init.el, in which clone is the folder of the clone, and a file open.
func (m machine) emacs(t *testing.T, init, file string) *emacs {
	t.Helper()
	m.write(t, "home/.emacs.d/init.el", ";; -*- lexical-binding: t -*-\n(defvar clone \""+m.path("clone")+"\")\n"+init)
	e := &emacs{m.neovim(t, `
vim.o.termguicolors, vim.o.laststatus, vim.o.cmdheight = true, 0, 0
vim.fn.termopen({ 'emacs', '-nw', '`+m.path(file)+`' })
vim.cmd.startinsert()
`)}
	t.Cleanup(func() { // before Neovim
		_ = m.command(context.Background(), "emacsclient", "-s", m.path("home/emacs/server"), "--eval", "(kill-emacs)").Run()
	})
	e.wait("started", func() bool {
		_, err := os.Lstat(filepath.Join(m.folder, "home", "emacs", "server"))
		return err == nil
	})
	e.waitEmacs("open", func() bool { return e.eval("(and after-init-time buffer-file-name)") == m.path(file) })
	return e
}

// eval evaluates Lisp in the buffer of the selected window, and returns the value as text.
func (e *emacs) eval(format string, args ...any) string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), 30*time.Second)
	defer cancel()
	expression := fmt.Sprintf(`(with-current-buffer (window-buffer (selected-window))
		(write-region (format "%%s" %s) nil %q nil 'silent))`, fmt.Sprintf(format, args...), e.path("answer"))
	out, err := e.command(ctx, "emacsclient", "-s", e.path("home/emacs/server"), "--eval", expression).CombinedOutput()
	require.NoError(e.t, err, "%s\n%s", out, e.screen.text())
	return read(e.t, filepath.Join(e.folder, "answer"))
}

// buffer is the text of the current buffer.
func (e *emacs) buffer() string {
	e.t.Helper()
	return e.eval(`(buffer-substring-no-properties 1 (point-max))`)
}

// waitBuffer waits until the buffer has a text.
func (e *emacs) waitBuffer(text string) {
	e.t.Helper()
	e.waitEmacs("in the buffer: "+text, func() bool { return e.buffer() == text })
}

// waitChanged waits until the buffer is not what it was, and returns what it is.
func (e *emacs) waitChanged(before string) (text string) {
	e.t.Helper()
	e.waitEmacs("changed", func() bool { text = e.buffer(); return text != before })
	return text
}

// waitReady waits for the server.
func (e *emacs) waitReady() {
	e.t.Helper()
	e.waitEmacs("ready", func() bool { return e.eval("(and (seedls--ready-p) (seedls--known-p))") == "t" })
}

// goTo puts point at the end of a line.
func (e *emacs) goTo(line int) {
	e.t.Helper()
	e.do(fmt.Sprintf("<M-g>g%d<CR><C-e>", line))
}

// waitEglot waits for the server that Eglot runs in the buffer.
func (e *emacs) waitEglot() {
	e.t.Helper()
	e.waitEmacs("managed by Eglot", func() bool { return e.eval("(and (fboundp 'eglot-managed-p) (eglot-managed-p) t)") == "t" })
}

// waitGhostText waits until a ghost text is shown; "" is none.
func (e *emacs) waitGhostText(text string) {
	e.t.Helper()
	e.wait("ghost text: "+text, func() bool { return e.screen.coloured(ghostColour) == text })
}

// waitEmacs waits until something is so, and shows what Emacs said if it does not come to be.
func (e *emacs) waitEmacs(what string, so func() bool) {
	e.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			e.t.Fatalf("not %s\n%s\nmessages: %s", what, e.screen.text(),
				e.eval(`(mapconcat (lambda (name) (with-current-buffer (get-buffer-create name) (buffer-string)))
					'("*Messages*" "*seedls log*"))`))
		}
	}
}

// batch runs Lisp, as a file of a name, in an Emacs without a terminal, and returns what it prints. CLONE is in the Lisp the
// folder of the clone.
func (m machine) batch(t *testing.T, name, lisp string) string {
	t.Helper()
	m.write(t, name, ";; -*- lexical-binding: t -*-\n"+strings.ReplaceAll(lisp, "CLONE", m.path("clone")))
	cmd := m.command(t.Context(), "emacs", "-Q", "--batch", "-L", m.path("clone/editors/emacs"), "-l", m.path(name))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}
