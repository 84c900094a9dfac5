package trainer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"seedls/engine/train/state"
)

const historyFile = "losses.jsonl"

// A Record is what a step did.
type Record struct {
	Step     int     `json:"step"` // from 0
	Stage    string  `json:"stage"`
	Context  float64 `json:"context"`  // the weighted mean cross entropy of next tokens, in nats
	Canvases float64 `json:"canvases"` // and of tokens of canvases
	NoiseLevels
	Rate    float64  `json:"rate"` // the learning rate
	Norm    float64  `json:"norm"` // of the gradients, before they were scaled down
	Skipped bool     `json:"skipped,omitempty"`
	Tokens  int      `json:"tokens"` // rows of the sequences
	Seconds float64  `json:"seconds"`
	HeldOut *HeldOut `json:"held_out,omitempty"` // after the step, where it was measured
}

// A history is the records of all steps, on the disk and in memory.
type history struct {
	dir     string
	file    *os.File
	out     *bufio.Writer
	bytes   int64
	records []Record
}

// openHistory goes on with the records in the directory of a run, where begin says that they end.
func openHistory(dir string, begin state.History) (*history, error) {
	path := filepath.Join(dir, begin.File)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	h := &history{dir: dir, file: f, bytes: begin.Bytes}
	if err := h.read(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	h.out = bufio.NewWriter(f)
	return h, nil
}

func (h *history) read() error {
	if info, err := h.file.Stat(); err != nil {
		return err
	} else if info.Size() < h.bytes {
		return fmt.Errorf("%d bytes were written, %d are there: put it back as it was, or begin a run in another directory", h.bytes, info.Size())
	}
	d := json.NewDecoder(io.LimitReader(h.file, h.bytes))
	for {
		var r Record
		err := d.Decode(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		h.records = append(h.records, r)
	}
	if err := h.file.Truncate(h.bytes); err != nil {
		return err
	}
	_, err := h.file.Seek(h.bytes, io.SeekStart)
	return err
}

func (h *history) add(r *Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	data = append(data, '\n')
	h.bytes += int64(len(data))
	h.records = append(h.records, *r)
	_, err = h.out.Write(data)
	return err
}

// flush puts all records on the disk.
func (h *history) flush() (state.History, error) {
	err := h.out.Flush()
	if err == nil {
		err = h.file.Sync()
	}
	return state.History{File: historyFile, Bytes: h.bytes}, err
}

func (h *history) close() error { return errors.Join(h.out.Flush(), h.file.Close()) }

// rate is tokens a second, of the last steps.
func (h *history) rate() float64 {
	tokens, seconds := 0, 0.0
	for _, r := range h.records[max(len(h.records)-20, 0):] {
		tokens += r.Tokens
		seconds += r.Seconds
	}
	return float64(tokens) / seconds
}
