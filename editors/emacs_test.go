package editors

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// typedInEmacs is what the tests type into the empty line of source.
const typedInEmacs = "<C-q><Tab>if "

func TestEmacsAccept(t *testing.T) {
	e := emacsMachine(t, "sid").emacs(t, emacsSetUp, "work/read.go")
	e.waitReady()
	e.goTo(5)
	e.do(typedInEmacs)
	ghost := e.waitGhost()
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "emacs.svg"), []byte(e.screen.svg()), 0o644))
	}
	require.Equal(t, before(source, ""), e.buffer())
	e.do("<Tab>")
	whole := accepted(t, e.waitChanged(before(source, "")))
	require.Equal(t, before(source, whole), e.buffer())
	require.Equal(t, strings.ReplaceAll(whole, "\t", strings.Repeat(" ", 8)), ghost)
	require.NotEmpty(t, strings.TrimSpace(whole))

	t.Log("what was accepted is undone by itself")
	e.do("<C-/>")
	e.waitBuffer(before(source, ""))

	t.Log("a word, and a line")
	for key, part := range map[string]string{"<M-f>": `^\s*(\w+|[^\s\w]+)`, "<M-e>": `^\n?[^\n]*`} {
		e.waitGhost()
		e.do(key)
		want := regexp.MustCompile(part).FindString(whole)
		e.waitBuffer(before(source, want))
		e.waitScreen("return")
		require.NotEmpty(t, e.screen.coloured(ghostColour))
		e.do("<Tab>")
		e.waitBuffer(before(source, whole))
		e.do("<C-/><C-/>")
		e.waitBuffer(before(source, ""))
	}

	t.Log("typed along, the suggestion is not asked for again, and stays")
	e.waitGhost()
	asked := e.eval("seedls--asked")
	e.do(whole[:3])
	e.waitBuffer(before(source, whole[:3]))
	e.waitGhostText(ghost[3:])
	e.do("<BS>")
	e.waitBuffer(before(source, whole[:2]))
	e.waitGhostText(ghost[2:])
	require.Equal(t, asked, e.eval("seedls--asked"))
	e.do("<Tab>")
	e.waitBuffer(before(source, whole))

	t.Log("dismissed, or with the cursor elsewhere, it is gone, and its keys are what they were")
	e.do("<C-/>")
	e.waitGhost()
	e.do("<C-g>")
	e.waitGhostText("")
	require.Equal(t, "nil", e.eval("(eq (key-binding (kbd \"TAB\")) 'seedls-accept)"))
	e.do("<BS>")
	e.waitGhost()
	require.Equal(t, "t", e.eval("(eq (key-binding (kbd \"TAB\")) 'seedls-accept)"))
	e.do("<C-a>")
	e.waitGhostText("")
}

// TestEmacsSetUp does what README.md says, in a clone.
func TestEmacsSetUp(t *testing.T) {
	m := emacsMachine(t, "sid")
	require.NoError(t, os.MkdirAll(filepath.Join(m.folder, "home", "src"), 0o755))
	require.NoError(t, os.Symlink(m.path("clone"), filepath.Join(m.folder, "home", "src", "seedls")))
	_, page, _ := strings.Cut(read(t, "README.md"), "\n## Emacs\n")
	block := regexp.MustCompile("(?s)```elisp\n(.*?)```").FindStringSubmatch(page)[1]
	began := time.Now()
	e := m.emacs(t, emacsBase+block+steady, "work/read.go")
	e.goTo(5)
	e.do(typedInEmacs)
	e.waitGhost()
	t.Logf("%v from starting Emacs to ghost text", time.Since(began))
}

func TestEmacsCodeActions(t *testing.T) {
	e := emacsMachine(t, "sid").emacs(t, emacsSetUp, "work/read.go")
	e.waitReady()
	e.goTo(5)
	e.do(typedInEmacs + "<M-x>seedls-fill<CR>")
	require.NotEmpty(t, strings.TrimSpace(accepted(t, e.waitChanged(before(source, "")))))
	e.do("<C-/>")
	e.waitBuffer(before(source, ""))
	e.do("<M-x>seedls-rewrite<CR>")
	e.waitScreen("Seedls has nothing to rewrite here")
}

// TestEmacsEglot has no ghost text, but seedls as the server of Eglot.
func TestEmacsEglot(t *testing.T) {
	e := emacsMachine(t, "sid").emacs(t, emacsBase+`
(add-to-list 'load-path (concat clone "/editors/emacs"))
(require 'seedls)
(seedls-eglot-setup 'go-mode)
(setq eglot-workspace-configuration '(:seedls (:block 16)))
(add-hook 'go-mode-hook #'eglot-ensure)
`, "work/read.go")
	e.waitEglot()
	e.goTo(5)
	e.do("<C-q><Tab>if <C-M-i>")
	e.waitEmacs("completed", func() bool { return strings.Contains(e.buffer(), "\tif err") })
	e.do("<C-/>")
	e.waitBuffer(before(source, ""))
	e.do("<M-x>eglot-code-actions<CR>")
	e.waitScreen("Pick an action")
	e.do("Fill<Tab><CR>")
	require.NotEmpty(t, strings.TrimSpace(accepted(t, e.waitChanged(before(source, "")))))
}

func TestEmacsCandidates(t *testing.T) {
	e := emacsMachine(t, "sid").emacs(t, emacsDoubled, "work/read.go")
	e.waitReady()
	e.goTo(5)
	e.do("<C-q><Tab>x := ")
	e.waitGhostText("first()")
	e.waitScreen("(Go seedls!)")
	for _, step := range [][3]string{
		{"<M-n>", `second("𝄞")`, "2 of 3"},
		{"<M-n>", "third()", "3 of 3"},
		{"<M-n>", "first()", "1 of 3"},
		{"<M-p>", "third()", "3 of 3"},
		{"<M-p>", `second("𝄞")`, "2 of 3"},
	} {
		e.do(step[0])
		e.waitScreen("x := " + step[1])
		e.waitScreen("seedls: " + step[2])
	}
	t.Log("what was typed leaves those that begin with it")
	e.do("second<M-n>")
	e.waitScreen("seedls: 2 of 3")
	e.do("<Tab>")
	e.waitEmacs("accepted", func() bool { return strings.Contains(e.buffer(), "\n\tx := second(\"𝄞\")\n") })
	e.do("<M-x>seedls-status<CR>")
	e.waitScreen("*seedls status*")
	require.Regexp(t, `command +\S+/double double\nversion +1\nprocess +\d+\ndocuments +2\n`,
		e.eval(`(with-current-buffer "*seedls status*" (buffer-string))`))
}

func TestEmacsNextEdit(t *testing.T) {
	m := emacsMachine(t, "sid")
	m.write(t, "work/names.go", "package names\n\nvar old = 1\n\n// é𝄞 old\nfunc get() int { return old }\n")
	e := m.emacs(t, emacsDoubled, "work/names.go")
	e.waitReady()
	next := "<M-x>seedls-next-edit<CR>"
	e.do(next)
	e.waitScreen("var oldnew = 1") // struck in red, and green
	require.Equal(t, "4", e.eval("(current-column)"))
	e.do(next)
	e.waitScreen("é𝄞 oldnew")
	require.Contains(t, e.buffer(), "var new = 1\n")
	e.do("<M-<>// typed<CR>")
	e.waitScreen("é𝄞 old\n")
	e.do(next)
	e.waitScreen("é𝄞 oldnew")
	e.do(next)
	e.waitScreen("return oldnew")
	e.do(next)
	e.waitBuffer("// typed\npackage names\n\nvar new = 1\n\n// é𝄞 new\nfunc get() int { return new }\n")
	e.do(next)
	e.waitScreen("seedls: no next edit")
}

// TestEmacsRestart kills the server's process, again and again.
func TestEmacsRestart(t *testing.T) {
	e := emacsMachine(t, "sid").emacs(t, emacsSetUp, "work/read.go")
	pid := func() int {
		t.Helper()
		id, err := strconv.Atoi(e.eval("(process-id (jsonrpc--process seedls--server))"))
		require.NoError(t, err)
		return id
	}
	e.waitReady()
	e.goTo(5)
	e.do(typedInEmacs)
	ghost := e.waitGhost()
	for range 4 {
		dead := pid()
		require.NoError(t, syscall.Kill(dead, syscall.SIGKILL))
		e.waitEmacs("another server", func() bool { return pid() != dead })
		e.waitReady()
	}
	e.do("x")
	e.waitGhostText("")
	e.do("<BS>")
	e.waitGhostText(ghost)
	require.NoError(t, syscall.Kill(pid(), syscall.SIGKILL))
	e.waitScreen("The server died too often")
	e.do("<C-x>1")
	e.waitScreen("(Go seedls!)")
	e.do("<M-x>seedls-restart<CR>")
	e.waitReady()
	e.do("<C-g>")
	e.waitGhostText("")
	e.do("x<BS>")
	e.waitGhostText(ghost)
}

// TestEmacsTwoServers has gopls in the same buffer, which Eglot runs.
func TestEmacsTwoServers(t *testing.T) {
	m := emacsMachine(t, "sid")
	m.needs(t, "gopls", "go")
	m.write(t, "work/go.mod", "module server\n\ngo 1.24\n")
	m.write(t, "work/read.go", strings.Replace(source, "\n\n", "\n\nimport (\n\t\"io\"\n\t\"os\"\n)\n\n", 1))
	e := m.emacs(t, emacsSetUp+"(add-hook 'go-mode-hook #'eglot-ensure)", "work/read.go")
	e.waitReady()
	e.waitEglot()
	require.Contains(t, e.eval("(plist-get (eglot--server-info (eglot-current-server)) :name)"), "gopls")
	e.goTo(10)
	e.do(typedInEmacs)
	ghost := e.waitGhost()
	e.do("<Tab>")
	e.waitEmacs("accepted", func() bool { return strings.Contains(e.buffer(), "\tif "+strings.SplitN(ghost, "\n", 2)[0]) })

	t.Log("the list of gopls hides ghost text while it is shown")
	e.goTo(8)
	e.do("<CR><C-q><Tab>os.Re<C-M-i>")
	e.waitScreen("ReadFile")
	require.Empty(t, e.screen.coloured(ghostColour))
}

// TestEmacsInSync makes many kinds of changes in Emacs, and compares the server's text with that of the buffer.
func TestEmacsInSync(t *testing.T) {
	m := emacsMachine(t, "sid")
	for _, encoding := range []string{"utf-8", "utf-16", "utf-32"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			m := m
			m.write(t, "work/"+encoding+".go", "// é𝄞漢\nfunc f() {}\n")
			out := m.batch(t, encoding+".el", fmt.Sprintf(`
(require 'seedls)
(setq seedls-command '("CLONE/bin/double" "double") seedls--encodings [%q])
(find-file %q)
(seedls--wait-ready)
(random "seed")
(defun agree (after)
  (let ((theirs (progn (seedls--sync) (jsonrpc-request seedls--server :double/text (seedls--here))))
        (ours (seedls--text 1 (1+ (buffer-size)))))
    (unless (equal theirs ours) (error "%%s: the server has %%S, the buffer %%S" after theirs ours))
    (unless (equal (seedls--at (seedls--position (point))) (point)) (error "%%s: point is elsewhere" after))))
(defun anywhere () (goto-char (1+ (random (point-max)))))
(defvar sent-whole 0)
(advice-add 'jsonrpc-notify :before
            (lambda (_ method params)
              (when (and (eq method :textDocument/didChange)
                         (not (plist-get (aref (plist-get params :contentChanges) 0) :range)))
                (cl-incf sent-whole))))
(dotimes (i 400)
  (dotimes (_ (1+ (random 3)))
    (anywhere)
    (pcase (random 5)
      (0 (insert (seq-random-elt '("x" "é" "𝄞𝄞" "漢\n" "\n" "\n\n\t" "a\rb" "\x3fff80" "\xd834" "\x3fff00"))))
      (1 (delete-region (point) (min (point-max) (+ (point) (random 9)))))
      (2 (unless (eobp) (delete-char 1)))
      (3 (insert-file-contents buffer-file-name))
      (4 (ignore-errors (kill-line)))))
  (when (> (buffer-size) 2000) (delete-region 500 (point-max)))
  (agree i))
(unless (zerop sent-whole) (error "The whole text was sent %%d times" sent-whole))
(erase-buffer) (agree "erase-buffer")
(insert "one two\nthree é𝄞 four\n") (agree "insert")
(goto-char 12) (transpose-words 1) (agree "transpose-words")
(transpose-lines 1) (agree "transpose-lines")
(upcase-region 1 12) (agree "upcase-region")
(subst-char-in-region 1 (point-max) ?O ?Q) (agree "subst-char-in-region")
(replace-regexp-in-region "[A-Z]+" "𝄞é" 1) (agree "replace-regexp-in-region")
(sort-lines nil 1 (point-max)) (agree "sort-lines")
(fill-region 1 (point-max)) (agree "fill-region")
(setq buffer-undo-list nil) (buffer-enable-undo) (insert "typed") (undo-boundary) (kill-word -1) (undo-boundary)
(primitive-undo 1 buffer-undo-list) (agree "undo")
(narrow-to-region 3 6) (insert "narrow𝄞") (agree "narrowed") (widen) (agree "widened")
(let ((inhibit-modification-hooks t)) (insert "secretly")) (agree "without hooks")
(revert-buffer t t t) (agree "revert")
(set-visited-file-name "work/renamed.go" t) (agree "renamed")
(text-mode) (agree "another mode")
(unless (member #'seedls--after-change after-change-functions) (error "The mode took the hooks along"))
(message "agreed, %%d times by the whole text" sent-whole)
`, encoding, m.path("work/"+encoding+".go")))
			require.Contains(t, out, "agreed")
			t.Log(strings.TrimSpace(out[strings.LastIndex(out, "agreed"):]))
		})
	}
}

// TestEmacsEncodings counts positions as bytes, as UTF-16 and as code points, with the real server.
func TestEmacsEncodings(t *testing.T) {
	for _, encoding := range []string{"utf-8", "utf-16", "utf-32"} {
		t.Run(encoding, func(t *testing.T) {
			m := emacsMachine(t, "sid")
			e := m.emacs(t, emacsSetUp+fmt.Sprintf("(setq seedls--encodings [%q])", encoding), "work/read.go")
			e.waitReady()
			require.Equal(t, encoding, e.eval("(plist-get (plist-get (oref seedls--server initialized) :capabilities) :positionEncoding)"))
			const line = "if err := f.Sync(\"é𝄞漢\"); "
			e.goTo(5)
			e.do("<C-q><Tab>" + line)
			e.waitGhost()
			e.do("<Tab>")
			e.waitEmacs("accepted", func() bool {
				return regexp.MustCompile(`(?s)` + regexp.QuoteMeta(line) + `\S.*\n\tdefer`).MatchString(e.buffer())
			})
		})
	}
}

func TestEmacsWithoutProgram(t *testing.T) {
	m := emacsMachine(t, "sid")
	program := filepath.Join(m.folder, "clone", "bin", "seedls")
	require.NoError(t, os.Rename(program, program+"-later"))
	e := m.emacs(t, emacsSetUp, "work/read.go")
	e.waitScreen("No program seedls: put it on the PATH, or run")
	require.NoError(t, os.Rename(program+"-later", program))
	e.do("<C-x>1<M-x>seedls-restart<CR>")
	e.waitReady()

	t.Log("one that can share its process does")
	m.write(t, "clone/bin/daemon", "#!/bin/sh\necho \"$@\" >>"+m.path("arguments")+`
[ "$2" = --help ] && exec echo "      --remote auto   have a daemon serve"
exec `+m.path("clone/bin/seedls")+" serve\n")
	require.NoError(t, os.Chmod(filepath.Join(m.folder, "clone", "bin", "daemon"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(m.folder, "bin"), 0o755))
	require.NoError(t, os.Rename(filepath.Join(m.folder, "clone", "bin", "daemon"), filepath.Join(m.folder, "bin", "seedls")))
	e.do("<M-x>seedls-restart<CR>")
	e.waitReady()
	require.Equal(t, "serve --help\nserve --remote=auto\n", read(t, filepath.Join(m.folder, "arguments")))
}

// TestEmacsPackage holds the package to what Emacs's own tools say of it.
func TestEmacsPackage(t *testing.T) {
	m := emacsMachine(t, "sid")
	require.Empty(t, m.batch(t, "check.el", `
(setq byte-compile-error-on-warn t)
(defvar folder "CLONE/editors/emacs/")
(dolist (file (directory-files folder t "\\.el\\'"))
  (unless (byte-compile-file file) (error "%s" file)))
(require 'checkdoc)
(dolist (file (directory-files folder t "\\.el\\'"))
  (checkdoc-file file))
(dolist (source (file-expand-wildcards "/usr/share/emacs/site-lisp/elpa-src/*"))
  (add-to-list 'load-path source))
(require 'package-lint)
(setq package-lint-main-file (concat folder "seedls.el"))
(dolist (file (directory-files folder t "\\.el\\'"))
  (with-temp-buffer
    (insert-file-contents file t)
    (emacs-lisp-mode)
    (pcase-dolist (`+"`(,line ,_ ,kind ,what)"+` (package-lint-buffer))
      (princ (format "%s:%d: %s: %s\n" (file-name-nondirectory file) line kind what)))))
`))
}

// TestEmacsStable starts the Emacs of Debian stable.
func TestEmacsStable(t *testing.T) {
	m := emacsMachine(t, "stable")
	require.Contains(t, m.batch(t, "stable.el", fmt.Sprintf(`
(require 'seedls)
(switch-to-buffer (find-file-noselect %q))
(prog-mode)
(seedls-ghost-mode)
(seedls--wait-ready)
(goto-line 5)
(end-of-line)
(insert "\tif ")
(seedls--ask 2 #'ignore)
(with-timeout (20 (error "No suggestion"))
  (while (not seedls--shown) (accept-process-output nil 0.05)))
(seedls-accept)
(princ (buffer-string))
`, m.path("work/read.go"))), "\tif err")
}
