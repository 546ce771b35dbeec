package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// maxReason is how long the reason of a rehash may be, in characters.
const maxReason = 1000

// A NotAppliedError is a revision that the database does not have.
type NotAppliedError struct {
	Key chain.Key
}

// Error names the revision.
func (e *NotAppliedError) Error() string {
	return fmt.Sprintf("revision %s is not applied to this database", e.Key)
}

// Rehash records that the source of an applied revision was edited on purpose:
// the digest it has now is the applied one from here on. Nothing is run, and the
// history keeps the old digest. A revision that is not applied is a
// *NotAppliedError, one that is half done a *PendingError. What cannot be read as
// a migration is not accepted.
func (r *Runner) Rehash(ctx context.Context, key chain.Key, reason string) (entry Entry, err error) {
	rev, ok := r.Graph().Revision(key)
	if !ok {
		return entry, &chain.UnknownError{Keys: []chain.Key{key}}
	}
	if err := CheckReason(reason); err != nil {
		return entry, err
	}
	if _, _, err := r.catalog.bodies[key].load(); err != nil {
		return entry, err
	}
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return entry, err
	}
	defer func() {
		if closeErr := conn.Close(); err == nil {
			err = closeErr
		}
	}()
	err = r.uncontested(ctx, func() error {
		ledger, err := conn.Ledger(ctx)
		if err != nil {
			return err
		}
		if _, ok := ledger.Applied[key]; !ok {
			return &NotAppliedError{key}
		}
		for _, p := range ledger.Progress {
			if p.Key == key {
				return &PendingError{Pending: p, Known: true}
			}
		}
		entry = Entry{
			Key: key, Action: ActionRehash, Slug: rev.Slug, Digest: rev.Digest, Module: rev.Module,
			Started: time.Now().UTC().Truncate(time.Microsecond), Runner: Version, Reason: reason,
		}
		return rehash(ctx, conn, ledger.Heads[key.Line], entry)
	})
	return entry, err
}

func rehash(ctx context.Context, conn Conn, heads []string, entry Entry) error {
	tx, err := conn.Begin(ctx, Fence{Line: entry.Key.Line, Heads: heads})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.Record(ctx, entry, heads); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// CheckReason says what is wrong with the reason for a rehash.
func CheckReason(reason string) error {
	switch n := utf8.RuneCountInString(reason); {
	case strings.TrimSpace(reason) == "":
		return errors.New("a rehash needs a reason: whoever reads the ledger later wants to know why the file was edited")
	case n > maxReason:
		return fmt.Errorf("the reason has %d characters: at most %d are kept in the ledger", n, maxReason)
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
		return errors.New("the reason is one line of text, without control characters")
	}
	return nil
}
