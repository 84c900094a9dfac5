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
// and those of a large model kept. That they cannot be kept is no error. Of small models nothing is kept, nor of those
// that are larger than the store.
func loadModel(c *checkpoint.Checkpoint, precision kernel.Precision, store *cache.Disk) (*transformer.Model, error) {
	if store == nil || c.Bytes() < storeBytes || !store.Fits(c.Bytes()) {
		return transformer.Load(c, precision)
	}
	digest, err := digest(c, store)
	if errors.Is(err, cache.ErrNotStored) {
		slog.Debug("packing weights", "error", err)
		return transformer.Load(c, precision)
	}
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
	slog.Info("packing weights, which is done once", "model", c.Name)
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

// digest is that of c, kept in store for as long as the files are not changed: to compute it all of them are read, which
// is not done where the store cannot be written.
func digest(c *checkpoint.Checkpoint, store *cache.Disk) (string, error) {
	stamp, err := c.Stamp()
	if err != nil {
		return "", err
	}
	if stamp == "" {
		return c.Digest()
	}
	key := "digest " + stamp
	if known, err := store.Get(key); err == nil && len(known) > 0 {
		return string(known), nil
	}
	if err := store.Put(key, nil); err != nil {
		return "", err
	}
	digest, err := c.Digest()
	if err != nil {
		return "", err
	}
	return digest, store.Put(key, []byte(digest))
}
