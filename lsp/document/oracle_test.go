package document

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"go.lsp.dev/protocol"

	"seedls/lsp/lsptest"
)

// TestAgainstTextDocument compares 100,000 random edits with vscode-languageserver-textdocument: the text after each,
// and after each notification.
func TestAgainstTextDocument(t *testing.T) {
	const seed, count = 1, 100_000
	dir := lsptest.NodeClient(t, filepath.Join("..", "testdata", "client"))
	node := exec.CommandContext(t.Context(), "node", "textdocument.mjs", strconv.Itoa(seed), strconv.Itoa(count))
	node.Dir = dir
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)

	var first struct{ Text string }
	read(t, lines, &first)
	stepwise, batched := open(t, protocol.PositionEncodingKindUTF16, first.Text), open(t, protocol.PositionEncodingKindUTF16, first.Text)
	for done := 0; done < count; {
		var next struct {
			Changes []struct {
				Change
				SHA1 string
			}
			Byte     int
			Position protocol.Position
		}
		read(t, lines, &next)
		var changes []Change
		for _, c := range next.Changes {
			done++
			changes = append(changes, c.Change)
			got := mustChange(t, stepwise, c.Change)
			if hash(got.Text) != c.SHA1 {
				t.Fatalf("edit %d, %v %q: texts differ: we have %q", done, c.Range, *c.Text, got.Text)
			}
		}
		got := mustChange(t, batched, changes...)
		if want := next.Changes[len(next.Changes)-1].SHA1; hash(got.Text) != want {
			t.Fatalf("edits up to %d, applied at once: texts differ: we have %q", done, got.Text)
		}
		if p := got.Position(next.Byte); p != next.Position {
			t.Fatalf("after edit %d: byte %d of %q is at %v, want %v", done, next.Byte, got.Text, p, next.Position)
		}
		if offset := got.Offset(next.Position); got.Position(offset) != next.Position {
			t.Fatalf("after edit %d: %v of %q is byte %d", done, next.Position, got.Text, offset)
		}
	}
	if err := node.Wait(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, lines *bufio.Scanner, into any) {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("node ended early: %v", lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), into); err != nil {
		t.Fatalf("%s: %v", lines.Bytes(), err)
	}
}

func hash(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
