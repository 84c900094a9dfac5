package document

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/structure"
)

const name = uri.URI("file:///project/a.go")

var encodings = []protocol.PositionEncodingKind{
	protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF16, protocol.PositionEncodingKindUTF32,
}

func item(text string) protocol.TextDocumentItem {
	return protocol.TextDocumentItem{URI: name, LanguageID: "go", Text: text}
}

func open(t testing.TB, encoding protocol.PositionEncodingKind, text string) *Store {
	t.Helper()
	s := NewStore(encoding)
	if err := s.Open(item(text)); err != nil {
		t.Fatal(err)
	}
	return s
}

func whole(text string) Change { return Change{Text: &text} }

func partial(r protocol.Range, text string) Change { return Change{Range: &r, Text: &text} }

func at(line, character uint32) protocol.Position {
	return protocol.Position{Line: line, Character: character}
}

func mustChange(t testing.TB, s *Store, changes ...Change) *Snapshot {
	t.Helper()
	if err := s.Change(name, 1, changes); err != nil {
		t.Fatal(err)
	}
	return mustSnapshot(t, s)
}

func mustSnapshot(t testing.TB, s *Store) *Snapshot {
	t.Helper()
	snapshot, err := s.Snapshot(name)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func TestNegotiate(t *testing.T) {
	const u8, u16, u32 = protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF16, protocol.PositionEncodingKindUTF32
	for _, test := range []struct {
		offered []protocol.PositionEncodingKind
		want    protocol.PositionEncodingKind
	}{
		{nil, u16},
		{[]protocol.PositionEncodingKind{"utf-7"}, u16},
		{[]protocol.PositionEncodingKind{u32, u8, u16}, u32},
		{[]protocol.PositionEncodingKind{"utf-7", u8, u16}, u8},
	} {
		if got := Negotiate(test.offered); got != test.want {
			t.Errorf("Negotiate(%v) = %v, want %v", test.offered, got, test.want)
		}
	}
}

func TestOffset(t *testing.T) {
	const text = "a🙂é\r\nb\rc\n\nlast"
	for _, test := range []struct {
		position         protocol.Position
		utf8, utf16, u32 int
	}{
		{at(0, 0), 0, 0, 0},
		{at(0, 1), 1, 1, 1},
		{at(0, 2), 1, 1, 5}, // in the middle of 🙂 but for UTF-32
		{at(0, 3), 1, 5, 7},
		{at(0, 5), 5, 7, 7},
		{at(0, 6), 5, 7, 7}, // in the middle of é in UTF-8
		{at(0, 7), 7, 7, 7},
		{at(0, 99), 7, 7, 7}, // before the line break
		{at(0, 1<<32-1), 7, 7, 7},
		{at(1, 0), 9, 9, 9},
		{at(1, 9), 10, 10, 10},
		{at(2, 1), 12, 12, 12},
		{at(3, 1), 13, 13, 13},
		{at(4, 4), 18, 18, 18},
		{at(4, 5), 18, 18, 18},
		{at(5, 0), 18, 18, 18},
		{at(1<<32-1, 1<<32-1), 18, 18, 18},
	} {
		for i, want := range []int{test.utf8, test.utf16, test.u32} {
			s := mustSnapshot(t, open(t, encodings[i], text))
			if got := s.Offset(test.position); got != want {
				t.Errorf("%s: offset of %v is %d, want %d", encodings[i], test.position, got, want)
			}
		}
	}
}

// naiveOffset is Offset by the letter of the specification: cut the text into lines, count units one by one.
func naiveOffset(encoding protocol.PositionEncodingKind, text string, p protocol.Position) int {
	lines := strings.Split(strings.NewReplacer("\r\n", "\x01\x02", "\r", "\x02", "\n", "\x02").Replace(text), "\x02")
	if int(p.Line) >= len(lines) {
		return len(text)
	}
	offset := 0
	for _, line := range lines[:p.Line] {
		offset += len(line) + 1
	}
	units := 0
	for _, r := range strings.TrimSuffix(lines[p.Line], "\x01") {
		switch encoding {
		case protocol.PositionEncodingKindUTF8:
			units += len(string(r))
		case protocol.PositionEncodingKindUTF16:
			units += len(utf16.Encode([]rune{r}))
		case protocol.PositionEncodingKindUTF32:
			units++
		}
		if units > int(p.Character) {
			break
		}
		offset += len(string(r))
	}
	return offset
}

func randomText(r *rand.Rand) string {
	pieces := []string{"\n", "\r\n", "\r", "x", "ab c", "\t", "é", "漢", "🙂", "\u2028", "\x00", ""}
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// TestRandomEdits applies random edits in each encoding, positions inside characters and past all ends included, and
// compares with an oracle that has no line index and no snapshots. The tree is compared with one parsed from scratch.
func TestRandomEdits(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			s := open(t, encoding, "")
			text := ""
			for i := range 20_000 {
				if len(text) > 400 {
					text = ""
					mustChange(t, s, whole(""))
				}
				random := func() protocol.Position { return at(uint32(r.IntN(12)), uint32(r.IntN(12))) }
				where := protocol.Range{Start: random(), End: random()}
				insert := randomText(r)
				a, b := naiveOffset(encoding, text, where.Start), naiveOffset(encoding, text, where.End)
				text = text[:min(a, b)] + insert + text[max(a, b):]
				got := mustChange(t, s, partial(where, insert))
				if got.Text != text {
					t.Fatalf("edit %d, %v %q: %q, want %q", i, where, insert, got.Text, text)
				}
				p := got.Position(min(a, b))
				if back := naiveOffset(encoding, text, p); back != got.Offset(p) || got.Position(back) != p {
					t.Fatalf("edit %d: byte %d of %q is at %v, which is byte %d", i, min(a, b), text, p, back)
				}
				if i%7 == 0 {
					tree, err := got.Tree(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if tree.Text() != text {
						t.Fatalf("edit %d: tree of %q, want of %q", i, tree.Text(), text)
					}
				}
			}
		})
	}
}

func TestLineStart(t *testing.T) {
	s := mustSnapshot(t, open(t, protocol.PositionEncodingKindUTF16, "ab\r\ncd"))
	for offset, want := range []int{0, 0, 0, 0, 4, 4, 4} {
		if got := s.LineStart(offset); got != want {
			t.Errorf("LineStart(%d) = %d, want %d", offset, got, want)
		}
	}
}

func TestSnapshotsKeepTheirText(t *testing.T) {
	s := open(t, protocol.PositionEncodingKindUTF8, "one")
	before := mustSnapshot(t, s)
	after := mustChange(t, s, partial(protocol.Range{Start: at(0, 3), End: at(0, 3)}, " two"))
	s.Close(name)
	if before.Text != "one" || after.Text != "one two" {
		t.Errorf("snapshots are %q and %q", before.Text, after.Text)
	}
	for _, snapshot := range []*Snapshot{before, after} {
		if tree, err := snapshot.Tree(t.Context()); err != nil || tree.Text() != snapshot.Text {
			t.Errorf("tree of %q: %v", snapshot.Text, err)
		}
	}
}

func TestTreeAfter(t *testing.T) {
	s := mustSnapshot(t, open(t, protocol.PositionEncodingKindUTF8, "package a\n\nvar x = 1\n"))
	tree, err := s.TreeAfter(t.Context(), 11, 20, "")
	if err != nil || tree.Text() != "package a\n\n\n" {
		t.Errorf("tree of %q, %v", tree.Text(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.TreeAfter(ctx, 0, 9, "package b"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestTreesAreDerived looks for the derived tree by asking the versions between for theirs or not, which must not show.
func TestTreesAreDerived(t *testing.T) {
	s := open(t, protocol.PositionEncodingKindUTF8, "package a\n")
	for i := range 3 * maxEdits {
		snapshot := mustChange(t, s, partial(protocol.Range{Start: at(9, 0), End: at(9, 0)}, "var x"+strconv.Itoa(i)+" = 1\n"))
		if i%100 != 0 {
			continue
		}
		tree, err := snapshot.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := structure.Parse(t.Context(), snapshot.Language, snapshot.Text)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tree.Hole(len(snapshot.Text), len(snapshot.Text)), fresh.Hole(len(snapshot.Text), len(snapshot.Text)); got.Place != want.Place {
			t.Errorf("after %d edits the end is %v, want %v", i+1, got.Place, want.Place)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Run("size", func(t *testing.T) {
		s := open(t, protocol.PositionEncodingKindUTF8, strings.Repeat("x", MaxBytes))
		nowhere := protocol.Range{}
		if err := s.Change(name, 2, []Change{partial(nowhere, "y")}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("one byte more: %v", err)
		}
		if err := s.Change(name, 3, []Change{partial(nowhere, "")}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("an edit of a text that is not known: %v", err)
		}
		if _, err := s.Snapshot(name); !errors.Is(err, ErrTooLarge) {
			t.Errorf("snapshot: %v", err)
		}
		if got := mustChange(t, s, whole("small")); got.Text != "small" {
			t.Errorf("sent whole: %q", got.Text)
		}
		if err := s.Open(item(strings.Repeat("x", MaxBytes+1))); !errors.Is(err, ErrTooLarge) {
			t.Errorf("open: %v", err)
		}
	})
	t.Run("number", func(t *testing.T) {
		s := NewStore(protocol.PositionEncodingKindUTF8)
		numbered := func(i int) protocol.TextDocumentItem {
			return protocol.TextDocumentItem{URI: uri.URI("file:///" + strconv.Itoa(i))}
		}
		for i := range MaxOpen {
			if err := s.Open(numbered(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Open(numbered(MaxOpen)); !errors.Is(err, ErrTooMany) {
			t.Errorf("one more: %v", err)
		}
		if err := s.Open(numbered(7)); err != nil {
			t.Errorf("one of them again: %v", err)
		}
		s.Close(numbered(7).URI)
		if err := s.Open(numbered(MaxOpen)); err != nil {
			t.Errorf("after closing one: %v", err)
		}
	})
}

// TestTotalLimit opens documents up to the most bytes that there may be together.
func TestTotalLimit(t *testing.T) {
	s := NewStore(protocol.PositionEncodingKindUTF8)
	text := strings.Repeat("x", MaxBytes)
	numbered := func(i int, text string) protocol.TextDocumentItem {
		return protocol.TextDocumentItem{URI: name + uri.URI(strconv.Itoa(i)), Text: text}
	}
	const full = MaxTotalBytes / MaxBytes
	for i := range full {
		if err := s.Open(numbered(i, text)); err != nil {
			t.Fatal(err)
		}
	}
	last := numbered(full, "y")
	if err := s.Open(last); !errors.Is(err, ErrTooMuch) {
		t.Errorf("one byte more: %v", err)
	}
	if err := s.Open(numbered(0, text)); err != nil {
		t.Errorf("a document opened again: %v", err)
	}
	if err := s.Change(last.URI, 2, []Change{whole("yy")}); !errors.Is(err, ErrTooMuch) {
		t.Errorf("an edit of it: %v", err)
	}
	if open, bytes := s.Size(); open != full+1 || bytes != MaxTotalBytes {
		t.Errorf("%d documents of %d bytes", open, bytes)
	}
	s.Close(name + "0")
	if err := s.Change(last.URI, 3, []Change{whole("yy")}); err != nil {
		t.Errorf("once another is closed: %v", err)
	}
	if open, bytes := s.Size(); open != full || bytes != MaxTotalBytes-MaxBytes+2 {
		t.Errorf("%d documents of %d bytes", open, bytes)
	}
}

func TestLostEdits(t *testing.T) {
	s := open(t, protocol.PositionEncodingKindUTF8, "text")
	s.Lose(name)
	s.Lose("file:///unknown")
	if _, err := s.Snapshot(name); !errors.Is(err, ErrUnsynced) {
		t.Errorf("snapshot: %v", err)
	}
	if err := s.Change(name, 2, []Change{partial(protocol.Range{}, "more ")}); !errors.Is(err, ErrUnsynced) {
		t.Errorf("change: %v", err)
	}
	if err := s.Change(name, 3, []Change{whole("whole"), {}}); !errors.Is(err, ErrUnsynced) {
		t.Errorf("change without text: %v", err)
	}
	if err := s.Open(item("again")); err != nil {
		t.Fatal(err)
	}
	if got := mustSnapshot(t, s).Text; got != "again" {
		t.Errorf("opened again: %q", got)
	}
	if err := s.Change("file:///unknown", 1, nil); !errors.Is(err, ErrNotOpen) {
		t.Errorf("change of an unknown document: %v", err)
	}
}

func TestInvalidUTF8(t *testing.T) {
	s := open(t, protocol.PositionEncodingKindUTF8, "a\xff")
	if got := mustChange(t, s, partial(protocol.Range{}, "\xed\xa0\x80")).Text; !strings.HasSuffix(got, "a\uFFFD") {
		t.Errorf("text is %q", got)
	}
}

func TestLanguage(t *testing.T) {
	for _, test := range []struct{ uri, id, want string }{
		{"file:///a.py", "go", "go"},
		{"file:///a.py", "", "python"},
		{"file:///a.py?x#y", "whatever", "python"},
		{"untitled:Untitled-1", "rust", "rust"},
		{"untitled:Untitled-1", "plaintext", "plain"},
	} {
		s := NewStore(protocol.PositionEncodingKindUTF8)
		if err := s.Open(protocol.TextDocumentItem{URI: uri.URI(test.uri), LanguageID: protocol.LanguageKind(test.id)}); err != nil {
			t.Fatal(err)
		}
		snapshot, err := s.Snapshot(uri.URI(test.uri))
		if err != nil || snapshot.Language.Name() != test.want {
			t.Errorf("%s %s: language %v, %v, want %s", test.uri, test.id, snapshot.Language, err, test.want)
		}
	}
}

// TestConcurrentUse is for the race detector: one goroutine edits, others read what they take.
func TestConcurrentUse(t *testing.T) {
	s := open(t, protocol.PositionEncodingKindUTF16, "package a\n")
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 200 {
				snapshot := mustSnapshot(t, s)
				tree, err := snapshot.Tree(t.Context())
				if err != nil || tree.Text() != snapshot.Text {
					t.Errorf("tree of another text, %v", err)
				}
				if p := snapshot.Position(len(snapshot.Text)); snapshot.Offset(p) != len(snapshot.Text) {
					t.Errorf("the end is not the end")
				}
			}
		})
	}
	for range 400 {
		mustChange(t, s, partial(protocol.Range{Start: at(9, 0), End: at(9, 0)}, "// 🙂\r\n"))
	}
	readers.Wait()
}

// BenchmarkKeystroke types in the middle of a file: the edit alone, with the tree of the new text, and with all that the
// structure says of the place.
func BenchmarkKeystroke(b *testing.B) {
	const function = "\nfunc f(x int) int {\n\tif x > 0 {\n\t\treturn g(x - 1)\n\t}\n\treturn 0\n}\n"
	for _, lines := range []int{100, 10_000, 50_000} {
		functions := lines / strings.Count(function, "\n")
		text := "package a\n" + strings.Repeat(function, functions)
		line := uint32(1 + functions/2*strings.Count(function, "\n") + 2)
		for _, what := range []string{"edit", "tree", "scope"} {
			b.Run(fmt.Sprintf("%s/lines=%d", what, lines), func(b *testing.B) {
				s := open(b, protocol.PositionEncodingKindUTF16, text)
				if tree, err := mustSnapshot(b, s).Tree(b.Context()); err != nil {
					b.Fatal(err)
				} else if _, err := tree.Scope(b.Context(), tree.Hole(0, 0), nil); err != nil {
					b.Fatal(err)
				}
				typed := uint32(3)
				for b.Loop() {
					key := partial(protocol.Range{Start: at(line, typed), End: at(line, typed)}, "x")
					if typed++; typed == 100 { // to the beginning of the word
						key = partial(protocol.Range{Start: at(line, 3), End: at(line, typed-1)}, "")
						typed = 3
					}
					snapshot := mustChange(b, s, key)
					if what == "edit" {
						continue
					}
					tree, err := snapshot.Tree(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					if what == "scope" {
						cursor := snapshot.Offset(at(line, typed))
						if _, err := tree.Scope(b.Context(), tree.Hole(cursor, cursor), &structure.Package{}); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
