package checkpoint

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tensorFile is a file with this header and so many bytes of data: 0, 1, 2, ...
func tensorFile(header string, dataBytes int) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	file = append(file, header...)
	for i := range dataBytes {
		file = append(file, byte(i))
	}
	return file
}

func TestParseTensors(t *testing.T) {
	file := tensorFile(`{
		"__metadata__": {"format": "pt"},
		"second": {"dtype": "I32", "shape": [2], "data_offsets": [8, 16]},
		"first": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]},
		"empty": {"dtype": "F32", "shape": [0, 7], "data_offsets": [8, 8]},
		"scalar": {"dtype": "F64", "shape": [], "data_offsets": [16, 24]},
		"nibbles": {"dtype": "F4", "shape": [3, 2], "data_offsets": [24, 27]}
	}   `, 27)
	f, err := ParseTensors("weights", file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tensor := range f.Tensors() {
		names = append(names, tensor.Name)
	}
	if want := []string{"first", "empty", "second", "scalar", "nibbles"}; !slices.Equal(names, want) {
		t.Errorf("tensors are %q, want %q", names, want)
	}
	first, err := f.Tensor("first")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Shape, []int{2, 2}) || !slices.Equal(first.Data, []byte{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("first is %+v", first)
	}
	if got, want := first.Float32()[1], math.Float32frombits(0x03020000); got != want {
		t.Errorf("first[0][1] is %g, want %g", got, want)
	}
	row := make([]float32, 2)
	if first.Row(1, row); !slices.Equal(row, first.Float32()[2:]) {
		t.Errorf("row 1 of first is %g", row)
	}
	second, err := f.Tensor("second")
	if err != nil {
		t.Fatal(err)
	}
	if got := second.Int32s(); !slices.Equal(got, []int32{0x0b0a0908, 0x0f0e0d0c}) {
		t.Errorf("second is %x", got)
	}
	if _, err := f.Tensor("third"); err == nil || !strings.Contains(err.Error(), `weights: no tensor "third"`) {
		t.Errorf("a missing tensor gives %v", err)
	}
}

func TestMalformedTensorFiles(t *testing.T) {
	const ok = `"ok": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}`
	header := func(bad string) []byte { return tensorFile("{"+ok+", "+bad+"}", 8) }
	length := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), "{}"...) }
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "truncated: 0 bytes"},
		{"no length", []byte("1234567"), "truncated: 7 bytes"},
		{"header beyond the file", length(3), "truncated: header of 3 bytes, 2 are left"},
		{"absurd header", length(math.MaxUint64), "not a safetensors file"},
		{"no header", length(0), "header is not a JSON object"},
		{"not JSON", tensorFile("PK\x03\x04", 0), "header is not a JSON object"},
		{"cut JSON", tensorFile("{"+ok, 4), "header is not a JSON object"},
		{"array", tensorFile("[1]", 0), "header is not a JSON object"},
		{"two objects", tensorFile("{} {}", 0), "there is more after its end"},
		{"number for a name", tensorFile("{1: 2}", 0), "header is not a JSON object"},
		{"metadata", header(`"__metadata__": {"n": 1}`), "__metadata__"},
		{"no object", header(`"bad": 7`), `tensor "bad"`},
		{"null", header(`"bad": null`), `tensor "bad": unknown dtype ""`},
		{"twice", header(ok), `tensor "ok" is there twice`},
		{"dtype", header(`"bad": {"dtype": "F33", "shape": [4], "data_offsets": [4, 8]}`), `tensor "bad": unknown dtype "F33"`},
		{"no shape", header(`"bad": {"dtype": "U8", "data_offsets": [4, 8]}`), `tensor "bad": no shape`},
		{"negative shape", header(`"bad": {"dtype": "U8", "shape": [-4], "data_offsets": [4, 8]}`), `tensor "bad"`},
		{"fractional shape", header(`"bad": {"dtype": "U8", "shape": [1.5], "data_offsets": [4, 8]}`), `tensor "bad"`},
		{"overflowing shape", header(`"bad": {"dtype": "U8", "shape": [4294967296, 4294967296, 4], "data_offsets": [4, 8]}`), `tensor "bad": shape [4294967296 4294967296 4] overflows`},
		{"shape that wraps to the size", header(`"bad": {"dtype": "U8", "shape": [2305843009213693953, 4], "data_offsets": [4, 8]}`), `tensor "bad": shape [2305843009213693953 4] overflows`},
		{"shape too small", header(`"bad": {"dtype": "U8", "shape": [3], "data_offsets": [4, 8]}`), `tensor "bad": U8 of shape [3]`},
		{"shape too large", header(`"bad": {"dtype": "F32", "shape": [2], "data_offsets": [4, 8]}`), `tensor "bad": F32 of shape [2]`},
		{"half a byte", header(`"bad": {"dtype": "F4", "shape": [7], "data_offsets": [4, 8]}`), `tensor "bad": F4 of shape [7]`},
		{"no offsets", header(`"bad": {"dtype": "U8", "shape": [4]}`), `tensor "bad": data_offsets has 0 numbers`},
		{"three offsets", header(`"bad": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8, 8]}`), `tensor "bad": data_offsets has 3 numbers`},
		{"reversed offsets", header(`"bad": {"dtype": "U8", "shape": [4], "data_offsets": [8, 4]}`), `tensor "bad": data_offsets [8, 4] are reversed`},
		{"offsets beyond the data", header(`"bad": {"dtype": "U8", "shape": [8], "data_offsets": [4, 12]}`), `tensor "bad": data_offsets [4, 12] end beyond the 8 bytes`},
		{"negative offset", header(`"bad": {"dtype": "U8", "shape": [4], "data_offsets": [-4, 0]}`), `tensor "bad"`},
		{"overlap", header(`"bad": {"dtype": "U8", "shape": [5], "data_offsets": [3, 8]}`), `tensor "bad" overlaps tensor "ok"`},
		{"same place", header(`"bad": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}`), "overlaps"},
		{"hole", header(`"bad": {"dtype": "U8", "shape": [3], "data_offsets": [5, 8]}`), `tensor "bad": 1 bytes before it belong to no tensor`},
		{"data left over", tensorFile("{"+ok+"}", 8), "the last 4 bytes belong to no tensor"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.safetensors")
			if err := os.WriteFile(path, test.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ParseTensors("bad.safetensors", test.file)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "bad.safetensors: ") {
				t.Errorf("in memory: got %v, want %q", err, test.want)
			}
			_, err = OpenTensors(path)
			if err == nil || !strings.HasPrefix(err.Error(), path+": ") {
				t.Errorf("on disk: got %v", err)
			}
		})
	}
}

func TestOpenTensorsOfNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none.safetensors")} {
		if _, err := OpenTensors(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s gives %v", path, err)
		}
	}
}

func TestConversions(t *testing.T) {
	tensor := func(dtype DType, bits ...uint64) Tensor {
		width := int(dtype.bits() / 8)
		tensor := Tensor{Name: "t", DType: dtype, Shape: []int{len(bits)}}
		for _, b := range bits {
			tensor.Data = append(tensor.Data, binary.LittleEndian.AppendUint64(nil, b)[:width]...)
		}
		return tensor
	}
	inf := float32(math.Inf(1))
	for _, test := range []struct {
		tensor Tensor
		want   []float32
	}{
		{tensor(F32, 0x3f800000, 0xc2280000, 1), []float32{1, -42, math.SmallestNonzeroFloat32}},
		{tensor(BF16, 0x3f80, 0xc228, 0x7f80, 0x0001), []float32{1, -42, inf, 0x1p-133}},
		{tensor(F16, 0x3c00, 0xd140, 0x7bff, 0x7c00, 0xfc00), []float32{1, -42, 65504, inf, -inf}},
		{tensor(F16, 0x0001, 0x83ff, 0x0400), []float32{0x1p-24, -0x3ffp-24, 0x1p-14}},
	} {
		if got := test.tensor.Float32(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %g, want %g", test.tensor.DType, got, test.want)
		}
	}
	if got := tensor(F16, 0x8000).Float32()[0]; got != 0 || !math.Signbit(float64(got)) {
		t.Errorf("negative zero became %g", got)
	}
	for _, nan := range []Tensor{tensor(F16, 0x7e00), tensor(F16, 0x7c01), tensor(BF16, 0xffc0)} {
		if got := nan.Float32()[0]; got == got {
			t.Errorf("NaN of %s became %g", nan.DType, got)
		}
	}
	for h := range uint64(1 << 16) {
		exponent, fraction := int(h>>10&0x1f), float64(h&0x3ff)
		if exponent == 0x1f {
			continue
		}
		want := math.Ldexp(fraction, -24)
		if exponent > 0 {
			want = math.Ldexp(1024+fraction, exponent-25)
		}
		if h>>15 == 1 {
			want = -want
		}
		if got := halfToFloat32(uint16(h)); float64(got) != want {
			t.Fatalf("half %#04x became %g, want %g", h, got, want)
		}
	}
}

func TestConversionOfAnotherType(t *testing.T) {
	for name, convert := range map[string]func(){
		"float32": func() { Tensor{DType: "I64"}.Float32() },
		"int32":   func() { Tensor{DType: F32}.Int32s() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			convert()
		})
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte{})
	f.Add(tensorFile("{}", 0))
	f.Add(tensorFile(`{"__metadata__": {"format": "pt"}}`, 0))
	f.Add(tensorFile(`{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}`, 8))
	f.Add(tensorFile(`{"a": {"dtype": "F16", "shape": [1, 2], "data_offsets": [4, 8]}, "b": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}`, 8))
	f.Add(tensorFile(`{"a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}, "z": {"dtype": "F64", "shape": [0], "data_offsets": [4, 4]}}`, 4))
	f.Add(tensorFile(`{"a": {"dtype": "U8", "shape": [18446744073709551615], "data_offsets": [0, 1]}}`, 1))
	f.Add(tensorFile(`{"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 0]}, "a": {}}`, 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, err := parseHeader(file)
		if err != nil {
			return
		}
		data := file[8+binary.LittleEndian.Uint64(file):]
		names := map[string]bool{}
		for _, tensor := range tensors {
			if names[tensor.Name] {
				t.Errorf("tensor %q is there twice", tensor.Name)
			}
			names[tensor.Name] = true
			n := len(tensor.Data)
			if n > len(data) || n > 0 && &tensor.Data[0] != &data[0] {
				t.Fatalf("tensor %q does not follow the one before it", tensor.Name)
			}
			data = data[n:]
			bits := int(tensor.DType.bits())
			for _, d := range tensor.Shape {
				if d < 0 {
					t.Errorf("tensor %q has shape %d", tensor.Name, tensor.Shape)
				}
				bits *= d
			}
			if bits != 8*n {
				t.Errorf("tensor %q, %s of shape %d, has %d bytes", tensor.Name, tensor.DType, tensor.Shape, n)
			}
		}
		if len(data) != 0 {
			t.Errorf("%d bytes belong to no tensor", len(data))
		}
	})
}
