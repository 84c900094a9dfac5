package structure

import (
	"slices"
	"strings"
	"testing"
)

func TestDeclarations(t *testing.T) {
	text := `package p

// Open opens.
func Open(
	name string,
) (*File, error) {
	return nil, nil
}

func (f *File) Close() error { return nil }

func init() {}

type (
	File struct{ fd int }
	Mode int
	long struct {
` + strings.Repeat("\t\tfield int\n", 40) + `	}
)

const None, Some Mode = 0, 1

var untyped = 1
var _ Mode = 0
`
	want := []Declaration{
		{"Open", "func Open(\n\tname string,\n) (*File, error)\n"},
		{".Close", "func (f *File) Close() error\n"},
		{"File", "type File struct{ fd int }\n"},
		{"Mode", "type Mode int\n"},
		{"long", "type long struct { … }\n"},
		{"None", "const None Mode\n"},
		{"Some", "const Some Mode\n"},
	}
	f := readGoFile("p.go", []byte(text))
	if !slices.Equal(f.declarations, want) {
		t.Errorf("declarations are %q, want %q", f.declarations, want)
	}
	if broken := readGoFile("p.go", []byte(text+"\nfunc (")); len(broken.declarations) != 0 {
		t.Errorf("a broken file declares %q", broken.declarations)
	}
	p := &Package{declarations: f.declarations}
	var names []string
	for _, d := range p.Named("Mode(1); f.Close(); File.Open; x = Mode; Close := 1") {
		names = append(names, d.Name)
	}
	if !slices.Equal(names, []string{"Mode", ".Close", "File"}) {
		t.Errorf("named are %q", names)
	}
	if (*Package)(nil).Named("Open") != nil {
		t.Error("no package declares something")
	}
}
