package trainer

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"text/template"
)

// card is the README.md of a model.
var card = template.Must(template.New("README.md").Parse(`# A model of seedls

A discrete diffusion language model for code: {{.Parameters}} parameters, {{.Model.Layers}} layers of width {{.Model.HiddenSize}},
{{.Model.VocabSize}} tokens, {{.Model.MaxPositions}} positions. ` + "`seedls complete --model DIR FILE:LINE:COL`" + ` completes with it.

## Training

{{.Step}} steps of {{.Config.Steps.Sequences}} sequences, {{.Tokens}} tokens in all, in {{printf "%.1f" .Hours}} hours of computing; the first
{{printf "%.0f" .MaskPercent}} % learnt from masks, the others from edits as well.{{if .Config.Init}} It went on from ` + "`{{.Config.Init}}`" + `{{if .Autoregressive}}, an autoregressive model{{end}}.{{end}}
The weights are the average of those of the last steps.
{{with .HeldOut}}
| held-out loss, on {{.Sequences}} sequences | nats a token | nats a byte |
|---|---|---|
| next token | {{printf "%.3f" .Context}} | {{printf "%.3f" .ContextByte}} |
| diffusion, the bound | {{printf "%.3f" .Diffusion}} | {{printf "%.3f" .DiffusionByte}} |

| masked share of a canvas | nats a masked token |
|---|---|
{{range $i, $mean := .Mean}}{{if index $.HeldOut.Count $i}}| {{index $.Level $i}} | {{printf "%.3f" $mean}} |
{{end}}{{end}}{{end}}
## Data

{{.Documents}} documents, {{printf "%.1f" .MB}} MB, of
{{range .Sources}}
- {{.Name}}: {{.Documents}} documents, {{printf "%.1f" .MB}} MB{{end}}

## Settings

` + "```toml\n{{.TOML}}```\n"))

// A source is a repository of the corpus.
type source struct {
	Name      string
	Documents int
	MB        float64
}

// card describes the model. Of paths it tells no more than their last element.
func (r *run) card() ([]byte, error) {
	sources, err := r.sources()
	if err != nil {
		return nil, err
	}
	config := r.config
	for _, path := range []*string{&config.Out, &config.Corpus, &config.Tokenizer, &config.Init, &config.Trajectories.File} {
		if *path != "" {
			*path = filepath.Base(*path)
		}
	}
	if config.Init != "" {
		config.Model = shape(r.model)
	}
	var settings, b bytes.Buffer
	if err := config.Write(&settings); err != nil {
		return nil, err
	}
	seconds := 0.0
	var heldOut *HeldOut
	for _, record := range r.history.records {
		seconds += record.Seconds
		heldOut = record.HeldOut // the last step was measured
	}
	var level []string
	for i := range Levels {
		level = append(level, fmt.Sprintf("%d-%d %%", 100*i/Levels, 100*(i+1)/Levels))
	}
	err = card.Execute(&b, map[string]any{
		"Parameters": len(r.parameters.Values()), "Model": r.model, "Step": r.step, "Config": config, "Autoregressive": r.autoregressive, "Tokens": r.seen,
		"Hours": seconds / 3600, "MaskPercent": 100 * r.config.Steps.Masks, "HeldOut": heldOut, "Level": level,
		"Documents": r.corpus.Len(), "MB": float64(r.corpus.Bytes()) / 1e6, "Sources": sources, "TOML": settings.String(),
	})
	return b.Bytes(), err
}

// sources are the repositories of the corpus, the largest first.
func (r *run) sources() ([]source, error) {
	all := make(map[string]*source)
	for i := range r.corpus.Len() {
		d, err := r.corpus.Document(i)
		if err != nil {
			return nil, err
		}
		s := all[d.Repository]
		if s == nil {
			s = &source{Name: d.Repository}
			all[d.Repository] = s
		}
		s.Documents++
		s.MB += float64(len(d.Text)) / 1e6
	}
	var sorted []source
	for s := range maps.Values(all) {
		sorted = append(sorted, *s)
	}
	slices.SortFunc(sorted, func(a, b source) int { return cmp.Or(cmp.Compare(b.MB, a.MB), cmp.Compare(a.Name, b.Name)) })
	return sorted, nil
}
