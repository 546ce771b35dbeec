package autogenerate

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// A RenameError is a rename that was given, of something that is not there.
type RenameError struct {
	Rename diff.Rename
	Why    string
}

// Error says what is not there.
func (e *RenameError) Error() string {
	what := e.Rename.Old + ":" + e.Rename.New
	if e.Rename.Table != "" {
		what = e.Rename.Table + "." + what
	}
	return fmt.Sprintf("the rename %s: %s", what, e.Why)
}

// Unused returns a *RenameError if one of the given renames was of use to none
// of the comparisons, which were all made with the same ones.
func Unused(all []*Comparison) error {
	if len(all) == 0 {
		return nil
	}
	for _, unused := range all[0].unused {
		everywhere := true
		for _, c := range all[1:] {
			everywhere = everywhere && slices.ContainsFunc(c.unused, func(e *RenameError) bool { return e.Rename == unused.Rename })
		}
		if everywhere {
			return unused
		}
	}
	return nil
}

// fitting tells the renames that can be from those of something that is not
// there.
func (j *job) fitting(ctx context.Context) (fit []diff.Rename, unused []*RenameError, err error) {
	before := tablesBefore(j.Renames)
	for _, r := range j.Renames {
		why := j.tableMissing(r.Old, r.New)
		if r.Table != "" {
			if why, err = j.columnMissing(ctx, r, cmp.Or(before[r.Table], r.Table)); err != nil {
				return nil, nil, err
			}
		}
		if why != "" {
			unused = append(unused, &RenameError{r, why})
		} else {
			fit = append(fit, r)
		}
	}
	return fit, unused, nil
}

// tableMissing says why a table cannot have been renamed, "" if it can.
func (j *job) tableMissing(old, name string) string {
	switch {
	case !j.has(j.current, old):
		return "the database has no table " + old
	case !j.has(j.wanted, name):
		return "the wanted schema has no table " + name
	case j.has(j.wanted, old):
		return "the wanted schema still has the table " + old
	case j.has(j.current, name):
		return "the database has the table " + name + " already"
	}
	return ""
}

// columnMissing says why a column cannot have been renamed, "" if it can. before
// is what its table was called.
func (j *job) columnMissing(ctx context.Context, r diff.Rename, before string) (string, error) {
	switch {
	case !j.has(j.wanted, r.Table):
		return "the wanted schema has no table " + r.Table, nil
	case !j.has(j.current, before):
		return "the database has no table " + before, nil
	}
	was, err := columns(ctx, j.current.DB, before)
	if err != nil {
		return "", err
	}
	will, err := columns(ctx, j.wanted.DB, r.Table)
	if err != nil {
		return "", err
	}
	in := func(names []string, name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return j.same(n, name) })
	}
	switch {
	case !in(was, r.Old):
		return fmt.Sprintf("the database has no column %s in table %s", r.Old, before), nil
	case !in(will, r.New):
		return fmt.Sprintf("the wanted schema has no column %s in table %s", r.New, r.Table), nil
	case in(will, r.Old):
		return fmt.Sprintf("the wanted schema still has the column %s in table %s", r.Old, r.Table), nil
	case in(was, r.New):
		return fmt.Sprintf("the database has the column %s in table %s already", r.New, before), nil
	}
	return "", nil
}

// has reports whether a schema has a table.
func (j *job) has(side diff.Side, name string) bool {
	return slices.ContainsFunc(side.Objects, func(o host.Object) bool { return o.Kind == host.ObjectTable && j.same(o.Name, name) })
}

// same reports whether the dialect takes two names for one.
func (j *job) same(a, b string) bool {
	return a == b || j.Database.Dialect() == chain.SQLite && tabletext.SameName(a, b)
}

// columns returns the names of a table's columns.
func columns(ctx context.Context, db *sql.DB, table string) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+tabletext.Quote(table)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	names, err := rows.Columns()
	return names, errors.Join(err, rows.Close())
}

// tablesBefore returns what renamed tables were called, by what they are called.
func tablesBefore(renames []diff.Rename) map[string]string {
	before := map[string]string{}
	for _, r := range renames {
		if r.Table == "" {
			before[r.New] = r.Old
		}
	}
	return before
}

// backwards returns the renames of the opposite direction. A rename of a column
// names its table as it is wanted, which then is what it was before.
func backwards(renames []diff.Rename) (back []diff.Rename) {
	before := tablesBefore(renames)
	for _, r := range renames {
		table := r.Table
		if table != "" {
			table = cmp.Or(before[table], table)
		}
		back = append(back, diff.Rename{Table: table, Old: r.New, New: r.Old})
	}
	return back
}
