package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// A Corpus reads documents of a file, in any order. It is safe for concurrent use, but for Close. Its memory is some
// 40 bytes a document; texts stay on disk.
type Corpus struct {
	source  io.ReaderAt
	name    string
	entries []entry
	bytes   int64
	close   func() error
}

// An entry says where a document's repository begins, and how long its parts are.
type entry struct {
	offset                 int64
	repository, path, text int32
	language               string
}

// Open opens the corpus in a file and checks its layout. The caller closes it.
func Open(path string) (*Corpus, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var c *Corpus
		if c, err = read(f, info.Size(), path); err == nil {
			c.close = f.Close
			return c, nil
		}
	}
	f.Close()
	return nil, err
}

// read indexes a corpus of size bytes. What it allocates is bounded by size.
func read(source io.ReaderAt, size int64, name string) (*Corpus, error) {
	c := &Corpus{source: source, name: name, close: func() error { return nil }}
	head := make([]byte, len(magic))
	if n, err := source.ReadAt(head, 0); string(head[:n]) != magic {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return nil, fmt.Errorf("%s is no corpus of this version: make one with \"seedls train corpus\"", name)
	}
	languages := make(map[string]string) // one string for each
	buffer := make([]byte, maxHeaderBytes)
	for offset := int64(len(magic)); ; {
		n, err := source.ReadAt(buffer, offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		end := bytes.IndexByte(buffer[:n], '\n')
		if end < 0 {
			return nil, c.damaged(offset, "no header of a document ends here")
		}
		line := string(buffer[:end])
		offset += int64(len(line)) + 1
		if count, ok := strings.CutPrefix(line, "end "); ok {
			if count != strconv.Itoa(len(c.entries)) {
				return nil, c.damaged(offset, "it has %d documents, and should have %.20q", len(c.entries), count)
			}
			if offset != size {
				return nil, c.damaged(offset, "something follows its end")
			}
			return c, nil
		}
		e, ok := parseHeader(line)
		if !ok {
			return nil, c.damaged(offset, "%.80q is no header of a document", line)
		}
		e.offset = offset
		if known, ok := languages[e.language]; ok {
			e.language = known
		} else {
			e.language = strings.Clone(e.language)
			languages[e.language] = e.language
		}
		if offset += e.size(); offset > size {
			return nil, c.damaged(e.offset, "it ends within a document")
		}
		c.entries = append(c.entries, e)
		c.bytes += int64(e.text)
	}
}

func parseHeader(line string) (e entry, ok bool) {
	fields := strings.Split(line, " ")
	if len(fields) != 5 || fields[0] != "document" || fields[1] == "" || len(fields[1]) > maxNameBytes ||
		strings.ContainsFunc(fields[1], isSpace) {
		return e, false
	}
	e.language = fields[1]
	for i, part := range []struct {
		length   *int32
		min, max int
	}{{&e.repository, 1, maxNameBytes}, {&e.path, 1, maxNameBytes}, {&e.text, 0, MaxTextBytes}} {
		n, err := strconv.Atoi(fields[2+i])
		if err != nil || n < part.min || n > part.max {
			return e, false
		}
		*part.length = int32(n)
	}
	return e, true
}

// size of a document after its header.
func (e entry) size() int64 { return int64(e.repository) + int64(e.path) + int64(e.text) + 3 }

// Len is the number of documents.
func (c *Corpus) Len() int { return len(c.entries) }

// Bytes is the length of all texts.
func (c *Corpus) Bytes() int64 { return c.bytes }

// TextBytes is the length of document i's text, which costs no reading.
func (c *Corpus) TextBytes(i int) int { return int(c.entries[i].text) }

// Document reads document i, from 0 to Len()-1.
func (c *Corpus) Document(i int) (Document, error) {
	e := c.entries[i]
	data := make([]byte, e.size())
	if _, err := c.source.ReadAt(data, e.offset); err != nil {
		return Document{}, fmt.Errorf("%s: document %d: %w", c.name, i, err)
	}
	all := string(data)
	path := int(e.repository) + 1
	text := path + int(e.path) + 1
	end := text + int(e.text)
	if all[path-1] != '\n' || all[text-1] != '\n' || all[end] != '\n' {
		return Document{}, c.damaged(e.offset, "the lengths of document %d are wrong", i)
	}
	return Document{all[:path-1], all[path : text-1], e.language, all[text:end]}, nil
}

// Close closes the file.
func (c *Corpus) Close() error { return c.close() }

func (c *Corpus) damaged(offset int64, format string, args ...any) error {
	return fmt.Errorf("%s is damaged near byte %d: %s: make it again with \"seedls train corpus\"",
		c.name, offset, fmt.Sprintf(format, args...))
}
