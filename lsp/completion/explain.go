package completion

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"seedls/engine/diffusion"
	"seedls/engine/diffusion/trace"
	"seedls/structure"
)

// An Explanation is a completion and all that it came of, as data: what seedls took the hole for, what can be named
// there, what of the file the model saw, what each step did and why not more, and what became of the text. It holds
// nothing of the completer's and is not changed afterwards. Its JSON is stable: fields may be added.
type Explanation struct {
	Hole   HoleExplained   `json:"hole"`
	Scope  ScopeExplained  `json:"scope"`
	Prompt PromptExplained `json:"prompt"`
	// Order says whether an order was asked: without one, nothing waits in the steps and nothing is vetoed.
	Order bool `json:"order"`
	// Steps are the sampler's.
	Steps []trace.Frame `json:"steps"`
	Fit   FitExplained  `json:"fit"`
	// Result is what [Completer.Complete] returned.
	Result *Result `json:"result"`
}

// HoleExplained is the place that is filled: see [structure.Hole], whose words these are.
type HoleExplained struct {
	Language string `json:"language"`
	Place    string `json:"place"`
	// Line is where the hole begins, from 1, and Column the byte in the line, from 1.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Indent is the white space before the hole, and IndentUnit one level of it.
	Indent     string `json:"indent"`
	IndentUnit string `json:"indent_unit"`
	// Open are the brackets open before the hole, the innermost last, and Closers those that close some of them behind
	// it, the innermost first.
	Open    string `json:"open"`
	Closers string `json:"closers"`
	// Quote ends the literal or comment that the hole is in, "" outside of one; QuoteClosed says that it follows.
	Quote       string `json:"quote,omitempty"`
	QuoteClosed bool   `json:"quote_closed,omitempty"`
}

// ScopeExplained is what can be named at the hole: see [structure.Scope].
type ScopeExplained struct {
	// Names are those of each kind, the kinds in the order from local to builtin; at most [MaxExplainedNames] in all.
	Names []NamesOfKind `json:"names"`
	// More is how many names were left out.
	More int `json:"more,omitempty"`
	// Owed are the names that are used behind the hole and that nothing declares.
	Owed []string `json:"owed"`
	// Certain says whether all declarations are in sight, so that a name can be known to be undeclared.
	Certain bool `json:"certain"`
}

// NamesOfKind are the visible names of a kind, such as "parameter". Builtins are never listed.
type NamesOfKind struct {
	Kind  string   `json:"kind"`
	Names []string `json:"names"`
}

// MaxExplainedNames bounds the names of an explanation.
const MaxExplainedNames = 2000

// PromptExplained is what the model saw, in tokens, those that mark the parts left out of the parts but not
// of Tokens.
type PromptExplained struct {
	Path         string `json:"path"`
	PathTokens   int    `json:"path_tokens"`
	SuffixTokens int    `json:"suffix_tokens"`
	PrefixTokens int    `json:"prefix_tokens"`
	// ContextTokens are those of Context, the texts from elsewhere before the prefix.
	ContextTokens int     `json:"context_tokens"`
	Context       []Chunk `json:"context"`
	// SuffixBytes is how much of the beginning of the text behind the hole there is, PrefixBytes how much of the end of
	// the text before it.
	SuffixBytes int `json:"suffix_bytes"`
	PrefixBytes int `json:"prefix_bytes"`
	// OfSuffixBytes and OfPrefixBytes are all of these texts.
	OfSuffixBytes int `json:"of_suffix_bytes"`
	OfPrefixBytes int `json:"of_prefix_bytes"`
	Tokens        int `json:"tokens"`
	// Reused are the tokens that the KV cache of the document had already.
	Reused int `json:"reused"`
}

// FitExplained is what became of what the model wrote, [Result.Raw].
type FitExplained struct {
	// Cuts are what was cut off its end, one after another.
	Cuts []CutExplained `json:"cuts"`
	// Left is the rest, which is shown if Verdict is "ok"; else Verdict says why not.
	Left    string `json:"left"`
	Verdict string `json:"verdict"`
	// Added is the end of Left that the model did not write: brackets that the hole owes.
	Added string `json:"added,omitempty"`
	// Reindented says that the lines were indented otherwise than the file.
	Reindented bool `json:"reindented,omitempty"`
	// ErrorLine is the line, from 1, of the file with the text in it that has an error because of the text, and
	// ErrorText what it says; 0 and "" where it has none.
	ErrorLine int    `json:"error_line,omitempty"`
	ErrorText string `json:"error_text,omitempty"`
}

// CutExplained is a text that was cut off, and why.
type CutExplained struct {
	Text   string `json:"text"`
	Reason string `json:"reason"`
}

// Explain fills the hole of r as [Completer.Complete] does, and says how that came about. Each step is given to each
// as it is done, unless that is nil, and r.Observe is called as well.
func (c *Completer) Explain(ctx context.Context, r Request, each func(trace.Frame)) (*Explanation, error) {
	hole, err := r.hole(ctx)
	if err != nil {
		return nil, err
	}
	r.Tree = hole.Tree()
	scope, err := c.scope(ctx, r, hole)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Hole: explainHole(hole), Scope: explainScope(scope), Order: r.Options.Order && r.Options.Mode == Diffusion, Steps: []trace.Frame{}}
	tracer := trace.New(c.Mask(), c.TokenText)
	observe := r.Observe
	r.Observe = func(s diffusion.Step) {
		frame := tracer.Frame(s)
		e.Steps = append(e.Steps, frame)
		if each != nil {
			each(frame)
		}
		if observe != nil {
			observe(s)
		}
	}
	if e.Result, err = c.Complete(ctx, r); err != nil {
		return nil, err
	}
	e.Prompt = c.explainPrompt(r, c.surroundings(ctx, r, hole))
	e.Prompt.Reused = e.Result.ReusedTokens
	e.Fit, err = explainFit(ctx, hole, r.Limits, e.Result.Raw)
	e.Fit.Verdict = e.Result.Verdict // which also says what the limits and the scope do
	return e, err
}

func explainHole(h structure.Hole) HoleExplained {
	before := h.Tree().Text()[:h.Start]
	return HoleExplained{
		Language: h.Tree().Language().Name(), Place: h.Place.String(),
		Line: 1 + strings.Count(before, "\n"), Column: len(before) - strings.LastIndexByte(before, '\n'),
		Indent: h.Indent, IndentUnit: h.IndentUnit, Open: h.Open, Closers: h.Closers, Quote: h.Quote, QuoteClosed: h.QuoteClosed,
	}
}

func explainScope(s *structure.Scope) ScopeExplained {
	e := ScopeExplained{Names: []NamesOfKind{}, Owed: append([]string{}, s.Owed()...), Certain: s.Certain()}
	byKind := map[structure.SymbolKind][]string{}
	n := 0
	for symbol := range s.Visible() {
		if n++; n > MaxExplainedNames {
			e.More++
			continue
		}
		byKind[symbol.Kind] = append(byKind[symbol.Kind], symbol.Name)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		e.Names = append(e.Names, NamesOfKind{kind.String(), byKind[kind]})
	}
	return e
}

// explainPrompt lays the prompt out again: text never becomes one of the tokens that mark its parts.
func (c *Completer) explainPrompt(r Request, around []Chunk) PromptExplained {
	ids := c.prompt(r, around)
	layout := c.model.Config().Diffusion.Prompt
	e := PromptExplained{Path: r.Path, Tokens: len(ids), OfPrefixBytes: len(r.Prefix), OfSuffixBytes: len(r.Suffix)}
	tokens, bytes := new(int), new(int) // of the part
	for _, id := range ids {
		switch id {
		case layout.FileID:
			tokens, bytes = &e.PathTokens, new(int)
		case layout.SuffixID:
			tokens, bytes = &e.SuffixTokens, &e.SuffixBytes
		case layout.PrefixID:
			tokens, bytes = &e.PrefixTokens, &e.PrefixBytes
		default:
			*tokens++
			*bytes += len(c.tokenText(id))
		}
	}
	e.Context = append([]Chunk{}, around...)
	context := strings.Join(texts(around), "")
	e.ContextTokens = c.CountTokens(context)
	e.PrefixTokens -= e.ContextTokens
	e.PrefixBytes -= len(context)
	return e
}

func explainFit(ctx context.Context, h structure.Hole, l Limits, raw string) (FitExplained, error) {
	within := firstLines(raw, l.lines(h))
	fitted, err := h.Tree().Fit(ctx, h, within)
	e := FitExplained{Cuts: []CutExplained{}, Left: fitted.Text, Added: fitted.Added, Reindented: fitted.Reindented, Verdict: fitted.Verdict.String(), ErrorLine: fitted.Verdict.Line}
	if rest := raw[len(within):]; rest != "" {
		e.Cuts = append(e.Cuts, CutExplained{rest, fmt.Sprintf("is beyond line %d, the last that the settings allow here", l.lines(h))})
	}
	for _, cut := range fitted.Cuts {
		e.Cuts = append(e.Cuts, CutExplained{cut.Text, structure.Verdict{Reason: cut.Reason}.String()})
	}
	if e.ErrorLine > 0 {
		text := h.Tree().Text()
		lines := strings.SplitN(text[:h.Start]+fitted.Text+text[h.End:], "\n", e.ErrorLine+1)
		e.ErrorText = strings.TrimSuffix(lines[e.ErrorLine-1], "\r")
	}
	return e, err
}
