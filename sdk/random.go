package sdk

// Random fills b with random bytes. They come from a seed that is recorded: a run
// that resumes gets the same ones, and a chunk of a backfill that is repeated as
// well. Package math/rand has a state of its own, which a chunk that is repeated
// finds in another place.
func (tx *Tx) Random(b []byte) error { return tx.backend.Random(b) }

// NewUUID returns a random uuid, of version 4 (RFC 9562, section 5.4).
func (tx *Tx) NewUUID() (id [16]byte, err error) {
	err = tx.Random(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id, err
}
