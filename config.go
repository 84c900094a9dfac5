package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"seedls/lsp"
)

const (
	// maxConfigBytes is the longest configuration file that is read.
	maxConfigBytes = 64 << 10
	// maxLogBytes is how long a log may be that is appended to; a longer one is kept under another name, once.
	maxLogBytes = 8 << 20
)

// configFile is the user's configuration file, which need not exist; "" where the system has no place for it.
func configFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "seedls", lsp.FileName)
}

// readConfig returns the settings with a configuration file, if there is one; it must exist if the user named it. warn is
// told what is wrong with it, and then goes without.
func readConfig(file string, named bool, warn func(string)) (lsp.Settings, error) {
	settings := lsp.DefaultSettings()
	if file == "" {
		return settings, nil
	}
	data, err := readSmall(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return settings, nil
	case err != nil && named:
		return settings, usageError{fmt.Errorf("--config: %w", err)}
	case err != nil:
		warn(err.Error())
		return settings, nil
	}
	settings, warnings := settings.WithFile(file, data)
	for _, warning := range warnings {
		warn(warning)
	}
	return settings, nil
}

// configFlag adds the flag for another configuration file than the user's.
func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "config", configFile(), "configuration `FILE` to use; \"\" for none")
	_ = cmd.MarkFlagFilename("config", "toml") // fails only for a flag that does not exist
}

// writeModel sets the model in a configuration file, which need not exist.
func writeModel(file, model string) error {
	if file == "" {
		return errors.New("there is no configuration file: set XDG_CONFIG_HOME, or HOME, or name one with --config")
	}
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target // which is replaced, not the link to it
	}
	data, err := readSmall(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if data, err = lsp.SetModel(data, model); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // fails once it is renamed
	_, err = draft.Write(data)
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), file)
}

// readSmall reads a regular file of at most [maxConfigBytes].
func readSmall(file string) ([]byte, error) {
	if info, err := os.Stat(file); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() || info.Size() > maxConfigBytes {
		return nil, fmt.Errorf("%s: want a file of at most %d KiB", file, maxConfigBytes>>10)
	}
	return os.ReadFile(file)
}

// openLog returns a logger to a file, and what closes that; to w if it is "" or cannot be opened.
func openLog(file string, w io.Writer) (_ *slog.Logger, close func() error) {
	close = func() error { return nil }
	var failure error
	if file != "" {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Size() > maxLogBytes {
			_ = os.Rename(file, file+".old") // where it cannot be renamed it grows
		}
		var f *os.File
		if f, failure = os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); failure == nil {
			w, close = f, f.Close
		}
	}
	logger := slog.New(slog.NewTextHandler(w, nil))
	if failure != nil {
		logger.Warn("no log file", "error", failure)
	}
	return logger, close
}
