package imports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// entries are what the notes say of the revisions, newest first.
func (i *Import) entries() (entries []chain.Note) {
	for _, rev := range slices.Backward(i.Revisions) {
		var b strings.Builder
		fmt.Fprintf(&b, "Imported from %s %s (%s).", i.Tool, rev.Version, rev.From)
		for _, n := range i.Notes {
			if n.File == rev.From {
				fmt.Fprintf(&b, "\n%s.", sentence(strings.TrimRight(n.Text, ".")))
			}
		}
		entries = append(entries, chain.Note{Slug: rev.Slug, Text: b.String(), IDs: map[chain.Dialect]string{i.Dialect: rev.ID}})
	}
	return entries
}
