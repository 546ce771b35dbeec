package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/author/configfile"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

// keys are those of [trust.NAME].
func (c configFile) keys() ([]trust.Key, error) {
	var keys []trust.Key
	for _, name := range slices.Sorted(maps.Keys(c.Trust)) {
		public, err := trust.ParsePublicKey(c.Trust[name].Key)
		if err != nil {
			return nil, c.sectionError(fmt.Errorf("key: %w", err), "trust", name)
		}
		keys = append(keys, trust.Key{Name: name, Public: public, Revoked: c.Trust[name].Revoked})
	}
	return keys, nil
}

// signature reads the file of a module's signature, nil if there is none.
func signature(module string) ([]byte, error) {
	text, err := readBounded(module+trust.Extension, trust.MaxSignature)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, usage("", "the signature cannot be read: %w", err)
	}
	return text, nil
}

// publicKey reads a public key that a command was given: the key itself, or the
// name of its file.
func publicKey(word string) (trust.PublicKey, error) {
	key, notKey := trust.ParsePublicKey(word)
	if notKey == nil {
		return key, nil
	}
	text, err := readBounded(word, trust.MaxKeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return key, usage("give the key itself, or the name of its .pub file", "%q is %w, and no file", word, notKey)
	case err != nil:
		return key, usage("", "the key cannot be read: %w", err)
	}
	if key, err = trust.ParsePublicKey(string(text)); err != nil {
		return key, usage("", "%s: %w", word, err)
	}
	return key, nil
}

// editTrust changes one [trust.NAME] of the project's sandpiper.toml, which is
// begun where there is none. decide says from what is there what to set, if anything.
func (a *app) editTrust(ctx context.Context, name string, decide func(configFile, []trust.Key) ([]configfile.Pair, error)) (file string, changed bool, err error) {
	release, err := a.hold(ctx)
	if err != nil {
		return "", false, err
	}
	defer release()
	config, err := findConfig(a.flags.config, a.flags.dir)
	if err != nil {
		return "", false, err
	}
	keys, err := config.keys()
	if err != nil {
		return "", false, err
	}
	pairs, err := decide(config, keys)
	if err != nil {
		return "", false, err
	}
	file = cmp.Or(config.path, config.begin)
	changed, err = edit(file, func(text []byte) ([]byte, error) {
		for _, p := range pairs {
			if text, err = configfile.SetKey(text, []string{"trust", name}, p); err != nil {
				return nil, err
			}
		}
		return text, nil
	})
	return filepath.ToSlash(file), changed, err
}
