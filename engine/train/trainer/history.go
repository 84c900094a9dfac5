package trainer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

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
	const mend = "put it back as it was, or begin a run in another directory"
	info, err := h.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < h.bytes {
		return fmt.Errorf("%d bytes were written, %d are there: %s", h.bytes, info.Size(), mend)
	}
	for d := json.NewDecoder(io.LimitReader(h.file, h.bytes)); ; {
		var r Record
		err := d.Decode(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if step := len(h.records); err == nil && r.Step != step {
			err = fmt.Errorf("it is of step %d", r.Step)
		}
		if err != nil {
			return fmt.Errorf("line %d, of step %d, is damaged: %w: %s", len(h.records)+1, len(h.records), err, mend)
		}
		h.records = append(h.records, r)
	}
	if info.Size() > h.bytes {
		if err := h.file.Truncate(h.bytes); err != nil {
			return err
		}
	}
	_, err = h.file.Seek(h.bytes, io.SeekStart)
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
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("the disk is full: free some space: %w", err)
	}
	return state.History{File: historyFile, Bytes: h.bytes}, err
}

// close leaves out what was not flushed: it is of steps that are to be done again.
func (h *history) close() error { return h.file.Close() }

// rate is tokens a second, of the last steps.
func (h *history) rate() float64 {
	tokens, seconds := 0, 0.0
	for _, r := range h.records[max(len(h.records)-20, 0):] {
		tokens += r.Tokens
		seconds += r.Seconds
	}
	return float64(tokens) / seconds
}
