package diffusion

import (
	"context"
	"math"
)

// A Reader is a model that says of each token of a text how likely it is after those before it.
type Reader interface {
	// Read appends tokens to the context and returns the logits, [vocab] each, of the token after each of them; they are
	// valid until the next call.
	Read(tokens []int32) [][]float32
	// Room is the number of tokens that still fit.
	Room() int
}

// readTokens bounds the tokens whose logits are held at a time.
const readTokens = 32

// LogLikelihood returns the mean of log p, in nats a token, of a text and the End after it, one token after another, where
// they follow the context of r and then the token last: how much the model thinks of a text, however it came about. The
// context grows by last and the text. What does not fit does not count. When ctx is cancelled it returns ctx.Err() before
// another forward pass.
func (s *Sampler) LogLikelihood(ctx context.Context, r Reader, last int32, text []int32) (float64, error) {
	read := append([]int32{last}, text...)
	read = read[:min(len(read), r.Room())]
	follow := append(text[:len(text):len(text)], s.vocabulary.End)[:len(read)]
	var sum float64
	for at := 0; at < len(read); at += readTokens {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for i, logits := range r.Read(read[at:min(at+readTokens, len(read))]) {
			lse, _ := s.kernel.LogSumExp(logits)
			logP := logits[follow[at+i]] - lse
			if !finite(logP) {
				return 0, errNotFinite
			}
			sum += float64(logP)
		}
	}
	return sum / float64(max(len(read), 1)), nil
}

// logConfidence is the sum of the logarithms of confidences, none of which counts as less than e^-100.
func logConfidence(confidence []float32) (sum float64) {
	for _, p := range confidence {
		sum += max(math.Log(float64(p)), -100)
	}
	return sum
}
