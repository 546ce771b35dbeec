package trust

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"aead.dev/minisign"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Extension is what the name of a module's file is followed by in that of its
// signature.
const Extension = ".minisig"

// MaxSignature is how many bytes a signature's file may have: minisign reads no
// comments of more than 1 and 8 KiB.
const MaxSignature = 16 << 10

// maxComment is how long a trusted comment may be for minisign to read it.
const maxComment = 8 << 10

// statementWord begins the trusted comments that are statements.
const statementWord = "sandpiper "

// Statement returns what a signature by Sandpiper says of a module, in one line:
//
//	sandpiper line=acme version=1.2.0 digest=sha256:… abi=1.0 capabilities=sha256:…
func Statement(f *wasmfile.File) (string, error) {
	m, err := f.Manifest()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%sline=%s version=%s digest=%s abi=%s capabilities=%s", statementWord,
		chain.OneWord(m.Line), chain.OneWord(m.Version), f.Digest(), m.ABI, Digest(&m.Capabilities)), nil
}

// Digest returns the digest of what a module asks for or is granted.
func Digest(c *abi.Capabilities) string { return chain.Digest(abi.AppendCapabilities(nil, c)) }

// Sign returns the signature of a module, which is the same for the same module
// and key.
func Sign(f *wasmfile.File, key SecretKey) ([]byte, error) {
	statement, err := Statement(f)
	if err != nil {
		return nil, err
	}
	if len(statement) > maxComment {
		return nil, errors.New("the version in its manifest is too long for the comment of a signature")
	}
	r, err := hashed(f)
	if err != nil {
		return nil, err
	}
	return r.SignWithComments(key.key, statement, "signature by sandpiper with key "+key.Public().ID()), nil
}

// hashed returns a reader that has read a module.
func hashed(f *wasmfile.File) (*minisign.Reader, error) {
	r := minisign.NewReader(bytes.NewReader(f.Bytes()))
	_, err := io.Copy(io.Discard, r)
	return r, err
}

// A signature is the text of a signature's file, read.
type signature struct {
	minisign.Signature
	text []byte
}

// parseSignature reads the text of a signature's file.
func parseSignature(text []byte) (signature, error) {
	s := signature{text: text}
	switch {
	case len(text) > MaxSignature:
		return s, fmt.Errorf("it has more than %d KiB", MaxSignature>>10)
	case len(bytes.TrimSpace(text)) == 0:
		return s, errors.New("it is empty")
	}
	if err := s.UnmarshalText(text); err != nil {
		return s, errors.New("it is damaged, or not a signature of minisign")
	}
	return s, nil
}

// by reports whether a key made the signature of a module.
func (s signature) by(k PublicKey, f *wasmfile.File) bool {
	return minisign.Verify(k.key, f.Bytes(), s.text)
}

// contradicts says what is wrong with what a trusted comment claims of a module, ""
// if nothing. Comments that other tools write claim nothing. One that has the
// module's digest is of this module, and says something else of it than what was
// signed.
func (s signature) contradicts(f *wasmfile.File) (string, error) {
	if !strings.HasPrefix(s.TrustedComment, statementWord) {
		return "", nil
	}
	want, err := Statement(f)
	if err != nil || s.TrustedComment == want {
		return "", err
	}
	claims := strings.Fields(s.TrustedComment)
	wrong := claimNot(claims, strings.Fields(want))
	if slices.Contains(claims, "digest="+f.Digest()) {
		return fmt.Sprintf("its signature was edited: it is of this module, and says %s, which is not so", wrong), nil
	}
	return fmt.Sprintf("its signature is for another module: it says %s, which is not so of this one", wrong), nil
}

// claimNot is the first of the claims that is not the one that should be there.
func claimNot(claims, want []string) string {
	for i, claim := range claims {
		if i >= len(want) || want[i] != claim {
			return strconv.Quote(claim)
		}
	}
	return "less than it should"
}
