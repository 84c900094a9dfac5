//go:build !cgo

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// TestWithoutParsers checks that a build without cgo completes, repairs lines that are named, and says what it lacks.
func TestWithoutParsers(t *testing.T) {
	if code, stdout, stderr := seedls(t, "", "complete", demo); code != 0 || stdout != "mu.Unlock()\n" {
		t.Errorf("complete: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if code, _, stderr := seedls(t, "", "fix", "testdata/demo/read.go"); code != 1 || !strings.Contains(stderr, "built without cgo") ||
		!strings.Contains(stderr, "name the lines") {
		t.Errorf("fix: exit code %d, stderr %q", code, stderr)
	}
	code, stdout, _ := seedls(t, "", "fix", "testdata/demo/read.go:5", "--json")
	var report fixReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code > 1 || len(report.Fixes)+report.Left != 1 {
		t.Errorf("fix of a line: exit code %d, %v: %s", code, err, stdout)
	}
	if code, stdout, _ := seedls(t, "", "model", "info"); code != 0 || !strings.Contains(stdout, "built without cgo") {
		t.Errorf("model info: exit code %d, stdout %q", code, stdout)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var log bytes.Buffer
	run(ctx, []string{"serve"}, strings.NewReader(""), io.Discard, &log)
	if !strings.Contains(log.String(), "no parsers") {
		t.Errorf("serve logs %q", log.String())
	}
}
