package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// An orphan is a row whose foreign key has no parent, or a foreign key that no
// row can satisfy.
type orphan struct {
	table, row, parent string // row is "" in a table WITHOUT ROWID
	mismatch           string // SQLite's words for a foreign key that is wrong in itself
}

func (o orphan) String() string {
	switch {
	case o.mismatch != "":
		return o.mismatch
	case o.row == "":
		return fmt.Sprintf("a row of table %q has no parent in %q", o.table, o.parent)
	}
	return fmt.Sprintf("row %s of table %q has no parent in %q", o.row, o.table, o.parent)
}

type orphans []orphan

// orphans looks for them in all tables. The statement is compiled every time:
// it has the foreign keys in it that there are when it is compiled
// (https://sqlite.org/pragma.html#pragma_foreign_key_check).
func (c *conn) orphans(ctx context.Context) (orphans, error) {
	return c.checked(ctx, "PRAGMA main.foreign_key_check")
}

// orphansOf looks for them in one table.
func (c *conn) orphansOf(ctx context.Context, table string) (orphans, error) {
	return c.checked(ctx, "PRAGMA main.foreign_key_check("+ident(table)+")")
}

func (c *conn) checked(ctx context.Context, pragma string) (orphans, error) {
	defer c.sq.SetInterrupt(c.sq.SetInterrupt(ctx))
	s, _, err := c.sq.Prepare(pragma)
	if err != nil {
		return mismatched(err)
	}
	defer s.Close()
	var found orphans
	for s.Step() {
		found = append(found, orphan{table: s.ColumnText(0), row: s.ColumnText(1), parent: s.ColumnText(2)})
	}
	if err := s.Err(); err != nil {
		return mismatched(err)
	}
	return found, nil
}

// mismatched returns the error of a check that could not be made because a
// foreign key refers to something that is not unique, as what it found
// (https://sqlite.org/foreignkeys.html#fk_indexes).
func mismatched(err error) (orphans, error) {
	if _, message := codeAndMessage(err); strings.HasPrefix(message, "foreign key mismatch") {
		return orphans{{mismatch: message}}, nil
	}
	return nil, err
}

// shown is how many orphans an error names.
const shown = 5

// refuse is the error of a commit that would have left the orphans, where there
// were others before the migration.
func (found orphans) refuse(before orphans) error {
	already := map[orphan]bool{}
	for _, o := range before {
		already[o] = true
	}
	added := 0
	for _, o := range found {
		if !already[o] {
			added++
		}
	}
	var b strings.Builder
	for i, o := range found {
		if i == shown {
			fmt.Fprintf(&b, "; and %d more", len(found)-shown)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(o.String())
	}
	e := &host.SQLError{
		Code:    codeName(sqlite3.CONSTRAINT_FOREIGNKEY),
		Message: fmt.Sprintf("foreign keys are violated: %s", &b),
		Err:     sqlite3.CONSTRAINT_FOREIGNKEY,
	}
	switch {
	case added == 0:
		e.Hint = "it was so before the migration: mend the rows, then run it again"
	case added < len(found):
		e.Hint = fmt.Sprintf("%d of %d were so before the migration", len(found)-added, len(found))
	default:
		e.Hint = "foreign keys are not enforced while a migration runs: nothing cascades, and parents may come after their children"
	}
	return e
}
