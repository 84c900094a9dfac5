package editors

import (
	"fmt"
	"html"
	"strings"
	"sync"
)

// A screen is what Neovim draws for a user interface, as the events of ext_linegrid describe it.
type screen struct {
	mu         sync.Mutex
	cells      [][]cell
	row, col   int // of the cursor
	styles     map[int]style
	foreground int
	background int
}

type cell struct {
	text  string // "" in the right half of a wide character
	style int
}

// A style is how text looks; colours are 0xRRGGBB, -1 for the screen's own.
type style struct {
	foreground, background int
	bold, italic, reverse  bool
}

func newScreen() *screen {
	return &screen{styles: map[int]style{0: {foreground: -1, background: -1}}}
}

// redraw takes a batch of events.
func (s *screen) redraw(updates ...[]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, update := range updates {
		for _, args := range update[1:] {
			s.event(update[0].(string), args.([]any))
		}
	}
}

func (s *screen) event(name string, args []any) {
	switch name {
	case "default_colors_set":
		s.foreground, s.background = number(args[0]), number(args[1])
	case "hl_attr_define":
		s.styles[number(args[0])] = newStyle(args[1].(map[string]any))
	case "grid_resize":
		s.cells = make([][]cell, number(args[2]))
		for row := range s.cells {
			s.cells[row] = blank(number(args[1]))
		}
	case "grid_clear":
		for row := range s.cells {
			s.cells[row] = blank(len(s.cells[row]))
		}
	case "grid_cursor_goto":
		s.row, s.col = number(args[1]), number(args[2])
	case "grid_line":
		s.line(number(args[1]), number(args[2]), args[3].([]any))
	case "grid_scroll":
		s.scroll(number(args[1]), number(args[2]), number(args[3]), number(args[4]), number(args[5]))
	}
}

// line writes cells: each is a text, a style unless it is that of the cell before, and how often it is repeated.
func (s *screen) line(row, col int, cells []any) {
	at := 0
	for _, each := range cells {
		parts, times := each.([]any), 1
		if len(parts) > 1 {
			at = number(parts[1])
		}
		if len(parts) > 2 {
			times = number(parts[2])
		}
		for range times {
			s.cells[row][col] = cell{parts[0].(string), at}
			col++
		}
	}
}

// scroll moves a rectangle up by rows, or down if they are negative.
func (s *screen) scroll(top, bottom, left, right, rows int) {
	move := func(to int) {
		if from := to + rows; from >= top && from < bottom {
			copy(s.cells[to][left:right], s.cells[from][left:right])
		}
	}
	for i := range bottom - top {
		if rows > 0 {
			move(top + i)
		} else {
			move(bottom - 1 - i)
		}
	}
}

// text is what the screen shows, without the blanks at the ends of rows.
func (s *screen) text() string {
	return s.only(func(cell) bool { return true })
}

// coloured is what of the screen's text has a colour.
func (s *screen) coloured(foreground int) string {
	return s.only(func(c cell) bool { return s.styles[c.style].foreground == foreground })
}

func (s *screen) only(shown func(cell) bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []string
	for _, row := range s.cells {
		var b strings.Builder
		for _, c := range row {
			if shown(c) {
				b.WriteString(c.text)
			}
		}
		rows = append(rows, strings.TrimRight(b.String(), " "))
	}
	return strings.Trim(strings.Join(rows, "\n"), "\n")
}

const cellWidth, cellHeight = 8, 17

// svg draws the screen.
func (s *screen) svg() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	width, height := len(s.cells[0])*cellWidth, len(s.cells)*cellHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" `+
		`font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="13">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="6" fill="#%06x"/>`+"\n", width, height, s.background)
	for row := range s.cells {
		s.drawRow(&b, row)
	}
	fmt.Fprintf(&b, `<rect x="%d" y="%d" width="2" height="%d" fill="#%06x"/>`+"\n</svg>\n",
		s.col*cellWidth, s.row*cellHeight, cellHeight, s.foreground)
	return b.String()
}

// drawRow draws runs of one style.
func (s *screen) drawRow(b *strings.Builder, row int) {
	cells := s.cells[row]
	for start := 0; start < len(cells); {
		end, text := start, ""
		for end < len(cells) && cells[end].style == cells[start].style {
			text += cells[end].text
			end++
		}
		look := s.styles[cells[start].style]
		fill, behind := or(look.foreground, s.foreground), or(look.background, s.background)
		if look.reverse {
			fill, behind = behind, fill
		}
		x, y, width := start*cellWidth, row*cellHeight, (end-start)*cellWidth
		if behind != s.background {
			fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#%06x"/>`+"\n", x, y, width, cellHeight, behind)
		}
		if strings.TrimSpace(text) != "" {
			weight := map[bool]string{true: ` font-weight="bold"`}[look.bold] + map[bool]string{true: ` font-style="italic"`}[look.italic]
			fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" fill="#%06x"%s xml:space="preserve">%s</text>`+"\n",
				x, y+13, width, fill, weight, html.EscapeString(text))
		}
		start = end
	}
}

func newStyle(attributes map[string]any) style {
	colour := func(name string) int {
		if value, ok := attributes[name]; ok {
			return number(value)
		}
		return -1
	}
	return style{
		colour("foreground"), colour("background"),
		attributes["bold"] == true, attributes["italic"] == true, attributes["reverse"] == true,
	}
}

func or(colour, otherwise int) int {
	if colour < 0 {
		return otherwise
	}
	return colour
}

func blank(width int) []cell {
	row := make([]cell, width)
	for i := range row {
		row[i].text = " "
	}
	return row
}

// number is an integer as it comes through msgpack.
func number(value any) int {
	switch n := value.(type) {
	case int64:
		return int(n)
	case uint64:
		return int(n)
	}
	return 0
}
