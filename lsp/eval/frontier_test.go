package eval

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"testing"
)

func TestWriteFrontier(t *testing.T) {
	var b bytes.Buffer
	if err := WriteFrontier(&b, "a & b", []Point{
		{Series: "ar", Setting: "ar", TokensPerSecond: 80, EditSimilarity: 0.3},
		{Series: "diffusion, threshold", Setting: "0.5", TokensPerSecond: 200, EditSimilarity: 0.2},
		{Series: "diffusion, threshold", Setting: "0.9", TokensPerSecond: 150, EditSimilarity: 0.25},
	}); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for decoder := xml.NewDecoder(&b); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			texts = append(texts, string(text))
		}
	}
	for _, want := range []string{"a & b", "ar", "diffusion, threshold", "0.5", "0.9", "edit similarity"} {
		if !slices.Contains(texts, want) {
			t.Errorf("no %q in the picture", want)
		}
	}
}
