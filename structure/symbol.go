package structure

import "fmt"

// A SymbolKind says how a name came to be visible.
type SymbolKind uint8

const (
	// KindLocal is declared in a function or a block.
	KindLocal SymbolKind = iota + 1
	// KindParameter is a parameter or a named result of a function around the hole.
	KindParameter
	// KindReceiver is what a method is called on, where it has a name of its own.
	KindReceiver
	// KindTypeParameter is a type parameter, or a lifetime.
	KindTypeParameter
	// KindPackageLevel is declared at the top level of the file, in a namespace, or
	// in another file of the package.
	KindPackageLevel
	// KindMember is a field or method: visible by its name alone only where the
	// language has that and the hole is in its class.
	KindMember
	// KindImport is a name that an import gives.
	KindImport
	// KindBuiltin is in every file of the language.
	KindBuiltin
	// KindLabel is the target of a jump.
	KindLabel
)

var symbolKindNames = [...]string{
	KindLocal:         "local",
	KindParameter:     "parameter",
	KindReceiver:      "receiver",
	KindTypeParameter: "type parameter",
	KindPackageLevel:  "package-level",
	KindMember:        "member",
	KindImport:        "import",
	KindBuiltin:       "builtin",
	KindLabel:         "label",
}

func (k SymbolKind) String() string {
	if k < KindLocal || int(k) >= len(symbolKindNames) {
		return fmt.Sprintf("SymbolKind(%d)", uint8(k))
	}
	return symbolKindNames[k]
}

// A Symbol is a name that is declared somewhere.
type Symbol struct {
	Name string
	Kind SymbolKind
	// Start is where the name is declared, in bytes; -1 outside of the file.
	Start int
}
