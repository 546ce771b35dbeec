package autogenerate

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/diff"
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
func fitting(ctx context.Context, current, wanted diff.Side, renames []diff.Rename) (fit []diff.Rename, unused []*RenameError, err error) {
	before := tablesBefore(renames)
	for _, r := range renames {
		why, err := missing(ctx, current, wanted, r, cmp.Or(before[r.Table], r.Table))
		if err != nil {
			return nil, nil, err
		}
		if why != "" {
			unused = append(unused, &RenameError{r, why})
		} else {
			fit = append(fit, r)
		}
	}
	return fit, unused, nil
}

// missing says why something cannot have been renamed, "" if it can. before is
// what the table of a column was called.
func missing(ctx context.Context, current, wanted diff.Side, r diff.Rename, before string) (string, error) {
	if r.Table == "" {
		switch {
		case !hasTable(current, r.Old):
			return "the database has no table " + r.Old, nil
		case !hasTable(wanted, r.New):
			return "the wanted schema has no table " + r.New, nil
		case hasTable(wanted, r.Old):
			return "the wanted schema still has the table " + r.Old, nil
		case hasTable(current, r.New):
			return "the database has the table " + r.New + " already", nil
		}
		return "", nil
	}
	switch {
	case !hasTable(wanted, r.Table):
		return "the wanted schema has no table " + r.Table, nil
	case !hasTable(current, before):
		return "the database has no table " + before, nil
	}
	was, errWas := columns(ctx, current.DB, before)
	will, errWill := columns(ctx, wanted.DB, r.Table)
	switch {
	case !slices.Contains(was, r.Old):
		return fmt.Sprintf("the database has no column %s in table %s", r.Old, before), errors.Join(errWas, errWill)
	case !slices.Contains(will, r.New):
		return fmt.Sprintf("the wanted schema has no column %s in table %s", r.New, r.Table), errors.Join(errWas, errWill)
	case slices.Contains(will, r.Old):
		return fmt.Sprintf("the wanted schema still has the column %s in table %s", r.Old, r.Table), errors.Join(errWas, errWill)
	case slices.Contains(was, r.New):
		return fmt.Sprintf("the database has the column %s in table %s already", r.New, before), errors.Join(errWas, errWill)
	}
	return "", errors.Join(errWas, errWill)
}

func hasTable(side diff.Side, name string) bool {
	return slices.ContainsFunc(side.Objects, func(o host.Object) bool { return o.Kind == host.ObjectTable && o.Name == name })
}

// columns returns the names of a table's columns.
func columns(ctx context.Context, db *sql.DB, table string) ([]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT * FROM "`+strings.ReplaceAll(table, `"`, `""`)+`" LIMIT 0`)
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
