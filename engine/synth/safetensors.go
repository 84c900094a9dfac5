package synth

import (
	"encoding/binary"
	"encoding/json"
	"math"
)

// safetensorsHeader describes BF16 tensors that lie one after another. It returns the header, where in the file each
// tensor begins, and how long the file is.
func safetensorsHeader(list []tensor) (header []byte, offsets []int64, size int64) {
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	entries := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	for _, t := range list {
		end := size + 2*int64(t.size())
		entries[t.name] = entry{"BF16", t.shape(), [2]int64{size, end}}
		offsets = append(offsets, size)
		size = end
	}
	text, err := json.Marshal(entries)
	if err != nil {
		panic(err) // names and numbers always have a JSON form
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	header = append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	for i := range offsets {
		offsets[i] += int64(len(header))
	}
	return header, offsets, size + int64(len(header))
}

// appendBF16 appends values that BF16 can write.
func appendBF16(b []byte, values []float32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(v)>>16))
	}
	return b
}
