package typing

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// minAccepted is the least number of characters that is worth accepting: one is as soon typed.
const minAccepted = 2

// A Passage is a part of a file that is typed into the rest of it.
type Passage struct {
	// Path is the file's below the workspace folder, with slashes: "server/server.go". No such file is needed.
	Path string
	// Text is the whole file, in UTF-8, with lines that end in \n or \r\n.
	Text string
	// Start and End are the bytes of Text between which the passage lies. Neither cuts a character or a line break.
	Start, End int
}

// check returns what is wrong with a passage.
func (p Passage) check() error {
	if !fs.ValidPath(p.Path) {
		return fmt.Errorf("passage of %q: want a path below the workspace folder, such as server/server.go", p.Path)
	}
	if language(p.Path) == "" {
		return fmt.Errorf("passage of %s: no language is known by %q: want .go or .py", p.Path, path.Ext(p.Path))
	}
	if p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
		return fmt.Errorf("passage of %s: bytes %d to %d do not lie in a text of %d", p.Path, p.Start, p.End, len(p.Text))
	}
	if !utf8.ValidString(p.Text) {
		return fmt.Errorf("passage of %s: the text is no UTF-8", p.Path)
	}
	for _, part := range []string{p.Text[:p.Start], p.Text[p.Start:p.End], p.Text[p.End:]} {
		if !utf8.ValidString(part) {
			return fmt.Errorf("passage of %s: bytes %d to %d cut a character", p.Path, p.Start, p.End)
		}
		if strings.Count(part, "\r") != strings.Count(part, "\r\n") {
			return fmt.Errorf("passage of %s: bytes %d to %d cut a line break, or there is a \\r without \\n", p.Path, p.Start, p.End)
		}
	}
	return nil
}

// language is the protocol's name for that of a file, "" for one that is not known.
func language(name string) protocol.LanguageKind {
	switch path.Ext(name) {
	case ".go":
		return protocol.LanguageKindGo
	case ".py":
		return protocol.LanguageKindPython
	}
	return ""
}

// key returns what the next key types of a text that is not empty.
func key(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	if strings.HasPrefix(text, "\r\n") {
		size = len("\r\n")
	}
	if text[size-1] == '\n' {
		size = len(text) - len(strings.TrimLeft(text[size:], " \t"))
	}
	return text[:size]
}

// keys counts those that type a text without suggestions.
func keys(text string) int {
	n := 0
	for ; text != ""; n++ {
		text = text[len(key(text)):]
	}
	return n
}

// accepted returns what of a text yet to be typed a user has from a suggestion; "" where the user types on.
func accepted(suggestion, text string) string {
	line := firstLine(text)
	if utf8.RuneCountInString(line) < minAccepted || firstLine(suggestion) != line {
		return ""
	}
	return line
}

// firstLine is without the white space at its end.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRightFunc(line, unicode.IsSpace)
}
