// Package builtin is the model inside the binary: seed-go-8m, 8.5 million parameters trained on Go source. It makes
// seedls work with no download, and it is a prototype: models opened with package checkpoint write better code.
//
// The weights are under the Apache License 2.0; see seed-go-8m/NOTICE.
package builtin

import (
	_ "embed"

	"seedls/engine/checkpoint"
)

// Name of the model.
const Name = "seed-go-8m"

var (
	//go:embed seed-go-8m/config.json
	config []byte
	//go:embed seed-go-8m/tokenizer.json
	tokenizer []byte
	//go:embed seed-go-8m/model.safetensors
	weights []byte
)

// Open returns the model. Its tensors alias the binary's data, so opening it costs the parsing of a small header.
func Open() (*checkpoint.Checkpoint, error) {
	return checkpoint.FromBytes(Name, config, tokenizer, weights)
}
