package kernel

import (
	"fmt"
	"math"
	"strings"
)

// A Precision is how weights are stored and multiplied. Sums are in float32, or exact in int32.
type Precision uint8

// The precisions. Weights in Int8 have a scale an output, activations that meet them a scale a row; weights in Int4 have
// a scale an output and 32 values, and meet the same activations.
const (
	F32 Precision = iota
	BF16
	Int8
	Int4
)

// Precisions lists them all.
var Precisions = []Precision{F32, BF16, Int8, Int4}

var precisionNames = [...]string{F32: "f32", BF16: "bf16", Int8: "int8", Int4: "int4"}

func (p Precision) String() string { return precisionNames[p] }

// ParsePrecision reads the name of a precision.
func ParsePrecision(name string) (Precision, error) {
	for i, n := range precisionNames {
		if n == name {
			return Precision(i), nil
		}
	}
	return 0, fmt.Errorf("precision %q: want one of %s", name, strings.Join(precisionNames[:], ", "))
}

// operand is the precision of the activations that meet weights of p.
func (p Precision) operand() Precision {
	if p == Int4 {
		return Int8
	}
	return p
}

// MaxDepth is the largest depth of a matrix: that at which sums of bytes stay within 32 bits, 128 * 127 a product.
func (p Precision) MaxDepth() int {
	if p.operand() == Int8 {
		return 1 << 17
	}
	return math.MaxInt
}

// perWord is how many values of p are in 32 bits.
func (p Precision) perWord() int { return [...]int{F32: 1, BF16: 2, Int8: 4, Int4: 8}[p] }

// padded is the depth that weights and activations of p are stored with: zeros fill it up to 64 bytes of activations, so
// that no kernel has a rest to care for.
func (p Precision) padded(depth int) int {
	if p == F32 {
		return depth
	}
	step := PanelWidth * p.operand().perWord()
	return (depth + step - 1) / step * step
}
