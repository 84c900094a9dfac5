//go:build !cgo

package structure

// grammars is empty: parsers are in C.
var grammars map[string]grammar
