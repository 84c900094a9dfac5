package corpus

import (
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReservedIn(t *testing.T) {
	for name, want := range map[string]string{
		"age":                        "age",
		"filippo.io/age":             "age",
		"filippo.io/age@v1.2.0":      "age",
		"github.com/getsops/sops/v3": "sops",
		"filippo.io/mkcert":          "mkcert",
		"github.com/charmbracelet/bubbletea/examples": "bubbletea",
		"charm.land/lipgloss/v2":                      "lipgloss",
		"github.com/charmbracelet/glow/v2":            "glow",
		"github.com/cli/cli/v2":                       "cli/cli",
		"github.com/caddyserver/caddy/v2":             "caddy",
		"github.com/junegunn/fzf":                     "fzf",
		"github.com/jesseduffield/lazygit":            "lazygit",
		"github.com/derailed/k9s":                     "k9s",
		"HumanEval":                                   "HumanEval",
		"openai/human-eval":                           "HumanEval",
		"humaneval-x":                                 "HumanEval",
		"github.com/urfave/cli/v3":                    "",
		"github.com/cli/browser":                      "",
		"storage":                                     "",
		"example.com/aged":                            "",
		"":                                            "",
	} {
		if got := reservedIn(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// makeDir makes a directory with a go.mod, unless module is empty.
func makeDir(t *testing.T, module string, elements ...string) string {
	t.Helper()
	dir := filepath.Join(elements...)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if module != "" {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("// A module.\nmodule "+module+"\n\ngo 1.26\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpenTree(t *testing.T) {
	root := t.TempDir()
	mine := makeDir(t, "example.com/mine", root, "mine")
	installation := makeDir(t, "", root, "go1.26")
	src := makeDir(t, "std", installation, "src")
	file := filepath.Join(mine, "go.mod")
	link := filepath.Join(root, "harmless")
	if err := os.Symlink(makeDir(t, "", root, "fzf"), link); err != nil {
		t.Skip(err)
	}
	for argument, want := range map[string]string{ // the repository, or what the error says
		mine:                        "mine",
		mine + "/":                  "mine",
		"ours=" + mine:              "ours",
		makeDir(t, "", root, "a=b"): "a=b",
		installation:                "go",
		src:                         "go",
		"go=" + src:                 "go",
		"std=" + src:                "held out by the name go",
		"=" + mine:                  "want NAME=DIR",
		filepath.Join(root, "no"):   filepath.Join(root, "no") + ": no such file",
		file:                        file + " is no directory",
		"age=" + mine:               mine + " is age, which is kept for evaluation",
		link:                        link + " is fzf, which",
		"x=" + link:                 link + " is fzf, which",
		makeDir(t, "filippo.io/age", root, "crypt"):               "is age, which",
		makeDir(t, `"github.com/cli/cli/v2"`, root, "gh"):         "is cli/cli, which",
		makeDir(t, "", root, "cli", "cli"):                        "is cli/cli, which",
		makeDir(t, "", root, "urfave", "cli"):                     "cli",
		makeDir(t, "example.com/x", root, "age", "mine-in-age"):   "mine-in-age",
		makeDir(t, "", root, "human-eval"):                        "is HumanEval, which",
		makeDir(t, "", root, "lipgloss@v1.0.0"):                   "is lipgloss, which",
		makeDir(t, "example.com/std", root, "not-std", "src"):     "src",
		makeDir(t, "github.com/charmbracelet/glow", root, "main"): "is glow, which",
	} {
		tree, err := OpenTree(argument)
		if err != nil && !strings.Contains(err.Error(), want) || err == nil && tree.Repository != want {
			t.Errorf("%s: %q, %v, want %q", argument, tree.Repository, err, want)
		}
	}
	tree, err := OpenTree(installation)
	if err != nil || tree.module(".") != "std" {
		t.Errorf("of a Go installation: %v, %v", tree, err)
	}
}

func TestSourcesOfGo(t *testing.T) {
	tree, err := OpenTree(build.Default.GOROOT)
	if err != nil {
		t.Skip("the sources of Go are needed: ", err)
	}
	sources, err := tree.sources(t.Context(), goOnly)
	if err != nil || len(sources) < 5000 || tree.Repository != "go" {
		t.Errorf("%d sources of %s, %v", len(sources), tree.Repository, err)
	}
}
