package bpe

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"seedls/engine/tokenizer"
)

// counted is a text and how often it occurs.
type counted struct {
	text  string
	count int64
}

// counts of different texts.
type counts map[string]*int64

// add keeps a copy of the piece, whose text may be a whole document.
func (c counts) add(piece string, n int64) {
	if sum, ok := c[piece]; ok {
		*sum += n
		return
	}
	c[strings.Clone(piece)] = &n
}

// countLines counts the lines of the documents that the sample draws.
func countLines(ctx context.Context, corpus Corpus, stats *Stats, o *Options) (counts, error) {
	drawn := func(yield func(counted, error) bool) {
		done := int64(0)
		for text, err := range corpus {
			done += int64(len(text))
			o.Observe("MB counted", int(min(done, stats.Bytes)/1e6), int(stats.Bytes/1e6))
			if err == nil && !draws(text, o.SampleBytes, stats.Bytes) {
				continue
			}
			stats.SampledBytes += int64(len(text))
			if !yield(counted{text, 1}, err) {
				return
			}
		}
	}
	lines, err := count(ctx, o.Threads, 1, drawn, tokenizer.Lines)
	if err == nil && len(lines) == 0 {
		err = errors.New("the sample drew no document: raise its size")
	}
	return lines, err
}

// countWords counts the words of lines.
func countWords(ctx context.Context, lines counts, o *Options) (counts, error) {
	each := func(yield func(counted, error) bool) {
		done := 0
		for line, n := range lines {
			if done++; done%lineSteps == 0 || done == len(lines) {
				o.Observe("lines cut into words", done, len(lines))
			}
			if !yield(counted{line, *n}, nil) {
				return
			}
		}
	}
	return count(ctx, o.Threads, 1024, each, words)
}

// lineSteps is how many lines go by between two observations.
const lineSteps = 10_000

// count cuts texts into pieces and counts each different one, in threads goroutines that take batches of texts.
func count(
	ctx context.Context, threads, batch int, texts iter.Seq2[counted, error], cut func(string) iter.Seq[string],
) (counts, error) {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []counted, threads)
	group.Go(func() error {
		defer close(batches)
		return send(ctx, batches, batch, texts)
	})
	var mutex sync.Mutex
	var all counts
	for range threads {
		group.Go(func() error {
			own := counts{}
			for texts := range batches {
				for _, t := range texts {
					for piece := range cut(t.text) {
						own.add(piece, t.count)
					}
				}
			}
			mutex.Lock()
			defer mutex.Unlock()
			if len(all) < len(own) {
				all, own = own, all
			}
			for piece, n := range own {
				all.add(piece, *n)
			}
			return nil
		})
	}
	err := group.Wait()
	return all, err
}

func send(ctx context.Context, batches chan<- []counted, size int, texts iter.Seq2[counted, error]) error {
	var batch []counted
	flush := func() error {
		select {
		case batches <- batch:
			batch = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for t, err := range texts {
		if err != nil {
			return err
		}
		if batch = append(batch, t); len(batch) == size {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// spell makes units of words: their bytes.
func (v *Vocabulary) spell(words counts) units {
	var u units
	var tokens []int32
	for word, n := range words {
		tokens = tokens[:0]
		for i := range len(word) {
			tokens = append(tokens, v.byteToID[word[i]])
		}
		u.append(tokens, uint32(*n))
	}
	return u
}

// encode makes units of lines, with the merges that there are.
func encode(ctx context.Context, v *Vocabulary, lines counts, o *Options) (units, error) {
	t, err := v.tokenizer()
	if err != nil {
		return units{}, err
	}
	all := make([]counted, 0, len(lines))
	for line, n := range lines {
		all = append(all, counted{line, *n})
	}

	var u units
	var mutex sync.Mutex
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.Threads)
	for batch := range slices.Chunk(all, lineSteps) {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var part units
			var tokens []int32
			for _, line := range batch {
				tokens = t.EncodeText(tokens[:0], line.text)
				part.append(tokens, uint32(line.count))
			}
			mutex.Lock()
			defer mutex.Unlock()
			for _, s := range part.spans {
				u.append(part.tokens[s.begin:s.begin+s.length], s.count)
			}
			done += len(batch)
			o.Observe("lines encoded", done, len(all))
			return nil
		})
	}
	err = group.Wait()
	return u, err
}
