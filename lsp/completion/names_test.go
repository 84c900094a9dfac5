package completion_test

import (
	"strings"
	"testing"

	"seedls/lsp/completion"
	"seedls/structure"
)

// TestOrderShowsNoUndeclaredName completes a word that begins like no name there is: whatever the model makes of it is
// shown without an order, and refused with one.
func TestOrderShowsNoUndeclaredName(t *testing.T) {
	completer := open(t)
	r := completion.Request{
		Path:    "server.go",
		Package: &structure.Package{},
		Prefix:  "package server\n\nfunc start(port int) error {\n\tzqx := zq",
		Suffix:  "\n}\n",
		Options: goldenOptions(),
	}
	for _, order := range []bool{false, true} {
		r.Options.Order = order
		got, err := completer.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("order %v: %q, %s", order, got.Raw, got.Verdict)
		if refused := strings.HasPrefix(got.Verdict, "names zq"); refused != order || (got.Text == "") != order {
			t.Errorf("order %v: %q is shown: %s", order, got.Text, got.Verdict)
		}
	}
}
