package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"
)

func TestWriteTensors(t *testing.T) {
	long := make([]float32, 3*writeBytes/4+5)
	for i := range long {
		long[i] = float32(i) + 0.25
	}
	weights := []Weights{
		{"z.long", []int{len(long)}, long},
		{"a.matrix", []int{2, 3}, []float32{1, -2, 3.5, 0, 1e-40, float32(math.Inf(-1))}},
		{"empty", []int{0, 7}, nil},
		{"scalar", []int{}, []float32{7}},
	}
	for _, dtype := range []DType{F32, BF16} {
		var file bytes.Buffer
		if err := WriteTensors(&file, dtype, weights); err != nil {
			t.Fatal(err)
		}
		f, err := ParseTensors("file", file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range f.Tensors() {
			want := weights[i]
			if got.Name != want.Name || got.DType != dtype || !slices.Equal(got.Shape, want.Shape) {
				t.Errorf("tensor %d is %q, %s %d", i, got.Name, got.DType, got.Shape)
			}
			values := want.Values
			if dtype == BF16 {
				values = Tensor{DType: BF16, Shape: want.Shape, Data: AppendBF16(nil, values)}.Float32()
			}
			if !slices.Equal(got.Float32(), values) {
				t.Errorf("%s in %s has other values", want.Name, dtype)
			}
		}
		for _, limit := range []int{0, 100, file.Len() - 1} {
			if err := WriteTensors(&full{left: limit}, dtype, weights); !errors.Is(err, errFull) {
				t.Errorf("with room for %d bytes the error is %v", limit, err)
			}
		}
	}
}

var errFull = errors.New("full")

// full is a writer with room for so many bytes.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAppendBF16(t *testing.T) {
	for _, test := range []struct{ value, want uint32 }{
		{0x3f800000, 0x3f80},
		{0x3f807fff, 0x3f80},
		{0x3f808000, 0x3f80}, // half way, to even
		{0x3f818000, 0x3f82},
		{0x3f808001, 0x3f81},
		{0xbf818000, 0xbf82},
		{0x80000000, 0x8000},
		{0x7f7fffff, 0x7f80}, // the largest number is nearest to infinity
		{0x7f800000, 0x7f80},
		{0x7f800001, 0x7fc0}, // a NaN whose upper half alone would be infinity
		{0x00000001, 0x0000},
	} {
		got := AppendBF16([]byte{9}, []float32{math.Float32frombits(test.value)})
		if want := []byte{9, byte(test.want), byte(test.want >> 8)}; !slices.Equal(got, want) {
			t.Errorf("%08x becomes %x, want %x", test.value, got, want)
		}
	}
}

// TestConfigFile writes the configuration of each model that there is, and reads it again.
func TestConfigFile(t *testing.T) {
	files, err := filepath.Glob("../../testdata/models/*/*/config.json")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../builtin/seed-go-8m/config.json")
	if len(files) < 4 {
		t.Fatalf("only %q", files)
	}
	for _, file := range files {
		data, err := readFile(file, maxConfigBytes)
		if err != nil {
			t.Fatal(err)
		}
		want, err := parseConfig(data)
		if err != nil {
			t.Fatal(file, err)
		}
		written, err := json.Marshal(want.File())
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseConfig(written)
		if err != nil {
			t.Fatal(file, err)
		}
		if a, b := mustJSON(t, got), mustJSON(t, want); a != b {
			t.Errorf("%s: %s becomes %s", file, b, a)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
