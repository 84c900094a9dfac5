package diffusion

import (
	"context"
	"math"
)

// A Reader is the sequences of one model that says of each token of a text how likely it is after those before it.
type Reader interface {
	// Read appends tokens to the contexts of the sequences and returns the logits, [vocab] each, of the token after each of
	// them, those of one sequence after those of another; they are valid until the next call.
	Read(tokens [][]int32) [][]float32
}

// readTokens bounds the tokens whose logits are held at a time.
const readTokens = 128

// LogLikelihoods returns for each text log p, in nats, of the text and the End after it, one token after another: how much
// the model thinks of it, however it came about. texts[i] follows the context of the i-th sequence
// of r and then the token last. The contexts grow by last and the texts, for which there must be room. When ctx is
// cancelled it returns ctx.Err() before another forward pass.
func (s *Sampler) LogLikelihoods(ctx context.Context, r Reader, last int32, texts [][]int32) ([]float64, error) {
	sums, longest := make([]float64, len(texts)), 0
	var lines [][]int32 // last, the text, and End
	for _, text := range texts {
		line := append([]int32{last}, text...)
		lines = append(lines, append(line, s.vocabulary.End))
		longest = max(longest, len(text)+1)
	}
	tokens := make([][]int32, len(texts))
	size := max(readTokens/max(len(texts), 1), 1)
	for at := 0; at < longest; at += size {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, line := range lines {
			read := line[:len(line)-1]
			tokens[i] = read[min(at, len(read)):min(at+size, len(read))]
		}
		logits := r.Read(tokens)
		for i, line := range lines {
			for j := range tokens[i] {
				lse, _ := s.kernel.LogSumExp(logits[j])
				logP := logits[j][line[at+j+1]] - lse
				if !finite(logP) {
					return nil, errNotFinite
				}
				sums[i] += float64(logP)
			}
			logits = logits[len(tokens[i]):]
		}
	}
	return sums, nil
}

// logConfidence is the sum of the logarithms of confidences, none of which counts as less than e^-100.
func logConfidence(confidence []float32) (sum float64) {
	for _, p := range confidence {
		sum += max(math.Log(float64(p)), -100)
	}
	return sum
}
