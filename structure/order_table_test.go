package structure

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestOrderTables reads the cases in testdata/order: a file with the cursor
// marked; a file "canvas" with the slots, a bar between them and "_" for a mask,
// and below it what is asked, a line each: a slot and the token that may be
// committed there ("$" is the end), before which "skeleton" asks whether it is of
// that, or "violations"; and a file "want", in which
// each line has its answer. Slots and tokens are written with the escapes of Go.
// The comment "crlf" gives buffer and slots other line ends, "no line end" takes the last one away.
func TestOrderTables(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	paths, err := filepath.Glob("testdata/order/*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimPrefix(path, "testdata/order/"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files)%3 != 0 {
				t.Fatal("want files, canvases and answers, one after the other")
			}
			for i := 0; i < len(archive.Files); i += 3 {
				file, want := archive.Files[i], &archive.Files[i+2]
				got := orderAnswers(t, string(archive.Comment), file, string(archive.Files[i+1].Data))
				if got != string(want.Data) && !*update {
					t.Errorf("%s, %d: got\n%swant\n%s", file.Name, i/3, got, want.Data)
				}
				want.Data = []byte(got)
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// orderAnswers answers what a canvas of a table asks.
func orderAnswers(t *testing.T, comment string, file txtar.File, asked string) string {
	t.Helper()
	text := string(file.Data)
	unquote := func(s string) string {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
		if err != nil {
			t.Fatalf("%s: %s", s, err)
		}
		if strings.Contains(comment, "crlf") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		return text
	}
	if strings.Contains(comment, "crlf") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if strings.Contains(comment, "no line end") {
		text = strings.TrimSuffix(text, "\n")
	}
	tree, start, end := parseMarked(t, LanguageForPath(file.Name), text)
	hole := tree.Hole(start, end)
	scope, err := tree.Scope(t.Context(), hole, &Package{names: map[string]bool{"elsewhere": true}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWords()
	token := func(s string) int32 {
		if s == "$" {
			return w.token("")
		}
		return w.token(unquote(s))
	}
	order := hole.Order(scope, w.token("_"), w.token(""), w.text)
	slots, questions, _ := strings.Cut(asked, "\n")
	var canvas []int32
	for slot := range strings.SplitSeq(slots, "|") {
		canvas = append(canvas, token(slot))
	}
	var b strings.Builder
	for question := range strings.Lines(questions) {
		question = strings.TrimSuffix(question, "\n")
		fmt.Fprintf(&b, "%s -> ", question)
		if question == "violations" {
			confidence := make([]float32, len(canvas))
			for i := range confidence {
				confidence[i] = 1 / float32(1+i) // the last is the least sure
			}
			if slots := order.Violations(canvas, confidence); len(slots) > 0 {
				rule, name, _ := order.Why()
				fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprint(slots, ": ", rule, " ", name)))
			} else {
				b.WriteString("none\n")
			}
			continue
		}
		asked, skeleton := strings.CutPrefix(question, "skeleton ")
		number, candidate, _ := strings.Cut(asked, " ")
		slot, err := strconv.Atoi(number)
		if err != nil || slot >= len(canvas) || canvas[slot] != w.token("_") {
			t.Fatalf("%q: want a masked slot", question)
		}
		if skeleton {
			fmt.Fprintln(&b, order.Skeleton(canvas, slot, token(candidate)))
			continue
		}
		answer := "ready"
		if !order.Possible(canvas, slot, token(candidate)) {
			answer = "vetoed"
		} else if !order.Ready(canvas, slot, token(candidate)) {
			answer = "waits"
		}
		if answer != "ready" {
			rule, name, waits := order.Why()
			if waits >= 0 {
				answer += fmt.Sprint(" for ", waits)
			}
			answer = strings.TrimSpace(answer + ": " + rule + " " + name)
		}
		fmt.Fprintln(&b, answer)
	}
	return b.String()
}
