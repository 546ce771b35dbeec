package main

import (
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

// A signer is who signed a module, as far as the keys of a project tell.
type signer struct {
	trust.Signer
	stranger string // the ID of a key that nobody has who is trusted here
}

// words says whose signature it is.
func (s signer) words() string {
	if s.stranger != "" {
		return "by a key that is not known here: " + s.stranger
	}
	return signedWords(s.Name, s.Key)
}

// signedBy says who signed a module that nothing pins yet. That nobody did, or
// somebody who is not known, is for a person to judge; what is refused whoever asks
// is an error.
func (c configFile) signedBy(m *openedModule) (signer, error) {
	keys, err := c.keys()
	if err != nil {
		return signer{}, err
	}
	return signedBy(m, keys)
}

func signedBy(m *openedModule, keys []trust.Key) (signer, error) {
	text, err := signature(m.name)
	if err != nil {
		return signer{}, err
	}
	by, err := trust.Check(m.file, text, keys, nil)
	var doubt *trust.Error
	switch {
	case !errors.As(err, &doubt):
		return signer{Signer: by}, err
	case doubt.Fault == trust.Unsigned:
		return signer{}, nil
	case doubt.Fault == trust.Unknown:
		return signer{stranger: doubt.Key}, nil
	}
	return signer{}, fmt.Errorf("%s: %w", m.name, err)
}

// check says who signed the module of a plugin, and why a run would refuse it.
func (p *installed) check(c configFile, keys []trust.Key) (signer, error) {
	if !p.pinned {
		by, err := signedBy(p.module, keys)
		if err == nil {
			err = fmt.Errorf("%s: %s does not pin it: look at what it may do, and pin it with `sandpiper plugin update %s`", p.path, chain.LockName, p.line)
		}
		return by, err
	}
	text, err := signature(p.path)
	if err != nil {
		return signer{}, err
	}
	by, err := trust.Check(p.module.file, text, keys, &p.pin)
	var doubt *trust.Error
	switch {
	case errors.As(err, &doubt) && doubt.Fault == trust.Changed:
		// Who signed the other one is what its reader has to know. What is wrong with
		// its signature matters when it is taken.
		now, _ := signedBy(p.module, keys)
		return now, fmt.Errorf("%s: %w", p.path, err)
	case err != nil:
		err = fmt.Errorf("%s: %w", p.path, err)
	case p.pin.Grants != trust.Digest(&p.grants.Allowed):
		err = fmt.Errorf("%s:%d: its grants are not those that %s pins: if you have edited them, run `sandpiper plugin update %s`",
			c.path, c.sectionLine("plugins", p.line), chain.LockName, p.line)
	}
	return signer{Signer: by}, err
}
