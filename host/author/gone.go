package author

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// gone returns the dialects whose revisions the lock file or the notes name, and
// of which the folder has no chain: their folder in versions/ was lost, or taken
// away.
func (f *Folder) gone() (dialects []chain.Dialect) {
	for _, d := range chain.Dialects {
		if f.graph(d) == nil && (len(f.Lock.Pinned(d)) > 0 || len(f.Notes.Named(d)) > 0) {
			dialects = append(dialects, d)
		}
	}
	return dialects
}

// dialects returns those of the folder's chains, and those whose chain is gone:
// what is written for the others alone is not for them.
func (f *Folder) dialects() []chain.Dialect {
	dialects := f.gone()
	for _, g := range f.Graphs {
		dialects = append(dialects, g.Dialect())
	}
	slices.Sort(dialects)
	return dialects
}

// versions is the folder of a dialect's files, for messages.
func (f *Folder) versions(d chain.Dialect) string {
	return shown(filepath.Join(f.Dir, "versions", string(d)))
}

// CheckDialects tells of the dialects that the lock file or the notes have
// revisions of, and the folder has no chain of: each is one problem of each of
// the two.
func (f *Folder) CheckDialects() (problems []chain.Problem) {
	for _, d := range f.gone() {
		if n := len(f.Lock.Pinned(d)); n > 0 {
			problems = append(problems, chain.Problem{Rule: chain.RuleLock, Source: f.LockName(), Message: fmt.Sprintf(
				"it pins %d revisions of %s, and there is no folder %s: bring it back, or, if the dialect was given up, take the lines that begin with %[2]s out", n, d, f.versions(d))})
		}
		if n := len(f.Notes.Named(d)); n > 0 {
			problems = append(problems, chain.Problem{Rule: chain.RuleNotes, Source: f.NotesName(), Message: fmt.Sprintf(
				"they name %d revisions of %s, and there is no folder %s: bring it back, or, if the dialect was given up, take its ids out", n, d, f.versions(d))})
		}
	}
	return problems
}

// whole refuses to write for all dialects where the chain of one is gone: it
// would be for the others alone.
func (f *Folder) whole() error {
	gone := f.gone()
	if len(gone) == 0 {
		return nil
	}
	next := "bring it back"
	for _, g := range f.Graphs {
		next += fmt.Sprintf("; --dialect %s is for %[1]s alone", g.Dialect())
	}
	return refuse(next, "the revisions of %s are gone: %s or %s names some, and there is no folder %s; nothing was written",
		gone[0], f.LockName(), f.NotesName(), f.versions(gone[0]))
}
