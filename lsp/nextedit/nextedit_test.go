package nextedit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"golang.org/x/tools/txtar"

	"seedls/lsp/document"
	"seedls/structure"
)

var update = flag.Bool("update", false, "write what comes out into the archives")

// TestNext makes the edits of an archive, then accepts what is proposed as long as something is. A line of edits is a
// notification: ranges, from 1, and what is to stand there, which is typed a character at a time if it says so.
func TestNext(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("no grammars")
	}
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) != 4 {
				t.Fatalf("%d files: want the text, edits, next and after", len(archive.Files))
			}
			e := open(t, archive.Files[0].Name, string(archive.Files[0].Data))
			for line := range strings.Lines(string(archive.Files[1].Data)) {
				e.edit(strings.TrimSpace(line))
			}
			var proposals strings.Builder
			for range 20 {
				next, err := Next(t.Context(), e.snapshot(), e.cursor)
				if err != nil {
					t.Fatal(err)
				}
				if next == nil {
					break
				}
				s := e.snapshot()
				start := s.Position(next.Start)
				text := next.Text + next.After
				if next.Open {
					text = next.Text + "‸" + next.After
				}
				fmt.Fprintf(&proposals, "%d:%d %q %q\n", start.Line+1, start.Character+1, s.Text[next.Start:next.End], text)
				e.replace([]document.Change{{Range: new(s.Range(next.Start, next.End)), Text: &text}}, next.Start+len(text))
			}
			got := []string{proposals.String(), e.snapshot().Text}
			for i, g := range got {
				if file := &archive.Files[2+i]; string(file.Data) != g {
					if !*update {
						t.Errorf("%s is\n%s\nwant\n%s", file.Name, g, file.Data)
					}
					file.Data = []byte(g)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// An editor edits one document.
type editor struct {
	t       *testing.T
	store   *document.Store
	name    uri.URI
	version int32
	cursor  int
}

func open(t *testing.T, path, text string) *editor {
	e := &editor{t: t, store: document.NewStore(protocol.PositionEncodingKindUTF8), name: uri.URI("file:///" + path)}
	if err := e.store.Open(protocol.TextDocumentItem{URI: e.name, Text: text}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *editor) snapshot() *document.Snapshot {
	s, err := e.store.Snapshot(e.name)
	if err != nil {
		e.t.Fatal(err)
	}
	return s
}

func (e *editor) replace(changes []document.Change, cursor int) {
	e.version++
	if err := e.store.Change(e.name, e.version, changes); err != nil {
		e.t.Fatal(err)
	}
	e.cursor = cursor
}

// edit makes the edits of a line, those that are typed a character of each at a time, the last first, as editors with
// several cursors do.
func (e *editor) edit(line string) {
	line, typed := strings.CutPrefix(line, "typed ")
	var ranges []protocol.Range
	var text string
	for where := range strings.SplitSeq(line, " and ") {
		var r protocol.Range
		_, err := fmt.Sscanf(where, "%d:%d-%d:%d %q", &r.Start.Line, &r.Start.Character, &r.End.Line, &r.End.Character, &text)
		if err != nil {
			e.t.Fatalf("edit %q: %v", where, err)
		}
		for _, n := range []*uint32{&r.Start.Line, &r.Start.Character, &r.End.Line, &r.End.Character} {
			*n--
		}
		ranges = append(ranges, r)
	}
	pieces := []string{text}
	if typed {
		pieces = strings.Split(text, "")
	}
	for _, piece := range pieces {
		var changes []document.Change
		for i := len(ranges) - 1; i >= 0; i-- {
			changes = append(changes, document.Change{Range: new(ranges[i]), Text: new(piece)})
		}
		s := e.snapshot()
		e.replace(changes, s.Offset(ranges[0].Start)+len(piece))
		for i := range ranges {
			// Ranges are on lines of their own, so that they do not move each other.
			ranges[i].Start.Character += uint32(len(piece))
			ranges[i].End = ranges[i].Start
		}
	}
}
