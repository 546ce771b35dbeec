package host

import (
	"errors"

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
	if err == nil || errors.Is(err, errEOF) {
		return row, err
	}
	return nil, r.s.failed(err)
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
