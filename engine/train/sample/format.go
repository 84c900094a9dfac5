package sample

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muesli/termenv"

	"seedls/engine/train"
)

// Format writes a sequence for somebody to read on a terminal: its context as text, and of each canvas what it shows and
// what it is to predict, token by token, in colour where w is a terminal that shows it. A mask is ░, the end ∎, a line break ⏎ and a tab →; a row without a
// target is blank, and characters that would control a terminal are replaced by �.
func (s *Sampler) Format(w io.Writer, q *train.Sequence) error {
	out, terminal := bufio.NewWriter(w), termenv.NewOutput(w)
	title := fmt.Sprintf("context: %d rows, %d predicted", q.Context, predicted(q.Targets[:q.Context]))
	fmt.Fprintln(out, terminal.String(title).Bold())
	var text strings.Builder
	for i, id := range q.IDs[:q.Context] {
		if s.tokens.IsSpecial(id) && i > 0 {
			text.WriteByte('\n')
		}
		text.Write(s.tokens.Bytes(id))
	}
	if q.Context > 0 {
		if last := q.Targets[q.Context-1]; last >= 0 {
			text.WriteString(s.token(last))
		}
	}
	fmt.Fprintf(out, "  %s\n", strings.ReplaceAll(printable(text.String()), "\n", "\n  "))
	row := q.Context
	for i, c := range q.Canvases {
		s.formatCanvas(out, terminal, i+1, c, q.IDs[row:row+c.Rows], q.Targets[row:row+c.Rows])
		row += c.Rows
	}
	return out.Flush()
}

// formatColumns is how wide the tokens of a canvas are written side by side, about.
const formatColumns = 100

func (s *Sampler) formatCanvas(w io.Writer, terminal *termenv.Output, number int, c train.Canvas, ids, targets []int32) {
	masks, wrong := 0, 0
	for i, id := range ids {
		switch {
		case id == s.model.Diffusion.MaskTokenID:
			masks++
		case targets[i] >= 0 && targets[i] != id:
			wrong++
		}
	}
	title := fmt.Sprintf("canvas %d: after %d rows of context, %d rows, %d predicted, %d masks, %d wrong",
		number, c.Start, c.Rows, predicted(targets), masks, wrong)
	if c.Ahead > 0 {
		title += fmt.Sprintf(", rows see %d ahead", c.Ahead)
	}
	fmt.Fprintln(w, terminal.String(title).Bold())
	var shown, wanted []string
	columns := 0
	for i, id := range ids {
		show, want := s.token(id), ""
		if targets[i] >= 0 {
			want = s.token(targets[i])
		}
		width := max(utf8.RuneCountInString(show), utf8.RuneCountInString(want))
		styled := terminal.String(fmt.Sprintf("%-*s", width, show))
		switch {
		case id == s.model.Diffusion.MaskTokenID:
			styled = styled.Faint()
		case targets[i] >= 0 && targets[i] != id:
			styled = styled.Foreground(termenv.ANSIRed)
		}
		shown = append(shown, styled.String())
		wanted = append(wanted, fmt.Sprintf("%-*s", width, want))
		if columns += width + 1; columns >= formatColumns || i+1 == len(ids) {
			fmt.Fprintf(w, "  shows    %s\n  predicts %s\n", strings.Join(shown, "│"), strings.Join(wanted, "│"))
			shown, wanted, columns = nil, nil, 0
		}
	}
}

// inLine shows what would not be visible in a line.
var inLine = strings.NewReplacer("\n", "⏎", "\t", "→")

// token is the text of a token in a line.
func (s *Sampler) token(id int32) string {
	switch id {
	case s.model.Diffusion.MaskTokenID:
		return "░"
	case s.model.Diffusion.EndTokenID:
		return "∎"
	}
	return inLine.Replace(printable(string(s.tokens.Bytes(id))))
}

// printable replaces what a terminal cannot show, but for line breaks and tabs.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) || c == '\n' || c == '\t' {
			return c
		}
		return unicode.ReplacementChar
	}, text)
}

// predicted counts targets.
func predicted(targets []int32) int {
	n := 0
	for _, target := range targets {
		if target >= 0 {
			n++
		}
	}
	return n
}
