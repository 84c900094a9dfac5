package completion

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"

	"seedls/cache"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// storeBytes is the size from which a model's packed weights are worth keeping on disk: smaller ones are packed sooner
// than they are looked up.
const storeBytes = 100_000_000

// loadModel loads the model of c, from the packed weights that store has of it if there are any; else they are packed,
// and those of a large model kept. That they cannot be kept is no error.
func loadModel(c *checkpoint.Checkpoint, precision kernel.Precision, store *cache.Disk) (*transformer.Model, error) {
	if store == nil || c.Bytes() < storeBytes {
		return transformer.Load(c, precision)
	}
	digest, err := digest(c, store)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(c.Config)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("weights %s %s %v %s", digest, config, precision, runtime.GOARCH)
	model, err := mapModel(c, precision, store, key)
	if err == nil {
		return model, nil
	}
	slog.Debug("packing weights", "stored", err)
	if model, err = transformer.Load(c, precision); err != nil {
		return nil, err
	}
	err = store.Write(key, func(w io.Writer) error {
		_, err := model.WriteTo(w)
		return err
	})
	if err != nil {
		slog.Debug("packed weights", "error", err)
	}
	return model, nil
}

// mapModel maps stored weights for as long as the model is in use.
func mapModel(c *checkpoint.Checkpoint, precision kernel.Precision, store *cache.Disk, key string) (*transformer.Model, error) {
	f, err := store.Open(key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, unmap, err := checkpoint.Map(f.Name())
	if err != nil {
		return nil, err
	}
	model, err := transformer.LoadStored(c.Name, c.Config, precision, data)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	runtime.AddCleanup(model, func(unmap func() error) { _ = unmap() }, unmap)
	return model, nil
}

// digest is that of c, kept in store for as long as the files are not changed: to compute it all of them are read.
func digest(c *checkpoint.Checkpoint, store *cache.Disk) (string, error) {
	stamp, err := c.Stamp()
	if err != nil {
		return "", err
	}
	if known, err := store.Get("digest " + stamp); err == nil && stamp != "" {
		return string(known), nil
	}
	digest, err := c.Digest()
	if err == nil && stamp != "" {
		if err := store.Put("digest "+stamp, []byte(digest)); err != nil {
			slog.Debug("digest", "error", err)
		}
	}
	return digest, err
}
