package trust

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"
)

// MaxKeyFile is how many bytes the file of a key may have.
const MaxKeyFile = 4 << 10

// A PublicKey says whose signatures are meant.
type PublicKey struct{ key minisign.PublicKey }

// ParsePublicKey reads a public key as minisign prints it ("RWQ…"), or the text
// of a file with one.
func ParsePublicKey(text string) (PublicKey, error) {
	var k PublicKey
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case len(text) > MaxKeyFile:
		return k, errors.New("too much for a key")
	case len(text) > 100 && !strings.HasPrefix(text, "untrusted comment:"):
		return k, errors.New("not a public key of minisign" + looksLike(text))
	}
	if err := k.key.UnmarshalText([]byte(text)); err != nil {
		return k, errors.New("not a public key of minisign, which is a line of 56 characters that begins with RW" + looksLike(text))
	}
	return k, nil
}

// looksLike says what a text is that is not the key that was asked for.
func looksLike(text string) string {
	switch {
	case strings.Contains(text, "secret key") || len(secretBytes([]byte(text))) == secretSize:
		return "; it is a secret key: give away the .pub file, never this one"
	case strings.HasPrefix(text, "ssh-") || strings.Contains(text, "OPENSSH"):
		return "; it is a key of SSH"
	case strings.HasPrefix(text, "-----BEGIN"):
		return "; it is a key or certificate in PEM"
	case strings.HasPrefix(text, "age1") || strings.HasPrefix(text, "AGE-"):
		return "; it is a key of age"
	case strings.Contains(text, "trusted comment: "):
		return "; it is a signature"
	}
	return ""
}

// String is the key as minisign prints it.
func (k PublicKey) String() string { return k.key.String() }

// ID is what minisign calls the key in comments. Two keys may have the same.
func (k PublicKey) ID() string { return keyID(k.key.ID()) }

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// File is the text of the key's file.
func (k PublicKey) File() []byte {
	return fmt.Appendf(nil, "untrusted comment: minisign public key %s\n%s\n", k.ID(), k)
}

// A SecretKey signs.
type SecretKey struct{ key minisign.PrivateKey }

// GenerateKey makes a new key.
func GenerateKey() (SecretKey, error) {
	_, key, err := minisign.GenerateKey(nil)
	return SecretKey{key}, err
}

// Public returns the key that verifies what this one signs.
func (k SecretKey) Public() PublicKey { return PublicKey{k.key.Public().(minisign.PublicKey)} }

// File is the text of the key's file: encrypted with the password, which takes
// seconds and 1 GiB of memory, so that guessing does, too; or not at all where it
// is empty.
func (k SecretKey) File(password string) (text []byte, err error) {
	if password == "" {
		text, err = k.key.MarshalText()
	} else {
		text, err = minisign.EncryptKey(password, k.key)
	}
	return append(text, '\n'), err
}

// ErrPassword is a password that is not that of the key.
var ErrPassword = errors.New("the password is not that of the key")

// secretSize is the size of a secret key without its comment and base64:
// https://jedisct1.github.io/minisign/#secret-key-format.
const secretSize = 158

// Encrypted reports whether the text of a secret key's file needs a password.
func Encrypted(file []byte) bool {
	return len(secretBytes(file)) == secretSize && minisign.IsEncrypted(trimmed(file))
}

// ParseSecretKey reads the text of a secret key's file. The password is not
// looked at if it is not encrypted. A wrong one is ErrPassword.
func ParseSecretKey(file []byte, password string) (SecretKey, error) {
	raw := secretBytes(file)
	switch {
	case len(raw) != secretSize:
		return SecretKey{}, errors.New("not a secret key of minisign" + otherThanSecret(file, raw))
	case string(raw[:2]) != "Ed" || string(raw[4:6]) != "B2":
		return SecretKey{}, errors.New("a secret key of another kind than minisign makes (Ed25519, BLAKE2b)")
	}
	var k SecretKey
	var err error
	if Encrypted(file) {
		if k.key, err = minisign.DecryptKey(password, trimmed(file)); err != nil {
			return SecretKey{}, ErrPassword
		}
	} else if err = k.key.UnmarshalText(trimmed(file)); err != nil {
		return SecretKey{}, errors.New("a secret key that is encrypted in a way that minisign does not use")
	}
	if !k.whole() {
		return SecretKey{}, errors.New("a damaged secret key: its two halves do not belong together")
	}
	return k, nil
}

// whole reports whether what the key signs is verified by its public half, which
// nothing else tells of a key without a password.
func (k SecretKey) whole() bool {
	return minisign.Verify(k.Public().key, nil, minisign.SignWithComments(k.key, nil, "", ""))
}

// otherThanSecret says what a file is that is no secret key.
func otherThanSecret(file, raw []byte) string {
	var public PublicKey
	switch {
	case public.key.UnmarshalText(trimmed(file)) == nil:
		return ": it is a public key; sign with the secret one, whose file ends in .key"
	case bytes.HasPrefix(file, []byte("untrusted comment:")) && len(raw) < secretSize:
		return ": it is cut off"
	}
	return looksLike(string(file))
}

// secretBytes returns what the base64 of a key's file holds, as far as it is any.
func secretBytes(file []byte) []byte {
	text := trimmed(file)
	if _, rest, ok := bytes.Cut(text, []byte("\n")); ok && bytes.HasPrefix(text, []byte("untrusted comment:")) {
		text = rest
	}
	raw, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil
	}
	return raw
}

// trimmed is a key's file without what editors add.
func trimmed(file []byte) []byte {
	return bytes.TrimSpace(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")))
}
