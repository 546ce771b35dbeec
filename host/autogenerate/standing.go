package autogenerate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A StandingError is a database that is not where its chain is: what differs
// from the wanted schema would be the work of revisions that are there already.
type StandingError struct {
	Database string   // its URL without the password
	Behind   int      // revisions that it lacks
	Unknown  []string // heads that the chain does not have
}

// Error says where the database is.
func (e *StandingError) Error() string {
	if len(e.Unknown) > 0 {
		return fmt.Sprintf("the database %s has %s, which the chain does not know: it is ahead of these migrations", e.Database, strings.Join(e.Unknown, ", "))
	}
	migrations := "migrations"
	if e.Behind == 1 {
		migrations = "migration"
	}
	return fmt.Sprintf("the database %s is %d %s behind the chain", e.Database, e.Behind, migrations)
}

// Unmigrated returns a *StandingError if a database has revisions of the line main
// of a chain that has none.
func Unmigrated(ctx context.Context, db host.Database) error {
	conn, err := db.Connect(ctx)
	if err != nil {
		return err
	}
	ledger, err := conn.Ledger(ctx)
	if err = errors.Join(err, conn.Close()); err != nil {
		return err
	}
	if heads := ledger.Heads[chain.DefaultLine]; len(heads) > 0 {
		return &StandingError{Database: db.String(), Unknown: heads}
	}
	return nil
}

// AtHead returns an error if a database is not at the heads of its chain: a
// *StandingError, or a *host.PendingError where a migration is half done.
func AtHead(status host.Status) error {
	e := &StandingError{Database: status.Database}
	for _, l := range status.Lines {
		e.Behind += l.Behind
		e.Unknown = append(e.Unknown, l.Unknown...)
	}
	switch {
	case len(status.Pending) > 0 && len(e.Unknown) == 0:
		return &host.PendingError{Pending: status.Pending[0], Known: true}
	case e.Behind > 0 || len(e.Unknown) > 0:
		return e
	}
	return nil
}
