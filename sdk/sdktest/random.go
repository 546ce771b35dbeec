package sdktest

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
)

// A stream is a source of random bytes. It is a value: what was drawn from a copy
// was not drawn from it.
type stream struct{ rand.ChaCha8 }

// seeded returns the stream of a seed made of parts.
func seeded(parts ...any) stream {
	return stream{*rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, parts...)))}
}

// branch returns a stream that is made from the next bytes of this one.
func (s *stream) branch() stream {
	var seed [32]byte
	s.Read(seed[:])
	return stream{*rand.NewChaCha8(seed)}
}

// Random fills b with random bytes, which are the same in each run of a migration.
func (s *session) Random(b []byte) error {
	_, err := s.random.Read(b)
	return err
}
