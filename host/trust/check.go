package trust

import (
	"cmp"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// A Key is a public key that is trusted, or was, by the name it has in
// sandpiper.toml.
type Key struct {
	Name    string // "" where it is not there
	Public  PublicKey
	Revoked bool
}

// who is whose key it is, for messages.
func (k Key) who() string { return cmp.Or(k.Name, k.Public.String()) }

// A Signer is who signed a module. The zero value is nobody who is known.
type Signer struct {
	Name    string // in sandpiper.toml; "" if the key is not there any more
	Key     string // the public key
	Comment string // the trusted comment; "" where there is no signature at hand
}

// A Fault is why a module is not trusted.
type Fault string

// The faults.
const (
	Unsigned Fault = "unsigned" // nobody signed it
	Unknown  Fault = "unknown"  // somebody did whose key is not trusted
	Revoked  Fault = "revoked"  // somebody did whose key is trusted no more
	Bad      Fault = "bad"      // the signature is not of this module
	Changed  Fault = "changed"  // it is not what the lock pins
)

// An Error is a module that may not be run.
type Error struct {
	Fault Fault
	Key   string // the ID of the key of the signature, "" if there is none
	Msg   string // what is wrong
	Next  string // what to do
}

// Error says what is wrong.
func (e *Error) Error() string { return e.Msg }

// Check says who signed a module, or why it may not be run, which is an *Error.
// text is that of its signature's file, nil if there is none; pin is what
// sandpiper.lock has of the plugin, nil if it has nothing. A signature has to be
// right even where the lock pins the module: it would not be there otherwise.
func Check(f *wasmfile.File, text []byte, keys []Key, pin *chain.PluginPin) (Signer, error) {
	m, err := f.Manifest()
	if err != nil {
		return Signer{}, err
	}
	signer, doubt, err := whose(f, text, keys)
	if err != nil {
		return Signer{}, err
	}
	if pin == nil {
		if doubt != nil {
			return Signer{}, doubt
		}
		return signer, nil
	}
	switch {
	case m.Line != pin.Line:
		return Signer{}, &Error{Changed, "", fmt.Sprintf("it is a module of the line %s, and %s pins one of %s", chain.OneWord(m.Line), chain.LockName, pin.Line),
			"put the right file back"}
	case f.Digest() != pin.Module:
		return Signer{}, Replaced(f.Digest(), pin)
	case doubt != nil:
		return pinnedSigner(keys, pin)
	}
	return signer, nil
}

// Replaced says that a file of some digest is not the module that sandpiper.lock pins.
func Replaced(digest string, pin *chain.PluginPin) *Error {
	return &Error{Changed, "", fmt.Sprintf("it is not the module that %s pins (%s there, %s now)", chain.LockName, chain.ShortDigest(pin.Module), chain.ShortDigest(digest)),
		fmt.Sprintf("put the file back, or look at what the new one asks for and take it with `sandpiper plugin update %s`", pin.Line)}
}

// whose returns who signed a module. doubt is why nobody who is trusted has; err
// is what is refused whatever the lock pins.
func whose(f *wasmfile.File, text []byte, keys []Key) (signer Signer, doubt *Error, err error) {
	if text == nil {
		return Signer{}, &Error{Unsigned, "", "nobody has signed it",
			"ask for its signature, a file that is called as the module and then " + Extension + "; or take the module as it is, with `sandpiper plugin add`"}, nil
	}
	s, err := parseSignature(text)
	if err != nil {
		return Signer{}, nil, &Error{Bad, "", fmt.Sprintf("its signature cannot be read: %v", err), "get the signature again from who made the module"}
	}
	id := keyID(s.KeyID)
	wrong, err := s.contradicts(f)
	if err != nil {
		return Signer{}, nil, err
	}
	if wrong != "" {
		return Signer{}, nil, &Error{Bad, id, wrong, "get the signature of this module; run nothing until you know where that one came from"}
	}
	var known, revoked *Key
	for i := range keys {
		k := &keys[i]
		if k.Public.key.ID() != s.KeyID {
			continue
		}
		known = k
		switch {
		case !s.by(k.Public, f):
		case k.Revoked:
			revoked = k
		default:
			return Signer{k.Name, k.Public.String(), s.TrustedComment}, nil, nil
		}
	}
	switch {
	case revoked != nil:
		return Signer{}, nil, revokedBy(id, revoked.who())
	case known != nil:
		return Signer{}, nil, &Error{Bad, id, fmt.Sprintf("its signature is not one of %s: the module was changed after it was signed, or the signature is of another one or was edited", known.who()),
			"get module and signature again from who made them"}
	}
	return Signer{}, &Error{Unknown, id, fmt.Sprintf("it is signed with the key %s, which is not one of those that are trusted", id),
		"get the public key from who should have signed it, not with the module, and run `sandpiper trust add NAME KEY`; or take the module as it is, with `sandpiper plugin add`"}, nil
}

// pinnedSigner is who had signed a module when it was pinned.
func pinnedSigner(keys []Key, pin *chain.PluginPin) (Signer, error) {
	signer := Signer{Key: pin.Signer}
	for _, k := range keys {
		switch {
		case k.Public.String() != pin.Signer:
		case k.Revoked:
			return Signer{}, revokedBy(k.Public.ID(), k.who())
		default:
			signer.Name = k.Name
		}
	}
	return signer, nil
}

func revokedBy(id, name string) *Error {
	return &Error{Revoked, id, fmt.Sprintf("it is signed with the key of %s, which is revoked", name),
		"get it signed with another key; if you have read it and want it all the same, remove its " + Extension + " file and take it in as one that nobody signed, with `sandpiper plugin update`"}
}
