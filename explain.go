package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/muesli/termenv"

	"seedls/engine/diffusion/trace"
	"seedls/lsp/completion"
)

const (
	explainWidth  = 100 // columns
	explainIndent = 10  // of what the labels stand before
	explainLines  = 4   // of a list of names
)

// An explainer writes an explanation for a person, in colour only where the output is a terminal that shows it.
type explainer struct{ out *termenv.Output }

// writeExplanation writes e: what was there, the steps, and what became of the text.
func writeExplanation(w io.Writer, e *completion.Explanation) {
	x := explainer{termenv.NewOutput(w)}
	x.hole(e.Hole)
	x.scope(e.Scope)
	x.prompt(e.Prompt)
	switch {
	case e.Order:
		x.row("order", "on: tokens wait for what belongs before them, and what cannot stand is vetoed")
	case e.Result.Mode == completion.Autoregressive:
		x.row("order", "none: one token after another, nothing waits and nothing is vetoed")
	default:
		x.row("order", "off: nothing waits and nothing is vetoed")
	}
	fmt.Fprintln(w)
	terminal := trace.NewTerminal(w)
	for _, frame := range e.Steps {
		terminal.Draw(frame)
	}
	fmt.Fprintln(w)
	x.fit(e)
}

func (x explainer) hole(h completion.HoleExplained) {
	text := fmt.Sprintf("%s at line %d, column %d, in %s; a level is %s", h.Place, h.Line, h.Column, h.Language, spaces(h.IndentUnit))
	if h.Indent != "" {
		text += ", here " + spaces(h.Indent)
	}
	switch {
	case h.Open == "":
		text += "; no bracket is open"
	case h.Closers == "":
		text += fmt.Sprintf("; open: %s, which nothing behind it closes", spaced(h.Open))
	default:
		text += fmt.Sprintf("; open: %s; closed behind it: %s", spaced(h.Open), spaced(h.Closers))
	}
	if h.Quote != "" {
		text += fmt.Sprintf("; in what %s ends", h.Quote)
		if !h.QuoteClosed {
			text += ", which does not follow"
		}
	}
	x.row("hole", text)
}

func (x explainer) scope(s completion.ScopeExplained) {
	certain := "certain: a name that is not here is undeclared"
	if !s.Certain {
		certain = "not certain: not all declarations are in sight, so that no name is vetoed"
	}
	x.row("scope", certain)
	for _, kind := range s.Names {
		x.names(kind.Kind+": ", kind.Names)
	}
	if s.More > 0 {
		x.row("", fmt.Sprintf("and %d names more", s.More))
	}
	if len(s.Owed) > 0 {
		x.names("owed, used behind the hole and declared nowhere: ", s.Owed)
	}
}

// names writes a list of names, of which it leaves out those that do not fit a few lines.
func (x explainer) names(head string, names []string) {
	room := explainLines*(explainWidth-explainIndent) - len(head) - len(", and 9999 more")
	shown := 0
	for shown < len(names) && room-utf8.RuneCountInString(names[shown])-2 >= 0 {
		room -= utf8.RuneCountInString(names[shown]) + 2
		shown++
	}
	text := head + strings.Join(names[:shown], ", ")
	if left := len(names) - shown; left > 0 {
		text += fmt.Sprintf(", and %d more", left)
	}
	x.row("", text)
}

func (x explainer) prompt(p completion.PromptExplained) {
	elsewhere := ""
	if len(p.Context) > 0 {
		elsewhere = fmt.Sprintf("%d from elsewhere, ", p.ContextTokens)
	}
	x.row("prompt", fmt.Sprintf("%d tokens, %d of them in the cache: %d of the path %s, %d of the text behind the hole (%d of %d bytes), "+
		elsewhere+"%d of the text before it (%d of %d bytes)",
		p.Tokens, p.Reused, p.PathTokens, p.Path, p.SuffixTokens, p.SuffixBytes, p.OfSuffixBytes, p.PrefixTokens, p.PrefixBytes, p.OfPrefixBytes))
	for _, chunk := range p.Context {
		x.text(chunk.Source, strings.TrimSuffix(chunk.Text, "\n"), termenv.ANSIBrightBlack)
	}
}

func (x explainer) fit(e *completion.Explanation) {
	r := e.Result
	x.row("took", fmt.Sprintf("%.1f ms, %s, %s of %d", r.ElapsedMS, count(r.Forwards, "forward pass", "forward passes"),
		count(r.Blocks, "block", "blocks"), r.Block))
	if r.Violations > 0 {
		x.row("left over", count(r.Violations, "slot that the order finds wrong", "slots that the order finds wrong"))
	}
	wrote := "wrote"
	if !r.Ended {
		wrote = "wrote, and would have gone on"
	}
	x.text(wrote, r.Raw, termenv.ANSIBrightBlack)
	if e.Fit.Reindented {
		x.row("indented", "anew, as the file is")
	}
	for _, cut := range e.Fit.Cuts {
		x.text("cut off, as it "+cut.Reason, cut.Text, termenv.ANSIYellow)
	}
	if r.Text != "" {
		x.text("shown", r.Text, termenv.ANSIGreen)
		return
	}
	x.row("refused", r.Verdict)
	if e.Fit.ErrorLine > 0 {
		x.text("line "+fmt.Sprint(e.Fit.ErrorLine), e.Fit.ErrorText, termenv.ANSIRed)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// row writes a label and a text beside it that goes on below where it is too wide.
func (x explainer) row(label, text string) {
	fmt.Fprint(x.out, x.label(label), strings.Repeat(" ", explainIndent-len(label)))
	column := explainIndent
	for i, word := range strings.Split(text, " ") {
		length := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+length > explainWidth:
			fmt.Fprintf(x.out, "\n%*s", explainIndent, "")
			column = explainIndent
		default:
			fmt.Fprint(x.out, " ")
			column++
		}
		fmt.Fprint(x.out, word)
		column += length
	}
	fmt.Fprintln(x.out)
}

// text writes a label and code: beside it if it is short and one line, else below.
func (x explainer) text(label, code string, colour termenv.ANSIColor) {
	beside := len(label) < explainIndent && !strings.Contains(code, "\n")
	gap := ":\n"
	if beside {
		gap = strings.Repeat(" ", explainIndent-len(label))
	}
	fmt.Fprint(x.out, x.label(label), gap)
	if code == "" {
		fmt.Fprintln(x.out, x.out.String("(nothing)").Faint())
		return
	}
	for line := range strings.Lines(code) {
		indent := explainIndent
		if beside {
			indent = 0
		}
		fmt.Fprintf(x.out, "%*s%s\n", indent, "", x.out.String(visible.Replace(line)).Foreground(colour))
	}
}

func (x explainer) label(s string) string { return x.out.String(s).Bold().String() }

// visible makes the white space of code visible, as a trace does.
var visible = strings.NewReplacer("\r", "", "\n", "↵", "\t", "→")

// spaces names white space.
func spaces(s string) string {
	tabs, blanks := strings.Count(s, "\t"), strings.Count(s, " ")
	switch {
	case blanks == 0:
		return count(tabs, "tab", "tabs")
	case tabs == 0:
		return count(blanks, "space", "spaces")
	default:
		return fmt.Sprintf("%s and %s", count(tabs, "tab", "tabs"), count(blanks, "space", "spaces"))
	}
}

// spaced sets brackets apart.
func spaced(brackets string) string { return strings.Join(strings.Split(brackets, ""), " ") }
