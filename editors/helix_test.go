package editors

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHelix does what README.md says of Helix, whose screen is in Neovim's terminal.
func TestHelix(t *testing.T) {
	m := newMachine(t, "sid", "hx", false)
	m.needs(t, "gopls", "go")
	m.write(t, "work/read.go", source)
	_, page, _ := strings.Cut(read(t, "README.md"), "\n## Helix\n")
	settings := regexp.MustCompile("(?s)```toml\n(.*?)```").FindStringSubmatch(page)[1]
	settings = strings.Replace(settings, "args =", "config = { block = 16 }\nargs =", 1) // the same on any machine
	m.write(t, "home/config/helix/languages.toml", settings)
	require.NoError(t, os.Symlink(m.path("clone/bin"), filepath.Join(m.folder, "bin")))
	n := m.neovim(t, `
vim.o.laststatus, vim.o.cmdheight = 0, 0
vim.fn.termopen({ 'hx', '`+m.path("work/read.go")+`' })
vim.cmd.startinsert()
`)
	text := func() string { return read(t, filepath.Join(m.folder, "work", "read.go")) }
	n.waitScreen("NOR")
	n.do("5GA<Tab>if ")
	n.waitScreen("●") // gopls, the slower of the two, has found that the line is not done
	n.do("<C-x>")
	n.waitScreen("err != nil { …") // in the list
	for range 5 {
		if strings.Contains(n.screen.text(), "if err != nil {") {
			break
		}
		before := n.screen.text()
		n.do("<C-n>") // the next of the list, as it would look
		n.wait("another", func() bool { return n.screen.text() != before })
	}
	n.do("<CR><Esc>:write<CR>")
	n.wait("completed", func() bool { return strings.Contains(text(), "\n\tif err != nil {\n") })
	n.do("<Space>a")
	n.waitScreen("Fill here with seedls")
	n.do("<Esc>:quit!<CR>")
}
