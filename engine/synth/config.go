package synth

import (
	"encoding/json"

	"seedls/engine/checkpoint"
)

// configFile is a config.json. The object "synthetic" says that the weights are noise, and how to make them again.
type configFile struct {
	checkpoint.ConfigFile
	Synthetic *synthetic `json:"synthetic"`
}

type synthetic struct {
	Shape string `json:"shape"`
	Seed  uint64 `json:"seed"`
}

func (s *Shape) configJSON(seed uint64) ([]byte, error) {
	return json.MarshalIndent(configFile{s.Config.File(), &synthetic{s.Name, seed}}, "", "  ")
}

// isSynthetic reports whether a config.json is of a model that this package wrote.
func isSynthetic(config []byte) bool {
	var c configFile
	return json.Unmarshal(config, &c) == nil && c.Synthetic != nil
}
