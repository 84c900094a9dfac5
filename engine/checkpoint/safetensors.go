package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
)

// maxHeader is the limit that the reference implementation of the format sets on its JSON header, in bytes.
const maxHeader = 100_000_000

// TensorFile is a safetensors file: eight bytes of header length, little-endian; a JSON header that gives each tensor
// its type, shape and place; and the tensors' bytes, with neither gap nor overlap. It is immutable and safe for
// concurrent use until it is closed.
type TensorFile struct {
	name    string
	tensors []Tensor // in the order of their data
	byName  map[string]int
	unmap   func() error // nil when the data is not ours to release
}

// OpenTensors maps the file at path and validates its header. Errors name the file and the tensor.
//
// The file must not shrink while it is open: the operating system ends a process that reads mapped bytes which are no
// longer there, outside of [TensorFile.Read].
func OpenTensors(path string) (*TensorFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	data, unmap, err := mapFile(path, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := ParseTensors(path, data)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	f.unmap = unmap
	return f, nil
}

// Map maps a whole file, read-only, or reads it where that is not to be had.
func Map(path string) (data []byte, unmap func() error, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	return mapFile(path, info.Size())
}

// ParseTensors reads a file that is in memory already. The tensors alias data, which the caller must leave as it is;
// name stands for the file in errors.
func ParseTensors(name string, data []byte) (*TensorFile, error) {
	tensors, err := parseHeader(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &TensorFile{name: name, tensors: tensors, byName: make(map[string]int, len(tensors))}
	for i := range tensors {
		tensors[i].file = name
		f.byName[tensors[i].Name] = i
	}
	return f, nil
}

// Tensor returns the tensor of that name; one that the file does not have is an error.
func (f *TensorFile) Tensor(name string) (Tensor, error) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, fmt.Errorf("%s: no tensor %q", f.name, name)
	}
	return f.tensors[i], nil
}

// Tensors lists all tensors in the order of their data. The slice is shared: do not change it.
func (f *TensorFile) Tensors() []Tensor { return f.tensors }

// Read calls read, as [Checkpoint.Read] does.
func (f *TensorFile) Read(read func() error) error { return guard(f.name, read) }

// Close releases the mapping. No tensor's data may be read afterwards.
func (f *TensorFile) Close() error {
	if f.unmap == nil {
		return nil
	}
	unmap := f.unmap
	f.unmap = nil
	return unmap()
}

// DType is the element type of a tensor, by its name in the format.
type DType string

// The types that the engine converts. A file may hold the format's other types as long as nothing asks for them.
const (
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I32  DType = "I32"
)

// bits is the size of an element, 0 for a type that the format does not have.
func (d DType) bits() uint64 {
	switch d {
	case "F4":
		return 4
	case "F6_E2M3", "F6_E3M2":
		return 6
	case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ":
		return 8
	case F16, BF16, "I16", "U16":
		return 16
	case F32, I32, "U32":
		return 32
	case "F64", "I64", "U64", "C64":
		return 64
	}
	return 0
}

// floating reports whether Tensor.Float32 converts the type.
func (d DType) floating() bool { return d == F32 || d == F16 || d == BF16 }

// Tensor is a view of one tensor of a file. Data is little-endian, row-major, read-only, and valid until the file or
// the checkpoint it came from is closed.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // empty for a scalar
	Data  []byte

	file string
}

// Float32 converts an F32, F16 or BF16 tensor into a new slice. It panics for other types: [Checkpoint.Tensor] returns
// none.
func (t Tensor) Float32() []float32 {
	dst := make([]float32, t.count())
	t.Float32To(dst)
	return dst
}

// Float32To converts as Float32 does, into as many values as the tensor has.
func (t Tensor) Float32To(dst []float32) { t.convert(dst, t.Data) }

// Row converts row i of a tensor of shape [rows, len(dst)], of the types that Float32 takes, into dst.
func (t Tensor) Row(i int, dst []float32) {
	stride := len(dst) * int(t.DType.bits()/8)
	t.convert(dst, t.Data[i*stride:][:stride])
}

// Int32s converts an I32 tensor into a new slice. It panics for other types.
func (t Tensor) Int32s() []int32 {
	if t.DType != I32 {
		panic(fmt.Sprintf("%s: tensor %q is %s, not I32", t.file, t.Name, t.DType))
	}
	dst := make([]int32, t.count())
	for i := range dst {
		dst[i] = int32(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return dst
}

func (t Tensor) convert(dst []float32, src []byte) {
	switch t.DType {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case F16:
		for i := range dst {
			dst[i] = halfToFloat32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	default:
		panic(fmt.Sprintf("%s: tensor %q is %s, not F32, F16 or BF16", t.file, t.Name, t.DType))
	}
}

// count is the number of elements.
func (t Tensor) count() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

func halfToFloat32(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent, fraction := uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormals, in units of 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// entry is a tensor in the header. Unsigned numbers make the decoder refuse negative ones.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

// parseHeader validates a whole file and returns its tensors in the order of their data, which they cover exactly.
func parseHeader(file []byte) ([]Tensor, error) {
	const prefix = 8
	if len(file) < prefix {
		return nil, fmt.Errorf("truncated: %d bytes, a safetensors file has at least %d", len(file), prefix)
	}
	length, rest := binary.LittleEndian.Uint64(file), file[prefix:]
	if length > maxHeader {
		return nil, fmt.Errorf("not a safetensors file: header of %d bytes, the limit is %d", length, maxHeader)
	}
	if length > uint64(len(rest)) {
		return nil, fmt.Errorf("truncated: header of %d bytes, %d are left in the file", length, len(rest))
	}
	header, data := rest[:length], rest[length:]

	type span struct {
		tensor     Tensor
		begin, end uint64
	}
	var spans []span
	seen := map[string]bool{}
	err := eachMember(header, func(name string, decode func(any) error) error {
		if seen[name] {
			return fmt.Errorf("tensor %q is there twice", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			if err := decode(new(map[string]string)); err != nil {
				return fmt.Errorf("__metadata__: %w", err)
			}
			return nil
		}
		var e entry
		if err := decode(&e); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		shape, err := e.check(uint64(len(data)))
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		begin, end := e.Offsets[0], e.Offsets[1]
		t := Tensor{Name: name, DType: e.DType, Shape: shape, Data: data[begin:end:end]}
		spans = append(spans, span{t, begin, end})
		return nil
	})
	if err != nil {
		return nil, err
	}

	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	tensors := make([]Tensor, len(spans))
	var covered uint64
	for i, s := range spans {
		if s.begin < covered {
			return nil, fmt.Errorf("tensor %q overlaps tensor %q", s.tensor.Name, spans[i-1].tensor.Name)
		}
		if s.begin > covered {
			return nil, fmt.Errorf("tensor %q: %d bytes before it belong to no tensor", s.tensor.Name, s.begin-covered)
		}
		covered = s.end
		tensors[i] = s.tensor
	}
	if covered != uint64(len(data)) {
		return nil, fmt.Errorf("the last %d bytes belong to no tensor", uint64(len(data))-covered)
	}
	return tensors, nil
}

// check returns the shape of a tensor that lies within size bytes of data and fills its place exactly.
func (e *entry) check(size uint64) ([]int, error) {
	width := e.DType.bits()
	if width == 0 {
		return nil, fmt.Errorf("unknown dtype %q", e.DType)
	}
	if e.Shape == nil {
		return nil, fmt.Errorf("no shape")
	}
	if len(e.Offsets) != 2 {
		return nil, fmt.Errorf("data_offsets has %d numbers, must have 2", len(e.Offsets))
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin > end {
		return nil, fmt.Errorf("data_offsets [%d, %d] are reversed", begin, end)
	}
	if end > size {
		return nil, fmt.Errorf("data_offsets [%d, %d] end beyond the %d bytes of data", begin, end, size)
	}
	total := width
	shape := make([]int, len(e.Shape))
	for i, d := range e.Shape {
		high, low := bits.Mul64(total, d)
		if high != 0 || d > math.MaxInt {
			return nil, fmt.Errorf("shape %d overflows", e.Shape)
		}
		total, shape[i] = low, int(d)
	}
	if total%8 != 0 || total/8 != end-begin {
		return nil, fmt.Errorf("%s of shape %d takes %d bits, data_offsets [%d, %d] hold %d bytes",
			e.DType, e.Shape, total, begin, end, end-begin)
	}
	return shape, nil
}

// eachMember calls member for every member of a JSON object, in order, repeated names included, which a map would
// hide. The callback must decode the value.
func eachMember(object []byte, member func(name string, decode func(any) error) error) error {
	decoder := json.NewDecoder(bytes.NewReader(object))
	notJSON := func(err error) error { return fmt.Errorf("header is not a JSON object: %w", err) }
	open, err := decoder.Token()
	if err != nil {
		return notJSON(err)
	}
	if open != json.Delim('{') {
		return notJSON(fmt.Errorf("it begins with %v", open))
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return notJSON(err)
		}
		// The decoder only yields strings where a member's name stands.
		if err := member(name.(string), decoder.Decode); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return notJSON(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return notJSON(errors.New("there is more after its end"))
	}
	return nil
}
