package lsp

import (
	"encoding/json"
	"errors"
	"fmt"

	"seedls/lsp/completion"
)

// sources are those of [completion.Options.Context].
type sources []string

var wantedSources = fmt.Sprintf("a list of some of %q", completion.Sources)

func (s *sources) UnmarshalJSON(data []byte) error {
	var names []string
	if json.Unmarshal(data, &names) != nil || (completion.Options{Context: names}).ValidateContext() != nil {
		return errors.New("want " + wantedSources)
	}
	*s = names
	return nil
}
