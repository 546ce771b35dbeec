package autogenerate

import (
	"cmp"

	"github.com/sandpiper-db/sandpiper/host/diff"
)

// backwards returns the renames of the opposite direction. A rename of a column
// names its table as it is wanted, which then is what it was before.
func backwards(renames []diff.Rename) []diff.Rename {
	before := map[string]string{} // names of tables, by the wanted ones
	for _, r := range renames {
		if r.Table == "" {
			before[r.New] = r.Old
		}
	}
	var back []diff.Rename
	for _, r := range renames {
		table := r.Table
		if table != "" {
			table = cmp.Or(before[table], table)
		}
		back = append(back, diff.Rename{Table: table, Old: r.New, New: r.Old})
	}
	return back
}
