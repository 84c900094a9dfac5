package corpus

import (
	"slices"
	"strings"
)

// reservedNames are repositories that models are evaluated on, and which must never be in a corpus.
func reservedNames() []string {
	return []string{
		"age", "sops", "mkcert", "bubbletea", "lipgloss", "glow", "cli/cli", "caddy", "fzf", "lazygit", "k9s", "HumanEval",
	}
}

// reservedIn returns the reserved name that a path of a module or repository has among its elements, whatever their
// versions, or "".
func reservedIn(name string) string {
	elements := strings.Split(strings.ToLower(name), "/")
	for i, element := range elements {
		elements[i], _, _ = strings.Cut(element, "@")
		if isHumanEval(elements[i]) {
			return "HumanEval"
		}
	}
	for _, reserved := range reservedNames() {
		want := strings.Split(reserved, "/")
		for i := 0; i+len(want) <= len(elements); i++ {
			if slices.Equal(elements[i:i+len(want)], want) {
				return reserved
			}
		}
	}
	return ""
}

// isHumanEval knows the data set by all its names, such as human-eval and humaneval-x, wherever a copy lies.
func isHumanEval(element string) bool {
	return strings.HasPrefix(strings.ReplaceAll(strings.ToLower(element), "-", ""), "humaneval")
}

// modulePath is the path that a go.mod declares, or "".
func modulePath(goMod []byte) string {
	for line := range strings.Lines(string(goMod)) {
		line, _, _ = strings.Cut(line, "//")
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "module" {
			return strings.Trim(fields[1], "\"`")
		}
	}
	return ""
}
