package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
)

// progress shows how far something is: on a terminal by a bar with the time left, elsewhere, if at all, by a line at the
// end of each part.
type progress struct {
	out      io.Writer
	terminal bool
	lines    bool
	what     string
	bar      *progressbar.ProgressBar
}

// newProgress writes to w; lines says whether also where that is no terminal.
func newProgress(w io.Writer, lines bool) *progress {
	f, ok := w.(*os.File)
	return &progress{out: w, terminal: ok && isatty.IsTerminal(f.Fd()), lines: lines}
}

func (p *progress) observe(what string, done, total int) {
	if !p.terminal {
		if p.lines && done == total {
			fmt.Fprintf(p.out, "%s: %d done\n", what, total)
		}
		return
	}
	if what != p.what {
		p.end()
		p.what = what
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	}
	_ = p.bar.Set(done) // fails only where the bar cannot be drawn
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar, p.what = nil, ""
	}
}
