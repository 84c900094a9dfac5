package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// tagSuffix is that of the file with the ETag of what a part is of.
const tagSuffix = ".etag"

// maxTagBytes is the longest ETag that is kept.
const maxTagBytes = 1 << 10

var (
	errStalled  = errors.New("nothing came for a minute")
	errChecksum = errors.New("what came is not what the hub has the checksum of: it was deleted; try again, or tell the hub")
)

// transfer completes a part of a file of a size. tell is told how many bytes there are.
func (h *Hub) transfer(ctx context.Context, from, part string, size int64, tell func(int64)) error {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	err = h.retry(ctx, func() (progressed bool, err error) {
		before, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return false, err
		}
		tell(min(before, size))
		if before == size {
			return true, nil
		}
		after, err := h.resume(ctx, from, f, before, size, tell)
		return after > before, err
	})
	if err == nil {
		err = f.Sync() // or a machine that loses power may keep the name and not the content
	}
	return errors.Join(err, f.Close())
}

// resume makes one request for what is missing of a file, from an offset on, and returns how long it is then.
func (h *Hub) resume(ctx context.Context, from string, f *os.File, offset, size int64, tell func(int64)) (int64, error) {
	header := http.Header{}
	if offset > size {
		offset = 0
	}
	if offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if tag := readTag(f.Name()); tag != "" {
			header.Set("If-Range", tag)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := h.get(ctx, from, header, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return offset, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		offset = size + 1 // is another file by now: from the beginning
	case http.StatusOK:
		offset = 0 // is another file by now, or the hub has no ranges
	case http.StatusPartialContent:
		var start, end int64
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/", &start, &end); err != nil || start != offset {
			return offset, fmt.Errorf("%s%s: asked for bytes from %d on, got %q", h.endpoint, from, offset, resp.Header.Get("Content-Range"))
		}
	}
	if offset == 0 || offset > size {
		if err := f.Truncate(0); err != nil {
			return 0, err
		}
		writeTag(f.Name(), resp.Header.Get("ETag"))
	}
	if offset > size {
		return 0, temporary{error: fmt.Errorf("%s%s: %s", h.endpoint, from, resp.Status)}
	}
	if n := resp.ContentLength; n >= 0 && offset+n != size {
		return offset, fmt.Errorf("%s%s: the hub lists %d bytes and sends %d", h.endpoint, from, size, offset+n)
	}
	stalled := time.AfterFunc(stallTime, func() { cancel(errStalled) })
	defer stalled.Stop()
	to := io.NewOffsetWriter(f, offset)
	got, err := io.Copy(to, &watched{io.LimitReader(resp.Body, size-offset), func(n int) {
		stalled.Reset(stallTime)
		offset += int64(n)
		tell(offset)
	}})
	switch wrote := new(os.PathError); {
	case errors.As(err, &wrote):
		return offset, err // the disk is full, say
	case err != nil:
		if context.Cause(ctx) == errStalled {
			err = errStalled
		}
		return offset, temporary{error: fmt.Errorf("%s%s: %w", h.endpoint, from, err)}
	case offset < size:
		return offset, temporary{error: fmt.Errorf("%s%s: the answer ended after %d bytes", h.endpoint, from, got)}
	}
	return offset, nil
}

// watched is a reader that tells how much is read.
type watched struct {
	io.Reader
	read func(n int)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read(n)
	return n, err
}

// readTag returns the ETag that was kept with a part; "" if it was none that tells contents apart for sure.
func readTag(part string) string {
	tag, err := os.ReadFile(part + tagSuffix)
	if err != nil || len(tag) > maxTagBytes {
		return ""
	}
	return string(tag)
}

// writeTag keeps an ETag with a part. Without it the checksum finds out later that a file has become another.
func writeTag(part, tag string) {
	if len(tag) > maxTagBytes || strings.HasPrefix(tag, "W/") {
		tag = ""
	}
	_ = os.WriteFile(part+tagSuffix, []byte(tag), 0o666)
}

// verify compares a file with its size and its checksum.
func (f File) verify(ctx context.Context, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var sum hash.Hash
	want := f.SHA256
	if want != "" {
		sum = sha256.New()
	} else {
		want, sum = f.GitSHA, sha1.New()
		fmt.Fprintf(sum, "blob %d\x00", f.Bytes) // as git does
	}
	n, err := io.Copy(sum, &watched{file, func(int) {
		if ctx.Err() != nil {
			file.Close()
		}
	}})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case n != f.Bytes || hex.EncodeToString(sum.Sum(nil)) != want:
		return errChecksum
	}
	return nil
}
