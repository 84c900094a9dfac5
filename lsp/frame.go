package lsp

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// maxFrame is the longest message read, in bytes. Twice the longest document, which escapes make longer in transit.
const maxFrame = 32 << 20

const (
	maxHeaderLine = 1 << 10 // bytes of a header line
	maxLengthLine = 64      // bytes of a Content-Length line
	readSize      = 32 << 10
	keepBuffer    = 1 << 20 // a larger buffer is given back once its frame is done with
)

// A frameReader cuts a byte stream into the bodies of messages. After anything malformed it goes on at the next
// Content-Length line, wherever that is: such a line cannot be part of a JSON text, because strings have no line
// breaks in JSON.
type frameReader struct {
	source io.Reader
	max    int    // bytes of a frame
	buf    []byte // what was read
	pos    int    // of it, what was looked at
	// lost is set after a malformed frame that was reported: what comes before the next frame is part of it.
	lost bool
	// tooLong, unless it is nil, is told how a message begins that is longer than max, once some of it was skipped.
	tooLong  func(head []byte)
	skipping bool // such a message, of which nothing was seen yet
}

// A frameError says that what came was no frame. Reading can go on.
type frameError struct{ message string }

func (e *frameError) Error() string { return e.message }

// writeFrame writes a message in one piece.
func writeFrame(w io.Writer, body []byte) (int, error) {
	return w.Write(append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...))
}

// next returns the body of the next frame, which is valid until the following call. A *frameError means that there was
// none up to here; any other error is the source's.
func (f *frameReader) next() ([]byte, error) {
	if cap(f.buf) > keepBuffer && len(f.buf)-f.pos < readSize {
		f.buf, f.pos = bytes.Clone(f.buf[f.pos:]), 0
	}
	length, err := f.header()
	if err != nil {
		return nil, err
	}
	if length == 0 || length > int64(f.max) {
		f.lost, f.skipping = true, length > 0
		return nil, &frameError{fmt.Sprintf("a message of %d bytes: want 1 to %d", length, f.max)}
	}
	for int64(len(f.buf)-f.pos) < length {
		if err := f.fill(); err != nil {
			return nil, err
		}
	}
	f.lost = false
	f.pos += int(length)
	return f.buf[f.pos-int(length) : f.pos : f.pos], nil
}

// resync takes back the body that next returned last, which is not JSON: its length was wrong, or it was broken off.
// Reading goes on at the first Content-Length line in it or after it.
func (f *frameReader) resync(body []byte) {
	f.lost = true
	f.pos -= len(body)
}

// header reads to the end of the next header and returns the length that it gives.
func (f *frameReader) header() (int64, error) {
	for {
		start, end, length, ok := findLength(f.buf[f.pos:])
		if !ok {
			if drop := len(f.buf) - f.pos - maxHeaderLine; drop > 0 {
				f.skip(f.buf[f.pos:])
				f.pos += drop
				if err := f.report("bytes that are no message"); err != nil {
					return 0, err
				}
			}
			if err := f.fill(); err != nil {
				return 0, err
			}
			continue
		}
		before := f.buf[f.pos : f.pos+start]
		f.skip(before)
		f.pos += start
		if !isHeader(before) {
			if err := f.report("bytes that are no message"); err != nil {
				return 0, err
			}
		}
		f.pos += end - start
		switch last, err := f.otherFields(); {
		case err != nil:
			return 0, err
		case last:
			return length, nil
		}
	}
}

// otherFields reads the header fields after a Content-Length, which is the last one unless another follows.
func (f *frameReader) otherFields() (last bool, err error) {
	for {
		rest := f.buf[f.pos:]
		end := bytes.IndexByte(rest[:min(len(rest), maxHeaderLine)], '\n') + 1
		switch {
		case end == 0 && len(rest) >= maxHeaderLine:
			return false, f.report("a header line without end")
		case end == 0:
			if err := f.fill(); err != nil {
				return false, err
			}
			continue
		case len(bytes.TrimSpace(rest[:end])) == 0:
			f.pos += end
			return true, nil
		}
		if _, _, _, ok := findLength(rest[:end]); ok {
			return false, nil
		}
		if !isHeader(rest[:end]) {
			return false, f.report("a header line without a colon")
		}
		f.pos += end
	}
}

// skip takes note that a message which is too long begins like this.
func (f *frameReader) skip(head []byte) {
	if f.skipping && f.tooLong != nil {
		f.tooLong(head)
	}
	f.skipping = false
}

// report returns an error once for each run of what is no message.
func (f *frameReader) report(message string) error {
	if f.lost {
		return nil
	}
	f.lost = true
	return &frameError{message}
}

// fill reads more, at least a byte. Room is made as bytes come, never because a header says that they will.
func (f *frameReader) fill() error {
	if cap(f.buf)-len(f.buf) < readSize {
		unread := f.buf[f.pos:]
		if room := cap(f.buf) - len(unread); room < readSize {
			f.buf = make([]byte, 0, 2*len(unread)+2*readSize)
		}
		f.buf, f.pos = append(f.buf[:0], unread...), 0
	}
	n, err := f.source.Read(f.buf[len(f.buf):cap(f.buf)])
	f.buf = f.buf[:len(f.buf)+n]
	switch {
	case n > 0:
		return nil
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

// findLength finds the first whole Content-Length line in b, from its name to after its line break.
func findLength(b []byte) (start, end int, length int64, ok bool) {
	const name = "content-length"
	for colon := 0; ; colon++ {
		next := bytes.IndexByte(b[colon:], ':')
		if next < 0 {
			return 0, 0, 0, false
		}
		colon += next
		if colon < len(name) || !bytes.EqualFold(b[colon-len(name):colon], []byte(name)) {
			continue
		}
		rest := b[colon+1 : min(len(b), colon+1+maxLengthLine-len(name))]
		newline := bytes.IndexByte(rest, '\n')
		if newline < 0 {
			continue
		}
		value, err := strconv.ParseUint(string(bytes.TrimSpace(rest[:newline])), 10, 63)
		if err != nil {
			continue
		}
		return colon - len(name), colon + 1 + newline + 1, int64(value), true
	}
}

// isHeader reports whether b is header fields, or nothing.
func isHeader(b []byte) bool {
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		name, _, ok := bytes.Cut(line, []byte(":"))
		if len(line) > 0 && (!ok || bytes.ContainsAny(name, "{}\" ")) {
			return false
		}
	}
	return true
}
