package completion

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seedls/structure"
)

// The sources of text in the prompt that is not of the file, in the order in which they stand there: what changes least
// stands first.
const (
	PackageSource = "package" // declarations in the other files of the package
	RecentSource  = "recent"  // what the user edited or looked at, elsewhere
)

// Sources are all there are.
var Sources = []string{PackageSource, RecentSource}

// ValidateContext returns an error that names the first of the sources in o that there is not, or that is there twice.
func (o Options) ValidateContext() error {
	for i, s := range o.Context {
		if !slices.Contains(Sources, s) || slices.Contains(o.Context[:i], s) {
			return fmt.Errorf("context %q: want some of %q, each once", s, Sources)
		}
	}
	return nil
}

// nearBytes is how much of the file before the line of a hole, and behind the hole, is looked at for names.
const nearBytes = 2 << 10

// A Chunk is a text from elsewhere in the prompt.
type Chunk struct {
	Source string `json:"source"`
	Text   string `json:"text"`
}

// surroundings are the texts from elsewhere that the prompt of r has, within its budget: they stay the same while the
// user types within a line.
func (c *Completer) surroundings(ctx context.Context, r Request, hole structure.Hole) []Chunk {
	var chunks []Chunk
	if slices.Contains(r.Options.Context, PackageSource) {
		for _, d := range c.packageOf(ctx, r, hole).Named(near(r)) {
			chunks = append(chunks, Chunk{PackageSource, d.Text})
		}
	}
	if slices.Contains(r.Options.Context, RecentSource) {
		for _, text := range r.Recent {
			chunks = append(chunks, Chunk{RecentSource, strings.TrimRight(text, "\r\n") + "\n"})
		}
	}
	return chunks[:len(c.layout.Admit(texts(chunks)))]
}

// near is the text around a hole, without what is before it on its line.
func near(r Request) string {
	before := r.Prefix[:strings.LastIndexByte(r.Prefix, '\n')+1]
	return before[max(0, len(before)-nearBytes):] + r.Suffix[:min(len(r.Suffix), nearBytes)]
}

// prompt is what the model is given for r, with text from elsewhere.
func (c *Completer) prompt(r Request, around []Chunk) []int32 {
	return c.layout.BuildIn(nil, strings.Join(texts(around), ""), r.Path, r.Prefix, r.Suffix)
}

func texts(chunks []Chunk) []string {
	all := make([]string, len(chunks))
	for i, chunk := range chunks {
		all[i] = chunk.Text
	}
	return all
}
