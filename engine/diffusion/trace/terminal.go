package trace

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muesli/termenv"
)

// width is how many columns a drawing takes, at most, but for a canvas or a token that is longer.
const width = 100

// legend explains a drawing to who sees it for the first time.
const legend = "a column a slot: · masked  ░▒▓█ committed, the darker the surer;  ■ the end of the text"

// A Terminal draws frames as lines of text.
type Terminal struct {
	out   *termenv.Output
	begun bool
}

// NewTerminal draws on w, in colour only where w is a terminal that shows it and NO_COLOR is not set.
func NewTerminal(w io.Writer) *Terminal { return &Terminal{out: termenv.NewOutput(w)} }

// Draw writes a frame: its number, a column for each slot, and the text so far, in which what the step committed
// stands out by colour, or between brackets where there is none. Below that is what the order objected to, a line for
// each reason, slots counted from 1.
func (t *Terminal) Draw(f Frame) {
	if !t.begun {
		t.begun = true
		fmt.Fprintln(t.out, t.out.String(legend).Faint())
	}
	var columns strings.Builder
	fresh := func(s string) string { return t.out.String(s).Foreground(termenv.ANSIGreen).Bold().String() }
	for _, s := range f.Slots {
		switch column := shade(s); {
		case s.State == Masked:
			columns.WriteString(t.out.String(column).Faint().String())
		case s.Fresh:
			columns.WriteString(fresh(column))
		default:
			columns.WriteString(column)
		}
	}
	head := fmt.Sprintf("%2d.%-2d %6.1f ms  ", f.Block+1, f.Index+1, f.TookMS)
	text := line{begin: len(head)}
	if at := len(head) + len(f.Slots) + 2; at <= width/2 {
		text.begin = at
		text.text.WriteString("  ")
	} else {
		text.wrap() // beside so long a canvas there is no room
	}
	f.runs(func(s string, isFresh bool) {
		switch {
		case isFresh && t.out.Profile == termenv.Ascii:
			text.add("["+s+"]", "["+s+"]")
		case isFresh:
			text.add(s, fresh(s))
		default:
			text.add(s, s)
		}
	})
	fmt.Fprintf(t.out, "%s%s%s\n", head, &columns, &text.text)
	for _, group := range []struct {
		verb   string
		colour termenv.ANSIColor
		list   []Objection
	}{
		{"waits", termenv.ANSIYellow, f.Waiting},
		{"vetoed", termenv.ANSIRed, f.Vetoed},
		{"masked again", termenv.ANSIMagenta, f.Remasked},
	} {
		for _, same := range byReason(group.list) {
			verb := group.verb
			if waitsFor := same[0].For; waitsFor >= 0 {
				verb += fmt.Sprintf(" for slot %d", waitsFor+1)
			}
			fmt.Fprintf(t.out, "%*s%s\n", objectionIndent, "", t.objections(same, verb, group.colour))
		}
	}
}

// objectionIndent is where the lines of objections begin: below the canvas.
const objectionIndent = 17

// objections draws those that have one reason, as many as there is room for in a line: the surest first, or, if they are
// all of one token, the slots of it.
func (t *Terminal) objections(same []Objection, verb string, colour termenv.ANSIColor) string {
	head := verb
	if rule := same[0].Rule; rule != "" {
		head += ", " + rule
	}
	head += ":"
	var items []string
	if others := slices.ContainsFunc(same, func(o Objection) bool { return o.Text != same[0].Text }); others || len(same) == 1 {
		for _, o := range same {
			items = append(items, fmt.Sprintf("%d %s %.0f %%", o.Slot+1, o.describe(), 100*o.Confidence))
		}
	} else {
		head += " " + same[0].describe() + " in"
		items = ranges(same)
	}
	const rest = len(" and 99 more")
	text, column := "", objectionIndent+utf8.RuneCountInString(head)
	for i, item := range items {
		column += len(", ") + utf8.RuneCountInString(item)
		if i > 0 && column > width-rest {
			text += fmt.Sprintf(" and %d more", len(items)-i)
			break
		}
		if i > 0 {
			text += ","
		}
		text += " " + item
	}
	return t.out.String(head).Foreground(colour).String() + text
}

// ranges lists slots, those next to each other as one.
func ranges(list []Objection) (items []string) {
	slots := make([]int, len(list))
	for i, o := range list {
		slots[i] = o.Slot + 1
	}
	slices.Sort(slots)
	slots = slices.Compact(slots)
	for len(slots) > 0 {
		n := 1
		for n < len(slots) && slots[n] == slots[0]+n {
			n++
		}
		if n == 1 {
			items = append(items, fmt.Sprint(slots[0]))
		} else {
			items = append(items, fmt.Sprintf("%d-%d", slots[0], slots[n-1]))
		}
		slots = slots[n:]
	}
	return items
}

// maxDescribed is how many characters of a token are shown of an objection.
const maxDescribed = 24

// describe is the token, and the name that the objection is about if that is not all of it.
func (o Objection) describe() string {
	text := showSpace.Replace(o.Text)
	if o.Text == "" {
		text = end
	}
	if runes := []rune(text); len(runes) > maxDescribed {
		text = string(runes[:maxDescribed-1]) + mask
	}
	if o.Name != "" && o.Name != strings.TrimSpace(o.Text) {
		text += " (" + o.Name + ")"
	}
	return text
}

// byReason puts those together that have one reason, in the order of the first of each, the surest first.
func byReason(list []Objection) (groups [][]Objection) {
	for _, o := range list {
		i := slices.IndexFunc(groups, func(g []Objection) bool { return g[0].Rule == o.Rule && g[0].For == o.For })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b Objection) int { return cmp.Compare(b.Confidence, a.Confidence) })
	}
	return groups
}

// A line is text that goes on below where it would be too wide.
type line struct {
	text          strings.Builder
	begin, column int // where it begins, and how much of the width it takes from there
}

// add writes a text, drawn as it is or in colour.
func (l *line) add(plain, drawn string) {
	length := utf8.RuneCountInString(plain)
	if l.column > 0 && l.begin+l.column+length > width {
		l.wrap()
	}
	l.text.WriteString(drawn)
	l.column += length
}

func (l *line) wrap() {
	fmt.Fprintf(&l.text, "\n%*s", l.begin, "")
	l.column = 0
}

// shade is a block the darker the surer.
func shade(s Slot) string {
	switch {
	case s.State == Masked:
		return "·"
	case s.Confidence < 0.5:
		return "░"
	case s.Confidence < 0.75:
		return "▒"
	case s.Confidence < 0.9:
		return "▓"
	default:
		return "█"
	}
}
