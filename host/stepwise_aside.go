package host

import (
	"context"
	"slices"
)

// A mayHoldMore is a Conn of a database that has schemas besides the one that the
// connection works in.
type mayHoldMore interface {
	// OtherSchemas returns the names of those in which users made anything.
	OtherSchemas(ctx context.Context) ([]string, error)
}

// lookAside notes which schemas hold something that the test does not look at.
func (t *stepwise) lookAside(ctx context.Context) error {
	conn, ok := t.conn.(mayHoldMore)
	if !ok {
		return nil
	}
	others, err := conn.OtherSchemas(ctx)
	for _, name := range others {
		if at, known := slices.BinarySearch(t.report.Unseen, name); !known {
			t.report.Unseen = slices.Insert(t.report.Unseen, at, name)
		}
	}
	return err
}
