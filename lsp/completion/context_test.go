package completion_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/lsp/completion"
)

// TestContext has declarations of the package and recent text before the prefix, in that order, within a budget, and the
// cache goes on serving while a line is typed.
func TestContext(t *testing.T) {
	dir := t.TempDir()
	other := "package p\n\nfunc Dial(address string) (*Conn, error) { return nil, nil }\n\nfunc (c *Conn) Close() error { return nil }\n\ntype Unused int\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conn.go"), []byte(other), 0o600))
	completer := open(t)
	r := completion.Request{
		Path:     "p/a.go",
		File:     filepath.Join(dir, "a.go"),
		Prefix:   "package p\n\nfunc f() error {\n\tc, err := Dial(\"a\")\n\tdefer c.Close()\n\t",
		Suffix:   "\n}\n",
		Recent:   []string{"func recently() {}", strings.Repeat("far too long\n", 500)},
		Document: "a.go",
		Options:  completion.DefaultOptions(),
	}
	r.Options.Context = completion.Sources
	e, err := completer.Explain(t.Context(), r, nil)
	require.NoError(t, err)
	require.Equal(t, []completion.Chunk{
		{Source: completion.PackageSource, Text: "func Dial(address string) (*Conn, error)\n"},
		{Source: completion.PackageSource, Text: "func (c *Conn) Close() error\n"},
		{Source: completion.RecentSource, Text: "func recently() {}\n"},
	}, e.Prompt.Context)
	require.Equal(t, len(r.Prefix), e.Prompt.PrefixBytes)
	require.Equal(t, e.Prompt.Tokens, 3+e.Prompt.PathTokens+e.Prompt.SuffixTokens+e.Prompt.ContextTokens+e.Prompt.PrefixTokens)

	for _, key := range "return err" {
		last := e.Prompt
		r.Prefix += string(key)
		e, err = completer.Explain(t.Context(), r, nil)
		require.NoError(t, err)
		require.Equal(t, last.Context, e.Prompt.Context)
		require.GreaterOrEqual(t, e.Prompt.Reused, last.Tokens-8, "the prompt was begun anew")
	}

	r.Options.Context = []string{}
	e, err = completer.Explain(t.Context(), r, nil)
	require.NoError(t, err)
	require.Empty(t, e.Prompt.Context)
	r.Options.Context = []string{"clipboard"}
	_, err = completer.Complete(t.Context(), r)
	require.ErrorContains(t, err, `"clipboard"`)
}
