package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Digest returns "sha256:" and 64 hex digits over what a file says: its bytes
// without a byte order mark and without white space at the end, and with every
// line ending as a line feed. An editor or git on another system changes none
// of that, so it does not change the digest.
func Digest(b []byte) string {
	sum := sha256.Sum256(bytes.TrimRight(normalize(b), " \t\n\v\f"))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// normalize drops a byte order mark and turns CR LF and CR into LF. It returns
// b itself where there is nothing to do, and never writes to it.
func normalize(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i, c := range b {
		switch {
		case c != '\r':
			out = append(out, c)
		case i+1 == len(b) || b[i+1] != '\n':
			out = append(out, '\n')
		}
	}
	return out
}

// ShortDigest is the beginning of a digest, for people.
func ShortDigest(digest string) string {
	_, digits, _ := strings.Cut(digest, ":")
	return digits[:min(12, len(digits))]
}
