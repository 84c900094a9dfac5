package sample

import (
	"math/rand/v2"

	"seedls/engine/train/corpus"
)

// A Hole is a place in a document to be filled, with what was there.
type Hole struct {
	Document   corpus.Document
	Start, End int     // bytes of the document's text
	Prompt     []int32 // the context that asks for it
	Middle     []int32 // the tokens of what was there
}

// Prefix and Suffix are the text around the hole.
func (h *Hole) Prefix() string { return h.Document.Text[:h.Start] }

func (h *Hole) Suffix() string { return h.Document.Text[h.End:] }

// Hole draws the hole of a number, as those of sequences are but with all of the text around it. It depends on the number
// and on what a sequence depends on; the caller owns it.
func (s *Sampler) Hole(number int64) (*Hole, error) {
	r := rand.New(rand.NewPCG(s.config.Seed, uint64(number)))
	document, err := s.draw(r)
	if err != nil {
		return nil, err
	}
	h := &Hole{Document: document}
	b := &builder{Sampler: s, r: r}
	h.Start, h.End, h.Middle = b.cut(document)
	h.Prompt = s.layout.Build(nil, document.Path, h.Prefix(), h.Suffix())
	return h, nil
}
