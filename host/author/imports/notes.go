package imports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

const notesIntro = `# Migration notes

Every migration has an entry here, newest first: what it is for, what to look
out for, and the revision of each dialect. Two people who add a migration at the
same time meet here, and not only in the chain.
`

// notes returns MIGRATION-NOTES.md with an entry for every revision, newest
// first. there is the text of the file that is there, "" for none: its entries
// stay, and where one has a revision's id for the other dialect, that entry gets
// the id for this one.
func (i *Import) notes(there string) string {
	if there == "" {
		there = notesIntro
	}
	var entries []string
	for _, rev := range slices.Backward(i.Revisions) {
		if paired, ok := i.paired(there, rev.ID); ok {
			there = paired
			continue
		}
		entries = append(entries, i.entry(rev))
	}
	// New entries stand above the first one.
	head, rest := there, ""
	if n := strings.Index(there[1:], "\n# "); n >= 0 {
		head, rest = there[:n+2], there[n+2:]
	}
	return strings.TrimRight(head, "\n") + "\n\n" + strings.TrimRight(strings.Join(append(entries, rest), "\n"), "\n") + "\n"
}

// entry is what the notes say of a revision.
func (i *Import) entry(rev Revision) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nImported from %s %s (%s).\n", rev.Slug, i.Tool, rev.Version, rev.From)
	for _, n := range i.Notes {
		if n.File == rev.From {
			fmt.Fprintf(&b, "%s.\n", sentence(strings.TrimRight(n.Text, ".")))
		}
	}
	fmt.Fprintf(&b, "\n%s: `%s`\n", i.Dialect.Title(), rev.ID)
	return b.String()
}

// paired adds an id to the entry that has it for the other dialect.
func (i *Import) paired(text, id string) (string, bool) {
	other := chain.PostgreSQL
	if i.Dialect == chain.PostgreSQL {
		other = chain.SQLite
	}
	line := fmt.Sprintf("\n%s: `%s`\n", other.Title(), id)
	before, after, ok := strings.Cut(text, line)
	if !ok {
		return text, false
	}
	mine := fmt.Sprintf("%s: `%s`\n", i.Dialect.Title(), id)
	if strings.HasPrefix(after, mine) || strings.HasSuffix("\n"+before+"\n", "\n"+mine) {
		return text, true
	}
	if i.Dialect == chain.SQLite {
		return before + "\n" + mine + line[1:] + after, true
	}
	return before + line + mine + after, true
}
