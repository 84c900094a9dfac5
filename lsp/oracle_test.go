package lsp

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"seedls/lsp/completion"
	"seedls/lsp/lsptest"
)

var operations = flag.Int("operations", 15_000, "how many edits, requests and cancellations the oracle judges")

// A mirror is a completer that answers with what it was asked about. It takes its time, so that requests overlap.
type mirror struct{}

func (mirror) Complete(ctx context.Context, r completion.Request) (*completion.Result, error) {
	select {
	case <-time.After(100 * time.Microsecond):
		return &completion.Result{Text: reflection(fmt.Sprintf("%x", sha1.Sum([]byte(r.Prefix+r.Suffix))), len(r.Prefix))}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reflection is what a mirror says of a text with a hash at a byte.
func reflection(hash string, offset int) string { return fmt.Sprintf("%s at %d", hash, offset) }

// TestOracle has three editors, each with another encoding, send the same random edits, with requests among them of which
// some are cancelled and some overtaken by the next edits. Whatever is answered is what the text of
// vscode-languageserver-textdocument has.
func TestOracle(t *testing.T) {
	dir := lsptest.NodeClient(t, filepath.Join("testdata", "client"))
	node := exec.CommandContext(t.Context(), "node", "textdocument.mjs", "2", strconv.Itoa(*operations))
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
	next := func(into any) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("node ended early: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var first struct{ Text string }
	next(&first)
	encodings := []string{"utf-8", "utf-16", "utf-32"}
	var editors []*editor
	for _, encoding := range encodings {
		params := object{"capabilities": object{"general": object{"positionEncodings": []string{encoding}}}}
		editors = append(editors, initializedWith(t, Options{Completer: mirror{}, Logger: slog.New(slog.DiscardHandler)}, params, first.Text))
	}
	// An answer that nobody waits for yet, and what it may be.
	type late struct {
		pending
		want string
	}
	var answers []late
	done, judged, cancelled := 0, 0, 0
	judge := func(l late) {
		t.Helper()
		r := l.wait()
		if r.code() == -32800 {
			cancelled++
			return
		}
		var list completionList
		decodeReply(t, r, &list)
		for _, item := range list.Items { // none if the text changed since
			if judged++; !strings.HasSuffix(item.TextEdit.NewText, l.want) {
				t.Fatalf("after %d operations: the answer is %q, want %q", done, item.TextEdit.NewText, l.want)
			}
		}
	}
	for version := 2; done < *operations; version++ {
		var step struct {
			Changes []struct {
				Range, Ranges json.RawMessage
				Text, SHA1    string
			}
			Back                int
			Position, Positions json.RawMessage
		}
		next(&step)
		want := reflection(step.Changes[len(step.Changes)-1].SHA1, step.Back)
		for i, e := range editors {
			changes := []object{}
			for _, c := range step.Changes {
				change := object{"text": c.Text}
				if c.Range != nil {
					change["range"] = inEncoding(t, encodings[i], c.Range, c.Ranges)
				}
				changes = append(changes, change)
			}
			e.notify("textDocument/didChange", object{
				"textDocument": object{"uri": docURI, "version": version}, "contentChanges": changes,
			})
			p := e.begin("textDocument/completion", object{
				"textDocument": object{"uri": docURI}, "position": inEncoding(t, encodings[i], step.Position, step.Positions),
			})
			done += len(changes) + 1
			switch (version + i) % 3 {
			case 0:
				judge(late{p, want})
			case 1:
				e.notify("$/cancelRequest", object{"id": p.id})
				done++
				fallthrough
			default:
				answers = append(answers, late{p, want})
			}
		}
		if len(answers) > 30 {
			for _, l := range answers {
				judge(l)
			}
			answers = answers[:0]
		}
	}
	for _, l := range answers {
		judge(l)
	}
	t.Logf("%d operations, %d answers right, %d cancelled", done, judged, cancelled)
	if judged < *operations/20 || cancelled == 0 {
		t.Errorf("of %d operations only %d answers could be judged, and %d were cancelled", done, judged, cancelled)
	}
}

// inEncoding chooses between what is counted in UTF-16 and the same in other units.
func inEncoding(t *testing.T, encoding string, utf16, others json.RawMessage) json.RawMessage {
	if encoding == "utf-16" {
		return utf16
	}
	var by map[string]json.RawMessage
	if err := json.Unmarshal(others, &by); err != nil {
		t.Fatal(err)
	}
	return by[encoding]
}
