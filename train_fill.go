package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/agnivade/levenshtein"

	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/rollout"
	"seedls/engine/train/sample"
	"seedls/engine/transformer"
	"seedls/structure"
)

// A filling is a model and the holes of a corpus that it fills.
type filling struct {
	model     *checkpoint.Checkpoint
	tokens    *tokenizer.Tokenizer
	documents *corpus.Corpus
	holes     *sample.Sampler
}

// openFilling opens a corpus for a model; documents is then to be closed. seed chooses the holes.
func openFilling(model *checkpoint.Checkpoint, file string, seed uint64) (*filling, error) {
	tokens, err := tokenizer.Parse(model.TokenizerJSON(), model.Config.VocabSize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", model.Name, err)
	}
	documents, err := corpus.Open(file)
	if err != nil {
		return nil, err
	}
	config := sample.DefaultConfig()
	config.Seed = seed
	holes, err := sample.New(documents, tokens, model.Config, cuts, config)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), documents.Close())
	}
	return &filling{model, tokens, documents, holes}, nil
}

// workers are as many as there are threads, of one thread each. They score by two models, which may be nil.
func (f *filling) workers(k kernel.Kernel, threads int, o rollout.Options, own, frozen *train.Parameters) (
	workers []rollout.Worker, closeAll func(), err error,
) {
	model, err := transformer.Load(f.model, kernel.BF16)
	if err != nil {
		return nil, nil, err
	}
	var pools []*kernel.Pool
	closeAll = func() {
		for _, p := range pools {
			p.Close()
		}
	}
	for range threads {
		pool := kernel.NewPool(1)
		pools = append(pools, pool)
		pass := func(p *train.Parameters) *train.Pass {
			if p == nil {
				return nil
			}
			return train.NewPass(p, k, pool, kernel.BF16)
		}
		roller, err := rollout.NewRoller(model, f.tokens, k, pool, &codeJudge{model: f.model.Config, tokens: f.tokens}, o)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		workers = append(workers, rollout.Worker{Roller: roller, Pass: pass(own), Frozen: pass(frozen)})
	}
	return workers, closeAll, nil
}

// A codeJudge knows code by its structure.
type codeJudge struct {
	model  checkpoint.Config
	tokens *tokenizer.Tokenizer

	of    *sample.Hole // of what follows
	tree  *structure.Tree
	hole  structure.Hole
	scope *structure.Scope
}

// at has the judge look at a hole.
func (j *codeJudge) at(h *sample.Hole) error {
	if j.of == h {
		return nil
	}
	tree, err := structure.Parse(context.Background(), structure.LanguageForPath(h.Document.Path), h.Prefix()+h.Suffix())
	if err != nil {
		return err
	}
	whole, err := structure.Parse(context.Background(), tree.Language(), h.Document.Text)
	if err != nil {
		return err
	}
	references, err := whole.References(context.Background())
	if err != nil {
		return err
	}
	j.of, j.tree, j.hole = h, tree, tree.Hole(h.Start, h.Start)
	// The rest of a document's package is not in a corpus, or not all of it: what the document needs of it is there.
	j.scope, err = tree.Scope(context.Background(), j.hole, references.Package())
	return err
}

func (j *codeJudge) Order(h *sample.Hole) diffusion.Order {
	if j.at(h) != nil {
		return nil // Verify tells
	}
	d := j.model.Diffusion
	return j.hole.Order(j.scope, d.MaskTokenID, d.EndTokenID, func(token int32) []byte {
		if j.tokens.IsSpecial(token) {
			return nil
		}
		return j.tokens.Bytes(token)
	})
}

func (j *codeJudge) Stop(h *sample.Hole, text string) bool {
	return j.at(h) == nil && j.hole.Leaves(text)
}

func (j *codeJudge) Verify(ctx context.Context, h *sample.Hole, text string) (rollout.Verdict, error) {
	if err := j.at(h); err != nil {
		return rollout.Verdict{}, err
	}
	fitted, err := j.tree.Fit(ctx, j.hole, text)
	if err != nil {
		return rollout.Verdict{}, err
	}
	reference := h.Document.Text[h.Start:h.End]
	longest := max(len([]rune(reference)), len([]rune(fitted.Text)), 1)
	return rollout.Verdict{
		OK:         fitted.Verdict.OK() && j.hole.Undeclared(j.scope, fitted.Text) == "",
		Similarity: 1 - float64(levenshtein.ComputeDistance(reference, fitted.Text))/float64(longest),
	}, nil
}
