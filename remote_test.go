//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"seedls/lsp"
	"seedls/lsp/daemon"
	"seedls/lsp/socket"
)

// A process is seedls serve, and an editor's side of it.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *textproto.Reader
	log    lines
	lastID int
}

// editing starts seedls serve with arguments, as an editor does.
func editing(t *testing.T, args ...string) *process {
	t.Helper()
	t.Setenv(asSeedls, "1")
	p := &process{t: t, cmd: exec.Command(os.Args[0], append([]string{"serve"}, args...)...)}
	p.cmd.Stderr = &p.log
	var err error
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.out = textproto.NewReader(bufio.NewReader(out))
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // unless it has ended
		_ = p.cmd.Wait()
	})
	return p
}

func (p *process) send(method string, id, params any) {
	message := map[string]any{"jsonrpc": "2.0", "method": method, "params": params}
	if id != nil {
		message["id"] = id
	}
	body, err := json.Marshal(message)
	require.NoError(p.t, err)
	_, err = fmt.Fprintf(p.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(p.t, err)
}

// ask sends a request and decodes its answer.
func (p *process) ask(method string, params, result any) {
	p.t.Helper()
	p.lastID++
	p.send(method, p.lastID, params)
	p.await(result)
}

// await reads up to the answer to the last request, and decodes it.
func (p *process) await(result any) {
	p.t.Helper()
	for {
		var answer struct {
			ID     json.RawMessage
			Result json.RawMessage
			Error  json.RawMessage
		}
		require.NoError(p.t, json.Unmarshal(p.read(), &answer))
		if string(answer.ID) != strconv.Itoa(p.lastID) {
			continue // a notification
		}
		require.Nil(p.t, answer.Error, string(answer.Error))
		require.NoError(p.t, json.Unmarshal(answer.Result, result))
		return
	}
}

// read reads the body of a message.
func (p *process) read() []byte {
	p.t.Helper()
	header, err := p.out.ReadMIMEHeader()
	require.NoError(p.t, err, p.log.String())
	length, err := strconv.Atoi(header.Get("Content-Length"))
	require.NoError(p.t, err)
	body := make([]byte, length)
	_, err = io.ReadFull(p.out.R, body)
	require.NoError(p.t, err)
	return body
}

type object = map[string]any

func (p *process) initialize(name string) {
	p.t.Helper()
	p.ask("initialize", object{"clientInfo": object{"name": name}, "capabilities": object{}}, new(object))
	p.send("initialized", nil, object{})
}

// complete opens a document of one name with a text, and completes inline at its end.
func (p *process) complete(text string) string {
	p.t.Helper()
	document := struct { // in the order of the protocol: what is in a message that is too long is told by its beginning
		URI        string `json:"uri"`
		LanguageID string `json:"languageId"`
		Version    int    `json:"version"`
		Text       string `json:"text"`
	}{"file:///project/a.go", "go", 1, text}
	p.send("textDocument/didOpen", nil, object{"textDocument": document})
	lines := strings.Split(text, "\n")
	var list struct {
		Items []struct{ InsertText string }
	}
	p.ask("textDocument/inlineCompletion", object{
		"textDocument": object{"uri": document.URI},
		"position":     object{"line": len(lines) - 1, "character": len(lines[len(lines)-1])},
		"context":      object{"triggerKind": 1},
	}, &list)
	if len(list.Items) == 0 {
		return ""
	}
	return list.Items[0].InsertText
}

// exits waits for the process and checks its exit code.
func (p *process) exits(code int) {
	p.t.Helper()
	_ = p.cmd.Wait() // the code says it
	require.Equal(p.t, code, p.cmd.ProcessState.ExitCode(), p.log.String())
}

// leave has the editor close.
func (p *process) leave() {
	p.t.Helper()
	p.ask("shutdown", nil, new(any))
	p.send("exit", nil, nil)
	p.exits(0)
}

// runtimeFolder is a folder for sockets that is short enough and the test's own. Daemons in it end with the test.
func runtimeFolder(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "seedls")
	require.NoError(t, err)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Cleanup(func() {
		seedls(t, "", "status", "--stop")
		for _, path := range sockets(t) {
			gone(t, path)
		}
		os.RemoveAll(dir)
	})
}

func sockets(t *testing.T) []string {
	t.Helper()
	paths, err := daemon.Sockets()
	require.NoError(t, err)
	return paths
}

// gone waits until nobody listens on a socket.
func gone(t *testing.T, path string) {
	t.Helper()
	require.Eventually(t, func() bool {
		connection, err := socket.Dial(t.Context(), path)
		if err == nil {
			connection.Close()
		}
		return err != nil
	}, time.Minute, 5*time.Millisecond)
}

// statusOf is what seedls status --json says of the only daemon.
func statusOf(t *testing.T) (s struct {
	Socket string
	lsp.Status
},
) {
	t.Helper()
	code, stdout, stderr := seedls(t, "", "status", "--json")
	require.Zero(t, code, stderr)
	require.Equal(t, 1, strings.Count(stdout, "\n"), stdout)
	require.NoError(t, json.Unmarshal([]byte(stdout), &s))
	return s
}

const unfinished = "package server\n\nfunc (s *Server) Close() error {\n\ts.mu.Lock()\n\tdefer s."

// TestRemote has two editors, with documents of one name, share a daemon, and looks at its status.
func TestRemote(t *testing.T) {
	runtimeFolder(t)
	code, stdout, stderr := seedls(t, "", "status")
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "no daemon runs")

	alone := editing(t)
	alone.initialize("alone")
	want := alone.complete(unfinished)
	require.NotEmpty(t, want)
	alone.leave()

	first, second := editing(t, "--remote=auto"), editing(t, "--remote=auto")
	first.initialize("first")
	second.initialize("second")
	for range 2 {
		require.Equal(t, want, first.complete(unfinished))
		second.complete("package another\n\nvar x = ")
	}
	s := statusOf(t)
	require.Equal(t, "first", s.Clients[0].Name)
	require.Equal(t, "second", s.Clients[1].Name)
	require.Len(t, s.Clients, 2)
	require.Equal(t, 1, s.Clients[0].Documents)
	require.Equal(t, len(unfinished), s.Clients[0].DocumentBytes)
	require.Equal(t, "seed-go-8m", s.Model.Name)
	require.Equal(t, processors, s.Model.Threads)
	require.Positive(t, s.RSSBytes)
	require.Positive(t, s.KVBytes)
	require.Len(t, s.Latencies, 1)
	require.Equal(t, 4, s.Latencies[0].Count)
	require.Positive(t, s.Latencies[0].P50MS)
	require.GreaterOrEqual(t, s.Latencies[0].P95MS, s.Latencies[0].P50MS)
	log, err := os.ReadFile(s.Log)
	require.NoError(t, err)
	require.Contains(t, string(log), "client=second")
	info, err := os.Stat(filepath.Dir(s.Socket))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	code, stdout, stderr = seedls(t, "", "status")
	require.Zero(t, code, stderr)
	for _, part := range []string{"seedls " + version, s.Socket, s.Log, "seed-go-8m", `"first", up`, `"second", up`, "inlineCompletion: 4"} {
		require.Contains(t, stdout, part)
	}

	second.leave()
	require.Len(t, statusOf(t).Clients, 1)
	code, stdout, stderr = seedls(t, "", "status", "--stop")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, strconv.Itoa(s.PID))
	first.exits(1)
	require.Contains(t, first.log.String(), s.Log)
	require.Contains(t, first.log.String(), "is gone")
	code, _, _ = seedls(t, "", "status")
	require.Equal(t, 1, code)
}

// TestRemoteKilled kills the daemon while it works for one of its editors, and comes back.
func TestRemoteKilled(t *testing.T) {
	runtimeFolder(t)
	editor := editing(t, "--remote=auto")
	editor.initialize("first")
	editor.complete(unfinished)
	before := statusOf(t)
	require.NoError(t, syscall.Kill(before.PID, syscall.SIGSTOP)) // so that it has not answered yet
	editor.send("textDocument/inlineCompletion", 1000, object{
		"textDocument": object{"uri": "file:///project/a.go"}, "position": object{"line": 0, "character": 0}, "context": object{"triggerKind": 1},
	})
	require.NoError(t, syscall.Kill(before.PID, syscall.SIGKILL))
	editor.exits(1)
	require.Contains(t, editor.log.String(), before.Log)
	_, err := os.Stat(before.Socket)
	require.NoError(t, err, "the socket of the dead daemon")

	again := editing(t, "--remote=auto")
	again.initialize("again")
	require.NotEmpty(t, again.complete(unfinished))
	after := statusOf(t)
	require.Equal(t, before.Socket, after.Socket)
	require.NotEqual(t, before.PID, after.PID)
	again.leave()
}

// TestRemoteAtOnce starts editors at the same moment where there is no daemon. One is left.
func TestRemoteAtOnce(t *testing.T) {
	runtimeFolder(t)
	var editors []*process
	for range 4 {
		editors = append(editors, editing(t, "--remote=auto", "--threads", "1"))
	}
	var all sync.WaitGroup
	for i, editor := range editors {
		all.Go(func() { editor.initialize(strconv.Itoa(i)) })
	}
	all.Wait()
	require.Len(t, statusOf(t).Clients, len(editors))
	other := editing(t, "--remote=auto", "--threads", "2")
	other.initialize("with another number of threads")
	require.Len(t, sockets(t), 2)
	for _, editor := range append(editors, other) {
		editor.leave()
	}
}

func TestRemoteIdleExit(t *testing.T) {
	runtimeFolder(t)
	path := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "mine.sock")
	editor := editing(t, "--remote", "unix:"+path, "--idle-exit", "10ms")
	editor.initialize("editor")
	require.NotEmpty(t, editor.complete(unfinished))
	code, stdout, _ := seedls(t, "", "status", "--remote", "unix:"+path)
	require.Zero(t, code)
	require.Contains(t, stdout, path)
	editor.leave()
	gone(t, path)
	// Whether the daemon of the last editor is about to end or not, the next is served.
	for range 10 {
		editor := editing(t, "--remote", "unix:"+path, "--idle-exit", "1ms")
		editor.initialize("editor")
		editor.leave()
	}
	gone(t, path)
}

// TestRemoteCannot has editors served where there can be no daemon.
func TestRemoteCannot(t *testing.T) {
	runtimeFolder(t)
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	require.NoError(t, os.Mkdir(open, 0o700))
	require.NoError(t, os.Chmod(open, 0o777))
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for path, why := range map[string]string{
		filepath.Join(open, "x.sock"):                "chmod go-w",
		filepath.Join(file, "x.sock"):                "not a directory",
		filepath.Join(dir, strings.Repeat("x", 120)): "longer than",
	} {
		editor := editing(t, "--remote", "unix:"+path)
		editor.initialize("editor")
		require.NotEmpty(t, editor.complete(unfinished))
		editor.leave()
		require.Contains(t, editor.log.String(), "serving without a daemon")
		require.Contains(t, editor.log.String(), why)
	}
}
