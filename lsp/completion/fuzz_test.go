package completion

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"seedls/cache"
	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/synth"
	"seedls/engine/transformer"
	"seedls/structure"
)

// fuzzBudgetBytes is the budget of the KV caches: of four documents not all fit.
const fuzzBudgetBytes = 2 << 20

// fuzzGrowthBytes is what the memory of the process may grow by, once it has warmed up: what may wait for the garbage
// collector, on the heap of C above all, and not what a leak in each of thousands of runs would make.
const fuzzGrowthBytes = 128 << 20

// FuzzSession drives an editing session as a server does: the input is a script of edits, and of completions and repairs
// at any place with any options, some of them cancelled at some step. Whatever it says, answers fit the options and the
// place, a cancelled request stops, and goroutines, KV caches and memory stay within their bounds.
func FuzzSession(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "structure", "testdata", "samples", "*"))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	var samples []fuzzSample
	for i, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		samples = append(samples, fuzzSample{filepath.Base(path), string(text)})
		// A session of edits and completions everywhere, and one of many completions behind a single place.
		f.Add([]byte{byte(i), 0, 2, 7, 40, 9, 3, 0, 80, 9, 1, 200, 5, 4, 30, 3, 1, 9, 9, 2, 100, 77, 11, 250, 5, 6, 3, 2, 1})
		f.Add([]byte(strings.Repeat(string([]byte{byte(i), 1, 3, 60, 0, 8, 2, 5, 1}), 4)))
	}
	f.Add([]byte("any text is a script"))
	models := fuzzModels(f)
	memory := &memoryWatch{}
	f.Fuzz(func(t *testing.T, input []byte) {
		goroutines := runtime.NumGoroutine()
		s := &session{t: t, script: script(input)}
		sample := samples[s.script.below(len(samples))]
		s.completer = models[s.script.below(len(models))]
		s.path, s.language = sample.path, structure.LanguageForPath(sample.path)
		s.replaceAll(sample.text)
		for step := 0; len(s.script) > 0 && step < 16; step++ {
			if s.script.below(3) == 0 {
				s.edit()
			} else {
				s.complete()
			}
		}
		// A parse under way for a request that was cancelled ends soon after it.
		for wait := time.Millisecond; runtime.NumGoroutine() > goroutines; wait *= 2 {
			if time.Sleep(wait); wait > 10*time.Second {
				t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
			}
		}
		memory.check(t)
	})
}

type fuzzSample struct{ path, text string }

// fuzzModels are one that writes code and one that writes noise.
func fuzzModels(f *testing.F) (models []*Completer) {
	k, err := kernel.FromEnv()
	if err != nil {
		f.Fatal(err)
	}
	shape, err := synth.Find("seed-8m")
	if err != nil {
		f.Fatal(err)
	}
	shape.Config.VocabSize, shape.Config.HiddenSize, shape.Config.Layers, shape.Config.IntermediateSize = 512, 64, 1, 64
	shape.Config.Heads, shape.Config.KVHeads, shape.Config.HeadDim = 1, 1, 64
	dir := filepath.Join(f.TempDir(), "noise")
	if err := shape.Write(f.Context(), dir, synth.Options{Seed: 1}); err != nil {
		f.Fatal(err)
	}
	opens := []func() (*checkpoint.Checkpoint, error){func() (*checkpoint.Checkpoint, error) { return checkpoint.Open(dir) }}
	if k.Name() != "go" { // with which the other would take seconds for a session
		opens = append(opens, builtin.Open)
	}
	for _, open := range opens {
		c, err := open()
		if err != nil {
			f.Fatal(err)
		}
		completer, err := New(c, Compute{Kernel: k, Precision: DefaultPrecision, Threads: 1})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(completer.Close)
		completer.caches = cache.NewLRU[buffer, *transformer.KVCache](fuzzBudgetBytes)
		models = append(models, completer)
	}
	return models
}

// A script is what is left of a fuzz input: choices, made from the front.
type script []byte

// below takes a number from 0 to n-1; 0 once the script is over.
func (s *script) below(n int) int {
	if len(*s) == 0 {
		return 0
	}
	b := int((*s)[0])
	*s = (*s)[1:]
	if n > 256 && len(*s) > 0 {
		b = b<<8 | int((*s)[0])
		*s = (*s)[1:]
	}
	return b % n
}

// text takes a text of some bytes, made valid.
func (s *script) text(most int) string {
	n := min(s.below(most+1), len(*s))
	text := string((*s)[:n])
	*s = (*s)[n:]
	return strings.ToValidUTF8(text, "�")
}

// A session is a buffer and who completes in it.
type session struct {
	t         *testing.T
	script    script
	completer *Completer
	path      string
	language  *structure.Language
	tree      *structure.Tree
}

func (s *session) replaceAll(text string) {
	tree, err := structure.Parse(s.t.Context(), s.language, text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tree = tree
}

// place takes a region of the buffer, between characters.
func (s *session) place(most int) (start, end int) {
	text := s.tree.Text()
	start = s.script.below(len(text) + 1)
	end = min(start+s.script.below(most+1), len(text))
	for start > 0 && start < len(text) && text[start]&0xc0 == 0x80 {
		start--
	}
	for end < len(text) && text[end]&0xc0 == 0x80 {
		end++
	}
	return start, end
}

// pieces are what edits put in besides text of the script.
var pieces = []string{"", "\n", "\n\t", "(", ")", "{", "}", "\"", "`", "'", "/*", "*/", "//", "#", "if x {\n", "x := y\n", "func f(", ".", "é🙂", "\r\n"}

// edit changes the buffer as a keystroke or a paste does.
func (s *session) edit() {
	start, end := s.place(40)
	piece := s.script.below(len(pieces) + 1)
	var typed string
	if piece < len(pieces) {
		typed = pieces[piece]
	} else {
		typed = s.script.text(32)
	}
	text := s.tree.Text()
	next, err := s.tree.Reparse(s.t.Context(), text[:start]+typed+text[end:], []structure.Edit{{Start: start, OldEnd: end, NewEnd: start + len(typed)}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.tree = next
}

// options takes some that are valid.
func (s *session) options() Options {
	o := DefaultOptions()
	choose := s.script.below
	o.Order = choose(4) > 0
	o.Mode = []Mode{Diffusion, Diffusion, Diffusion, Autoregressive}[choose(4)]
	o.Policy = []string{ThresholdPolicy, FixedStepsPolicy, EntropyBoundedPolicy}[choose(3)]
	o.Threshold = float64(1+choose(100)) / 100
	o.Steps, o.EntropyBound = 1+choose(8), float64(choose(10))
	o.Canvas, o.Blocks = choose(25), 1+choose(3)
	o.Remasks, o.Revisions = choose(5), choose(3)
	o.EditThreshold = float64(1+choose(100)) / 100
	return o
}

// complete fills a hole, and takes what was written in one time of two.
func (s *session) complete() {
	start, end := s.place(60)
	text := s.tree.Text()
	r := Request{
		Path: s.path, Prefix: text[:start], Suffix: text[end:], Tree: s.tree, Package: &structure.Package{},
		Document: strconv.Itoa(s.script.below(5)), Options: s.options(),
	}
	if s.script.below(4) == 0 {
		r.Repair, r.Options.Revisions = text[start:end], max(r.Options.Revisions, 1)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	stopAt, steps := s.script.below(12), 0
	if stopAt == 1 {
		cancel()
	}
	r.Observe = func(diffusion.Step) {
		if steps++; steps+1 == stopAt {
			cancel()
		}
	}
	result, err := s.completer.Complete(ctx, r)
	cancelled := ctx.Err() != nil
	switch {
	case cancelled && steps+1 > stopAt:
		s.t.Fatalf("%d steps, cancelled before step %d", steps, stopAt)
	case cancelled && errors.Is(err, context.Canceled):
	case r.Repair != "" && errors.Is(err, ErrTooLong):
	case err != nil:
		s.t.Fatal(err)
	default:
		s.check(r, result, steps)
		if result.Text != "" && s.script.below(2) == 0 {
			s.replaceAll(r.Prefix + result.Text + r.Suffix)
		}
	}
	if used, _ := s.completer.caches.Bytes(); used > fuzzBudgetBytes {
		s.t.Fatalf("KV caches of %d bytes, with a budget of %d", used, fuzzBudgetBytes)
	}
}

// check asserts that an answer is within the options, and belongs where it is to stand.
func (s *session) check(r Request, result *Result, steps int) {
	o, t := r.Options, s.t
	blocks := o.Blocks
	if o.Canvas == 0 {
		blocks = (o.Blocks*DefaultBlock + result.Block - 1) / result.Block
	}
	perBlock := result.Block*(1+o.Remasks) + o.Revisions
	most := blocks * result.Block
	if result.Tokens > most || result.Forwards > blocks*perBlock || result.Forwards != steps || len(result.Steps) != steps {
		t.Fatalf("%d tokens in %d forward passes, %d steps, under %+v: %+v", result.Tokens, result.Forwards, steps, o, result)
	}
	for _, step := range result.Steps {
		for _, token := range step.Tokens {
			if s.completer.tokens.IsSpecial(token) && token != s.completer.model.Config().Diffusion.EndTokenID {
				t.Fatalf("special token %d is committed", token)
			}
		}
	}
	// Fitting indents a text as the buffer is, and adds brackets that the hole owes.
	solid := func(text string) string { return strings.Join(strings.Fields(text), "") }
	if (result.Text != "") != (result.Verdict == "ok") || !strings.HasPrefix(solid(result.Raw), strings.TrimRight(solid(result.Text), ")]}")) {
		t.Fatalf("text %q of %q, verdict %s", result.Text, result.Raw, result.Verdict)
	}
	if result.Text == "" || !s.language.HasGrammar() || len(s.tree.SyntaxErrors()) > 0 {
		return
	}
	// What is left without the text may be what no text mends.
	without, err := structure.Parse(t.Context(), s.language, r.Prefix+r.Suffix)
	if err != nil {
		t.Fatal(err)
	}
	if len(without.SyntaxErrors()) > 0 {
		return
	}
	filled, err := structure.Parse(t.Context(), s.language, r.Prefix+result.Text+r.Suffix)
	if err != nil {
		t.Fatal(err)
	}
	if errs := filled.SyntaxErrors(); len(errs) > 0 {
		t.Fatalf("errors at %v in\n%s", errs, filled.Text())
	}
}

// A memoryWatch compares the memory of the process with what it was once it had warmed up.
type memoryWatch struct {
	sessions int
	warm     int
}

// check looks each so many sessions, where the system shows the memory of a process. By the first time all that is kept
// is kept, and the heap of C as scattered as it gets.
func (w *memoryWatch) check(t *testing.T) {
	const each = 1024
	if w.sessions++; w.sessions%each != 0 {
		return
	}
	runtime.GC()
	debug.FreeOSMemory() // what finalizers of the first let go of, too
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	resident := pages * os.Getpagesize()
	if w.warm == 0 {
		w.warm = resident
	}
	if resident > w.warm+fuzzGrowthBytes {
		t.Fatalf("%d MB resident after %d sessions, %d after the first %d", resident>>20, w.sessions, w.warm>>20, each)
	}
}
