package lsp

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// frames returns the bodies in a stream of bytes, and "!" for each malformed stretch.
func frames(t testing.TB, source io.Reader, limit int) []string {
	t.Helper()
	f := frameReader{source: source, max: limit}
	var all []string
	for {
		body, err := f.next()
		var malformed *frameError
		switch {
		case errors.As(err, &malformed):
			all = append(all, "!")
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		case body[0] != '{' || body[len(body)-1] != '}':
			// Stands for a JSON parser.
			all = append(all, "!")
			f.resync(body)
		default:
			all = append(all, string(body))
		}
	}
}

func TestFrames(t *testing.T) {
	const one, two = "Content-Length: 5\r\n\r\n{one}", "Content-Length: 5\r\n\r\n{two}"
	for _, test := range []struct{ name, stream, want string }{
		{"nothing", "", ""},
		{"two", one + two, "{one} {two}"},
		{"content type", "Content-Type: x; charset=utf-8\r\n" + one + "Content-Length: 5\r\nContent-Type: y\r\n\r\n{two}", "{one} {two}"},
		{"other case, bare line feeds", "content-LENGTH:5\n\n{one}" + two, "{one} {two}"},
		{"blank lines between", one + "\r\n\r\n" + two, "{one} {two}"},
		{"broken off", one + "Content-Length: 50\r\n\r\n{two", "{one}"},
		{"garbage", "hello\r\n\r\n" + one + "\x00\xff\r\nworld" + two, "! {one} ! {two}"},
		{"garbage longer than a header", strings.Repeat("x", 5000) + one, "! {one}"},
		{"no blank line", "Content-Length: 5\r\n{one}" + two, "! {two}"},
		{"no length", "Content-Type: x\r\n\r\n{one}" + two, "! {two}"},
		{"length that is no number", "Content-Length: five\r\n\r\n{one}" + two, "! {two}"},
		{"length below zero", "Content-Length: -5\r\n\r\n{one}" + two, "! {two}"},
		{"length of zero", "Content-Length: 0\r\n\r\n" + two, "! {two}"},
		{"length beyond counting", "Content-Length: 99999999999999999999999\r\n\r\n{one}" + two, "! {two}"},
		{"length above the limit", "Content-Length: 2000\r\n\r\n{one}" + two, "! {two}"},
		{"two lengths, the last counts", "Content-Length: 500\r\nContent-Length: 5\r\n\r\n{one}" + two, "{one} {two}"},
		{"length too small", "Content-Length: 3\r\n\r\n{one}" + two, "! {two}"},
		{"length too large", "Content-Length: 20\r\n\r\n{one}" + two + one, "! {two} {one}"},
		{"header without end", "Content-Length: 5\r\nX: " + strings.Repeat("x", 5000) + two, "! {two}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, source := range []io.Reader{
				strings.NewReader(test.stream), iotest.OneByteReader(strings.NewReader(test.stream)),
			} {
				if got := strings.Join(frames(t, source, 1000), " "); got != test.want {
					t.Errorf("frames of %.100q are %q, want %q", test.stream, got, test.want)
				}
			}
		})
	}
}

func TestFrameSizes(t *testing.T) {
	for _, size := range []int{2, readSize - 30, readSize, 3 * readSize, maxFrame} {
		body := "{" + strings.Repeat(" ", size-2) + "}"
		stream := strings.Repeat(frame(body)+frame("{}"), 2)
		got := frames(t, strings.NewReader(stream), maxFrame)
		if len(got) != 4 || got[0] != body || got[1] != "{}" || got[2] != body || got[3] != "{}" {
			t.Errorf("%d frames with bodies of %d bytes are not what was sent", len(got), size)
		}
	}
}

// FuzzFrames checks that whatever comes first, frames that come after it are read, each once and in order.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("Content-Length: 5\r\n\r\n{one}"))
	f.Add([]byte("Content-Length: 900\r\nContent-Type: x\r\n\r\n{one}\r\nContent-Length: 5\r\n\r\n{"))
	f.Add([]byte("Content-Length: 5\r\nContent-Length: 7\r\n\r\n{\r\n\r\n:::\n"))
	f.Fuzz(func(t *testing.T, first []byte) {
		// More than a wrong length may swallow.
		const limit, count = 1 << 10, 200
		var stream bytes.Buffer
		stream.Write(first)
		for i := range count {
			stream.WriteString(frame("{" + strconv.Itoa(i) + "}"))
		}
		got := frames(t, &stream, limit)
		for i := count - 1; i >= count-100; i-- {
			last := len(got) - count + i
			if last < 0 || got[last] != "{"+strconv.Itoa(i)+"}" {
				t.Fatalf("after %q frame %d is missing: %q", first, i, got)
			}
		}
	})
}
