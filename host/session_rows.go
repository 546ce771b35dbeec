package host

import (
	"errors"
	"io"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// sessionRows are rows whose errors concern the session.
type sessionRows struct {
	Rows
	s *session
}

func (r *sessionRows) Next() ([]abi.Value, error) {
	if r.s.fatal != nil {
		return nil, r.s.usable()
	}
	row, err := r.Rows.Next()
	return row, r.sorted(err)
}

// NextEncoded implements EncodedRows.
func (r *sessionRows) NextEncoded() (row []byte, ok bool, err error) {
	if r.s.fatal != nil {
		return nil, true, r.s.usable()
	}
	row, ok, err = nextEncoded(r.Rows)
	return row, ok, r.sorted(err)
}

// sorted tells the session of an error.
func (r *sessionRows) sorted(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return r.s.failed(err)
}

func (r *sessionRows) Close() error {
	delete(r.s.open, r)
	return r.Rows.Close()
}

// closeRows closes what the guest left open: rows do not outlive their
// transaction.
func (s *session) closeRows() {
	for r := range s.open {
		r.Rows.Close()
	}
	clear(s.open)
}
