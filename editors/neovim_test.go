package editors

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the pictures of editors/README.md again")

const source = `package server

func read(path string) ([]byte, error) {
	f, err := os.Open(path)

	defer f.Close()
	return io.ReadAll(f)
}
`

// typed is how the tests begin: "if " typed into the empty line of source, where err is what can be checked.
const typed = "5GA\tif "

// neovimMachine has a Neovim that has inline completion.
func neovimMachine(t *testing.T) machine {
	t.Helper()
	version, _ := exec.CommandContext(t.Context(), "nvim", "--version").Output()
	m := newMachine(t, "sid", "nvim", regexp.MustCompile(`^NVIM v(0\.1[2-9]|[1-9])`).Match(version))
	m.write(t, "work/read.go", source)
	m.write(t, "work/.git/HEAD", "")
	return m
}

func before(text, suggestion string) string {
	return strings.Replace(text, "(path)\n\n", "(path)\n\tif "+suggestion+"\n", 1)
}

// accepted is the suggestion in the empty line of source.
func accepted(t *testing.T, buffer string) string {
	t.Helper()
	_, after, _ := strings.Cut(buffer, "(path)\n\tif ")
	suggestion, _, ok := strings.Cut(after, "\n\tdefer")
	require.True(t, ok, buffer)
	return suggestion
}

func TestNeovimAccept(t *testing.T) {
	m := neovimMachine(t)
	n := m.neovim(t, setUp, "work/read.go")
	n.waitAttached()
	n.do(typed)
	ghost := n.waitGhost()
	if *update {
		lua[any](n, `vim.o.statusline = ' %f %= %{v:lua.require("seedls").status()} ' vim.cmd.redraw()`)
		n.waitScreen("read.go")
		n.waitGhost()
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "neovim.svg"), []byte(n.screen.svg()), 0o644))
	}
	n.do("<Tab>")
	whole := accepted(t, n.waitChanged(before(source, "")))
	require.Equal(t, before(source, whole), n.buffer())
	require.Equal(t, strings.ReplaceAll(whole, "\t", strings.Repeat(" ", 8)), ghost)
	require.NotEqual(t, " ", whole)

	t.Log("what was accepted is undone by itself")
	n.do("<Esc>u")
	n.wait("undone", func() bool { return n.buffer() == before(source, "") })

	t.Log("a word, and a line")
	for key, part := range map[string]string{"<M-w>": `^\s*(\w+|[^\s\w]+)`, "<M-l>": `^\n?[^\n]*`} {
		n.do("<Esc>5GA")
		n.waitGhost()
		n.do(key)
		want := regexp.MustCompile(part).FindString(whole)
		require.Equal(t, before(source, want), n.waitChanged(before(source, "")))
		n.waitGhost()
		n.do("<Tab>")
		require.Equal(t, before(source, whole), n.waitChanged(before(source, want)))
		n.do("<Esc>uu")
		n.wait("undone", func() bool { return n.buffer() == before(source, "") })
	}

	t.Log("typed along and accepted at once")
	n.do("<Esc>5GA")
	n.waitGhost()
	n.do(whole[:3] + "<Tab>")
	n.wait("accepted", func() bool { return n.buffer() == before(source, whole) })

	t.Log("with nothing to accept the key is itself")
	n.do("<Esc>u5GS<Tab>x<Esc>")
	n.waitScreen("        x")
	n.requireNoError()
}

func TestNeovimCodeAction(t *testing.T) {
	m := neovimMachine(t)
	n := m.neovim(t, setUp, "work/read.go")
	n.waitAttached()
	n.do(typed + "<Esc>:Seedls fi<Tab>")
	n.waitScreen(":Seedls fill")
	n.do("<C-u>Seedls fill<CR>")
	require.NotEmpty(t, strings.TrimSpace(accepted(t, n.waitChanged(before(source, "")))))
	n.requireNoError()

	t.Log("the list, as Neovim shows it")
	n.do("ugra")
	n.waitScreen("Fill here with seedls")
	n.do("<Esc>")
	n.requireNoError()
}

func TestNeovimCommands(t *testing.T) {
	m := neovimMachine(t)
	n := m.neovim(t, setUp, "work/read.go")
	n.waitAttached()
	said := func(command string) string {
		output, err := n.Exec(command, true)
		require.NoError(t, err)
		return output
	}
	require.Contains(t, said("Seedls status"), m.path("clone/bin/seedls")+" serve\n")
	require.Contains(t, said("Seedls status"), "ghost text  on")
	require.Equal(t, "seedls", lua[string](n, `return require('seedls').status()`))

	n.do(typed)
	n.waitGhost()
	n.do("<Esc>:Seedls snooze 5<CR>")
	n.wait("snoozed", func() bool { return lua[string](n, `return require('seedls').status()`) == "seedls off" })
	require.Contains(t, said("Seedls status"), "snoozed until")
	n.do("A<Tab>")
	n.wait("a tab", func() bool { return n.buffer() == before(source, "\t") })
	n.do("<Esc>u:Seedls snooze 0<CR>A")
	n.waitGhost()
	n.do("<Esc>:Seedls disable<CR>")
	n.wait("ended", func() bool { return lua[int](n, `return #vim.lsp.get_clients()`) == 0 })
	require.Equal(t, "", lua[string](n, `return require('seedls').status()`))
	n.do(":Seedls enable<CR>")
	n.waitAttached()
	n.do(":Seedls log<CR>")
	n.waitScreen("lsp.log")
	n.do(":quit<CR>:checkhealth seedls<CR>")
	n.wait("health", func() bool { return strings.Contains(n.buffer(), "seedls: ghost text") })
	require.NotContains(t, n.buffer(), "ERROR")
	require.NotContains(t, n.buffer(), "WARNING")
	require.Contains(t, n.buffer(), "ghost text by vim.lsp.inline_completion\n")
	n.do(":helptags ALL | help seedls-keys<CR>")
	n.waitScreen("<Plug>(seedls-accept)")
	n.requireNoError()
}

func TestNeovimCandidates(t *testing.T) {
	m := neovimMachine(t)
	m.write(t, "clone/double.lua", read(t, "testdata/double.lua"))
	n := m.neovim(t, doubled, "work/read.go")
	n.waitAttached()
	n.do("5GA\tx := ")
	require.Equal(t, "first()", n.waitGhost())
	for _, step := range [][2]string{{"<M-n>", "second() (2/3)"}, {"<M-n>", "third() (3/3)"}, {"<M-n>", "first() (1/3)"}, {"<M-p>", "third() (3/3)"}} {
		n.do(step[0])
		n.waitScreen("x := " + step[1])
	}
	n.do("<Tab>")
	n.wait("accepted", func() bool { return strings.Contains(n.buffer(), "\n\tx := third()\n") })
	n.do("<Esc>")
	require.Equal(t, "seedls!", lua[string](n, `return require('seedls').status()`))
	n.do(":Seedls status<CR>")
	n.waitPrompt("Warning only a double")
	n.do("<CR>")
	n.requireNoError()
}

func TestNeovimNextEdit(t *testing.T) {
	m := neovimMachine(t)
	m.write(t, "clone/double.lua", read(t, "testdata/double.lua"))
	m.write(t, "work/names.go", "package names\n\nvar old = 1\n\n// é𝄞 old\nfunc get() int { return old }\n")
	n := m.neovim(t, doubled, "work/names.go")
	n.waitAttached()
	n.do("<M-e>")
	n.waitScreen("var oldnew = 1") // struck in red, and green
	require.Equal(t, []int{3, 4}, lua[[]int](n, `return vim.api.nvim_win_get_cursor(0)`))
	n.do("<M-e>")
	n.waitScreen("é𝄞 oldnew")
	require.Contains(t, n.buffer(), "var new = 1\n")
	n.do("ggO// typed<Esc>")
	n.waitScreen("é𝄞 old\n")
	n.do("<M-e>")
	n.waitScreen("é𝄞 oldnew")
	n.do("<M-e>")
	n.waitScreen("return oldnew")
	n.do("<M-e>")
	n.wait("done", func() bool {
		return n.buffer() == "// typed\npackage names\n\nvar new = 1\n\n// é𝄞 new\nfunc get() int { return new }\n"
	})
	n.do(":Seedls next<CR>")
	n.waitScreen("no next edit")
	n.requireNoError()
}

// TestNeovimRename renames a variable by hand where it is declared, and goes from use to use.
func TestNeovimRename(t *testing.T) {
	m := neovimMachine(t)
	m.write(t, "work/names.go", "package names\n\nfunc sum(list []int) int {\n\tfirst := list[0]\n\treturn first + first\n}\n")
	n := m.neovim(t, setUp, "work/names.go")
	n.waitAttached()
	n.do("4G0wcwhead<Esc>")
	n.wait("renamed", func() bool { return strings.Contains(n.buffer(), "\thead := list[0]") })
	n.do("<M-e>")
	n.waitScreen("return firsthead + first")
	n.do("<M-e>")
	n.waitScreen("return head + firsthead")
	n.do("<M-e>")
	n.wait("renamed everywhere", func() bool { return strings.Contains(n.buffer(), "return head + head\n") })
	n.requireNoError()
}

// TestNeovimRestart kills the server's process, which Neovim does not start again by itself.
func TestNeovimRestart(t *testing.T) {
	m := neovimMachine(t)
	n := m.neovim(t, setUp, "work/read.go")
	n.waitAttached()
	n.do(typed)
	ghost := n.waitGhost()
	first := lua[int](n, `return vim.lsp.get_clients({ name = 'seedls' })[1].id`)
	children := lua[[]int](n, `return vim.api.nvim_get_proc_children(vim.fn.getpid())`)
	require.Len(t, children, 1)
	server, err := os.FindProcess(children[0])
	require.NoError(t, err)
	require.NoError(t, server.Kill())
	n.waitPrompt("quit with exit code 0 and signal 9")
	n.do("<CR>")
	n.wait("another server", func() bool {
		return lua[bool](n, `local client = vim.lsp.get_clients({ bufnr = 0, name = 'seedls' })[1]
			return client ~= nil and client.initialized == true and client.id > ...`, first)
	})
	n.do("<Esc>5GA")
	n.wait("the same ghost text", func() bool { return n.screen.coloured(ghostColour) == ghost })
	n.do("<Tab>")
	require.NotEmpty(t, accepted(t, n.waitChanged(before(source, ""))))
}

// TestNeovimTwoServers has gopls in the same buffer.
func TestNeovimTwoServers(t *testing.T) {
	m := neovimMachine(t)
	for _, program := range []string{"gopls", "go"} {
		if err := m.command(t.Context(), program, "version").Run(); err != nil {
			missing := "no " + program + ": editors/chroot/chroot.sh make sid gopls golang-go"
			if os.Getenv("CI") != "" {
				t.Fatal(missing)
			}
			t.Skip(missing)
		}
	}
	m.write(t, "work/go.mod", "module server\n\ngo 1.24\n")
	m.write(t, "work/read.go", strings.Replace(source, "\n\n", "\n\nimport (\n\t\"io\"\n\t\"os\"\n)\n\n", 1))
	n := m.neovim(t, setUp+`
vim.lsp.config('gopls', { cmd = { 'gopls' }, filetypes = { 'go' }, root_markers = { 'go.mod' } })
vim.lsp.enable('gopls')
`, "work/read.go")
	n.waitAttached()
	n.wait("two servers", func() bool {
		return lua[int](n, `return #vim.tbl_filter(function(client) return client.initialized end, vim.lsp.get_clients({ bufnr = 0 }))`) == 2
	})
	encodings := lua[[]string](n, `return vim.tbl_map(function(client) return client.name .. ' ' .. client.offset_encoding end, vim.lsp.get_clients())`)
	t.Log(encodings)
	n.do("10GA\tif ")
	ghost := n.waitGhost()
	n.do("<Tab>")
	n.wait("accepted", func() bool { return strings.Contains(n.buffer(), "\tif "+strings.SplitN(ghost, "\n", 2)[0]) })
	n.do("<Esc>")

	t.Log("the list has completions of gopls")
	n.do("/defer<CR>oos.<C-x><C-o>")
	n.wait("offered", func() bool {
		return lua[bool](n, `return vim.iter(vim.fn.complete_info({ 'items' }).items):any(function(item)
			return vim.startswith(item.word, 'Chdir')
		end)`)
	})
	n.do("<C-e><Esc>")
	n.requireNoError()
}

// TestNeovimEncodings counts positions as bytes, as UTF-16 and as code points, after characters that differ in all.
func TestNeovimEncodings(t *testing.T) {
	for _, encoding := range []string{"utf-8", "utf-16", "utf-32"} {
		t.Run(encoding, func(t *testing.T) {
			m := neovimMachine(t)
			n := m.neovim(t, setUp+"vim.lsp.config('seedls', { capabilities = { general = { positionEncodings = { '"+encoding+"' } } } })",
				"work/read.go")
			n.waitAttached()
			require.Equal(t, encoding, lua[string](n, `return vim.lsp.get_clients()[1].offset_encoding`))
			const line = "\tif err := f.Sync(\"é𝄞漢\"); "
			n.do("5GA" + line)
			n.waitGhost()
			n.do("<Tab>")
			n.wait("accepted", func() bool {
				return regexp.MustCompile("(?s)" + regexp.QuoteMeta(line) + `\S.*\n\tdefer`).MatchString(n.buffer())
			})
			t.Log("after edits in a line with such characters, the server's text is still that of the buffer")
			n.do("<Esc>u0f漢x0f𝄞i漢<Esc>5GSif ")
			n.wait("typed", func() bool { return n.buffer() == before(source, "") })
			n.waitGhost()
			n.do("<Tab>")
			require.NotEmpty(t, strings.TrimSpace(accepted(t, n.waitChanged(before(source, "")))))
			n.requireNoError()
		})
	}
}

// TestNeovimSetUp does what README.md says, in a clone and with vim.pack.
func TestNeovimSetUp(t *testing.T) {
	_, page, _ := strings.Cut(read(t, "README.md"), "\n## Neovim\n")
	const oneLength = "vim.lsp.config('seedls', { settings = { seedls = { block = 16 } } })"
	blocks := regexp.MustCompile("(?s)```lua\n(.*?)```").FindAllStringSubmatch(page, 2)
	t.Run("clone", func(t *testing.T) {
		m := neovimMachine(t)
		require.NoError(t, os.MkdirAll(filepath.Join(m.folder, "home", "src"), 0o755))
		require.NoError(t, os.Symlink(m.path("clone"), filepath.Join(m.folder, "home", "src", "seedls")))
		n := m.neovim(t, blocks[0][1]+oneLength, "work/read.go")
		n.acceptsWhole()
	})
	t.Run("vim.pack", func(t *testing.T) {
		m := neovimMachine(t)
		m.write(t, "bin/make", "#!/bin/sh\nmkdir bin\ncp "+m.path("clone/bin/seedls")+" bin/\n") // takes no minute
		require.NoError(t, os.Chmod(filepath.Join(m.folder, "bin", "make"), 0o755))
		git := `cp -r clone repository && rm -r repository/bin && cd repository && git init -q . && git add . &&
			git -c user.name=a -c user.email=a commit -qm all`
		out, err := m.command(t.Context(), "sh", "-c", git).CombinedOutput()
		require.NoError(t, err, string(out))
		n := m.neovim(t, strings.ReplaceAll(blocks[1][1], "REPOSITORY", "file://"+m.path("repository"))+oneLength, "work/read.go")
		n.waitPrompt("These plugins will be installed")
		n.do("y")
		n.acceptsWhole()
		require.Contains(t, lua[string](n, `return vim.lsp.config.seedls.cmd[1]`), "/pack/core/opt/seedls/bin/seedls")
	})
}

// acceptsWhole types, and accepts what is suggested.
func (n *neovim) acceptsWhole() {
	n.t.Helper()
	n.waitAttached()
	n.do(typed)
	n.wait("ghost text", func() bool {
		return lua[bool](n, `local namespace = vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
			return namespace ~= nil and #vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, {}) > 0`)
	})
	n.do("<Tab>")
	require.NotEmpty(n.t, strings.TrimSpace(accepted(n.t, n.waitChanged(before(source, "")))))
	n.requireNoError()
}

func TestNeovimWithoutProgram(t *testing.T) {
	m := neovimMachine(t)
	require.NoError(t, os.Remove(filepath.Join(m.folder, "clone", "bin", "seedls")))
	n := m.neovim(t, setUp, "work/read.go")
	n.waitPrompt(`seedls: no program seedls: run "make build" in `)
	n.do("<CR>:checkhealth seedls<CR>")
	n.wait("health", func() bool { return strings.Contains(n.buffer(), `ERROR no program seedls: run "make build" in `) })

	_, err := n.Exec("Seedls nothing", true)
	require.ErrorContains(t, err, "no command nothing; there are declare, disable, enable, fill")
	for _, wrong := range []struct{ init, want string }{
		{"setup({ key = true })", "setup has no option key; it has config, ghost_text, keys"},
		{"setup({ keys = 'Tab' })", "option keys of setup is a string; want boolean or table"},
		{"setup({ keys = { take = 'x' } })", "keys has no action take; it has accept, "},
	} {
		require.Contains(t, lua[string](n, `return select(2, pcall(load("require('seedls')." .. ...)))`, wrong.init), wrong.want)
	}
}

// TestNeovimStable starts the Neovim of Debian stable, which is the oldest that the plugin is for.
func TestNeovimStable(t *testing.T) {
	m := newMachine(t, "stable", "nvim", false)
	m.write(t, "work/read.go", source)
	n := m.neovim(t, setUp, "work/read.go")
	n.waitAttached()
	n.do(typed + "<C-x><C-o>")
	n.wait("completed", func() bool { return strings.Contains(n.buffer(), "\tif err") })
	n.do("<C-e><Esc>u5GA\tif <Esc>:Seedls fill<CR>")
	n.wait("filled", func() bool { return strings.Contains(n.buffer(), "\tif err") })
	n.do(":Seedls snooze<CR>")
	n.waitScreen("needs Neovim 0.12")
	n.do(":Seedls next<CR>")
	n.waitScreen("need Neovim 0.12")
	n.do(":checkhealth seedls<CR>")
	n.wait("health", func() bool { return strings.Contains(n.buffer(), "no ghost text before Neovim 0.12") })
	n.requireNoError()
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(data)
}
