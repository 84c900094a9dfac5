package stats

import (
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// maxCompared bounds, in characters, what is compared of a text: the time grows with the product of the lengths.
const maxCompared = 4096

// EditSimilarity says how much of the longer text need not be typed anew to make one text the other: 1 less the
// Levenshtein distance, in characters, over the characters of the longer. 1 for equal texts, two empty ones included, 0
// for texts without anything in common. Of a text above 4,096 characters only the first 4,096 are compared.
func EditSimilarity(a, b string) float64 {
	a, b = beginning(a), beginning(b)
	longer := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	if longer == 0 {
		return 1
	}
	return 1 - float64(levenshtein.ComputeDistance(a, b))/float64(longer)
}

// beginning cuts a text after maxCompared characters.
func beginning(text string) string {
	count := 0
	for at := range text {
		if count == maxCompared {
			return text[:at]
		}
		count++
	}
	return text
}
