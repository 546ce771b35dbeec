package lint

import (
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// maxInserts is how many INSERTs of a revision are parsed. A dump has a hundred
// thousand, one like the other.
const maxInserts = 1000

// insert reads an INSERT of constants by its tokens, if enough of them were parsed
// already. Of its strings one may be the new value of an enum.
func (l *linter) insert(sql string) (r reading, ok bool) {
	first := true
	for t := range chain.Tokens(chain.PostgreSQL, sql) {
		switch {
		case t.Blank():
			continue
		case first && !t.Is("INSERT"), t.Is("SELECT"), t.Is("WITH"), t.Is("ON"):
			return reading{}, false
		case t.Kind == chain.String && len(l.rev.values) > 0 && len(t.Text) > 1:
			r.uses = append(r.uses, use{value: t.Text[1 : len(t.Text)-1], at: t.Pos})
		}
		first = false
	}
	l.rev.inserts++
	return r, l.rev.inserts > maxInserts
}

// tellInserts says how many INSERTs were not parsed.
func (l *linter) tellInserts() {
	if n := l.rev.inserts - maxInserts; n > 0 {
		l.rev.notes = append(l.rev.notes, fmt.Sprintf("%s: %d of its INSERTs, which are like the %d before them", l.name(), n, maxInserts))
	}
}
