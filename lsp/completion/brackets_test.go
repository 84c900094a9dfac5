package completion_test

import (
	"go/scanner"
	"go/token"
	"os"
	"strings"
	"testing"

	"seedls/lsp/completion"
)

// TestBracketsStayBalanced has the built-in model fill holes before, after and within the brackets of a Go file. With
// and without parsers, what is shown leaves them as balanced as they were, by the scanner of Go's own library.
func TestBracketsStayBalanced(t *testing.T) {
	data, err := os.ReadFile("../../testdata/demo/server.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "defer s.\n", "defer s.mu.Unlock()\n", 1)
	if depth := unbalanced(text); depth != 0 {
		t.Fatalf("the file has %d brackets too many", depth)
	}
	completer := open(t)
	shown := 0
	for _, marked := range []string{
		"conn, err := s.listener.Accept(‸)", "return ‸err", "s.track(‸conn‸)", "defer s.‸mu.Unlock()‸", "closed   ‸bool‸",
		"{‸\n\tfor {", "go s.‸handle(conn)‸", "for conn := range ‸s.conns‸ {", "func (s *Server) ‸Close() error‸ {",
	} {
		whole := strings.ReplaceAll(marked, "‸", "")
		at := strings.Index(text, whole)
		if at < 0 {
			t.Fatalf("no %q in the file", whole)
		}
		before, rest, _ := strings.Cut(marked, "‸")
		hole, _, ok := strings.Cut(rest, "‸")
		if !ok {
			hole = ""
		}
		start := at + len(before)
		r := completion.Request{Path: "server/server.go", Prefix: text[:start], Suffix: text[start+len(hole):]}
		r.Options = completion.DefaultOptions()
		r.Options.Canvas, r.Options.Blocks = 8, 2
		got, err := completer.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got.Text == "" {
			continue
		}
		shown++
		if depth := unbalanced(r.Prefix + got.Text + r.Suffix); depth != 0 {
			t.Errorf("%q: %q, of which %q is shown, leaves %d brackets open", marked, got.Raw, got.Text, depth)
		}
	}
	if shown < 4 {
		t.Errorf("only %d texts are shown", shown)
	}
}

// unbalanced counts the brackets of a Go text that nothing closes, or, as a negative number, those that close nothing.
func unbalanced(text string) int {
	closers := map[token.Token]token.Token{token.LPAREN: token.RPAREN, token.LBRACK: token.RBRACK, token.LBRACE: token.RBRACE}
	var s scanner.Scanner
	source := []byte(text)
	s.Init(token.NewFileSet().AddFile("", -1, len(source)), source, nil, 0)
	var open []token.Token
	stray := 0
	for {
		_, tok, _ := s.Scan()
		switch {
		case tok == token.EOF && stray > 0:
			return -stray
		case tok == token.EOF:
			return len(open)
		case closers[tok] != 0:
			open = append(open, closers[tok])
		case tok == token.RPAREN || tok == token.RBRACK || tok == token.RBRACE:
			if len(open) == 0 || open[len(open)-1] != tok {
				stray++
				continue
			}
			open = open[:len(open)-1]
		}
	}
}
