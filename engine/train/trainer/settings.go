package trainer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"seedls/engine/train/sample"
)

// Read reads the TOML file of a run. What it does not set is as by default; a setting that there is not is an error, which
// names its line.
func Read(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c := Default()
	c.file = path
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, c.wrong("", explain(err))
	}
	for _, p := range []*string{&c.Out, &c.Corpus, &c.Tokenizer, &c.Init, &c.Trajectories.File} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	return c, c.check()
}

// explain names the line and the setting of an error of TOML.
func explain(err error) error {
	if strict := new(toml.StrictMissingError); errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: there is no setting %s: see \"seedls train config\"", line, strings.Join(strict.Errors[0].Key(), "."))
	}
	wrong := new(toml.DecodeError)
	if !errors.As(err, &wrong) {
		return err
	}
	line, column := wrong.Position()
	message := strings.TrimPrefix(wrong.Error(), "toml: ")
	setting := strings.Join(wrong.Key(), ".")
	if types := wrongType.FindStringSubmatch(message); types != nil {
		must := cmp.Or(wanted[types[2]], fmt.Sprintf("a section, [%s]", setting))
		return fmt.Errorf("line %d: %s is a TOML %s, must be %s", line, setting, types[1], must)
	}
	if setting != "" {
		return fmt.Errorf("line %d, column %d, %s: %s", line, column, setting, message)
	}
	return fmt.Errorf("line %d, column %d: %s", line, column, message)
}

// wrongType is what the decoder says of a value whose type does not fit, and wanted what the types of settings, or of their
// elements, are in TOML, unless they are sections.
var (
	wrongType = regexp.MustCompile(`^cannot decode TOML (\w+) into struct field \S+ of type (\S+)$`)
	wanted    = map[string]string{"int": "a whole number", "uint64": "a whole number, not negative", "float64": "a number", "string": "a text in quotes"}
)

// wrong names the section and the file, if there is one, of an error that begins with the name of a setting.
func (c *Config) wrong(prefix string, err error) error {
	if c.file != "" {
		prefix = c.file + ": " + prefix
	}
	return fmt.Errorf("%s%w", prefix, err)
}

func (c *Config) check() error {
	s := &c.Steps
	for _, path := range []struct{ name, value string }{{"out", c.Out}, {"corpus", c.Corpus}, {"tokenizer", c.Tokenizer + c.Init}} {
		if path.value == "" {
			return c.wrong("", fmt.Errorf("%s is empty: it must name something", path.name))
		}
	}
	for _, number := range []struct {
		name  string
		value int
	}{{"total", s.Total}, {"sequences", s.Sequences}, {"evaluate", s.Evaluate}, {"held_out", s.HeldOut}} {
		if number.value < 1 {
			return c.wrong("steps.", fmt.Errorf("%s is %d, must be at least 1", number.name, number.value))
		}
	}
	if err := c.schedule().Check(); err != nil {
		return c.wrong("steps.", err)
	}
	switch {
	case !(s.Rate > 0 && s.Rate < 1):
		return c.wrong("steps.", fmt.Errorf("rate is %g, must be between 0 and 1", s.Rate))
	case !(s.Masks >= 0 && s.Masks <= 1):
		return c.wrong("steps.", fmt.Errorf("masks is %g, must be a share, from 0 to 1", s.Masks))
	case !(s.Checkpoint > 0):
		return c.wrong("steps.", fmt.Errorf("checkpoint_minutes is %g, must be above 0", s.Checkpoint))
	}
	if n := c.Anneal.Steps; n != annealByModel && (n < 0 || n > s.Total) {
		return c.wrong("anneal.", fmt.Errorf("steps is %d, must be from 0 to steps.total, %d, or %d", n, s.Total, annealByModel))
	}
	if err := c.Tokens.check(); err != nil {
		return c.wrong("tokens.", err)
	}
	for _, share := range []struct {
		name  string
		value float64
	}{{"share", c.Trajectories.Share}, {"edited", c.Trajectories.Edited}} {
		if !(share.value >= 0 && share.value <= 1) {
			return c.wrong("trajectories.", fmt.Errorf("%s is %g, must be a share, from 0 to 1", share.name, share.value))
		}
	}
	return nil
}

// wrongSamples names the setting of an error about sequences, or the model that does not fit them.
func (c *Config) wrongSamples(l *learner, err error) error {
	if setting := new(sample.SettingError); errors.As(err, &setting) {
		name := setting.Field
		if field, ok := reflect.TypeFor[Samples]().FieldByName(name); ok {
			name = field.Tag.Get("toml")
		}
		return c.wrong("samples.", fmt.Errorf("%s %s", name, setting.Problem))
	}
	return c.wrongModel(l, err)
}

// wrongModel names what there is to mend of a model: its directory, or the settings that make it.
func (c *Config) wrongModel(l *learner, err error) error {
	if c.Init != "" && !l.autoregressive {
		return fmt.Errorf("%s: %w", c.Init, err)
	}
	return c.wrong("", fmt.Errorf("[model]: %s", asSettings.Replace(err.Error())))
}

// asSettings has the names of [model] for those of a config.json.
var asSettings = strings.NewReplacer(
	"num_hidden_layers", "layers", "num_attention_heads", "heads", "num_key_value_heads", "kv_heads",
	"max_position_embeddings", "max_positions", "diffusion.canvas_sizes", "canvas_sizes",
	"diffusion.prompt.max_tokens", "max_prompt_tokens", "diffusion.prompt: ", "", "max_tokens", "max_prompt_tokens",
)
