package author

import (
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Repair is what PlanRepair found in the lock file and the notes, and what is
// done about it.
type Repair struct {
	Faults []host.Fault

	files []file
}

// Mends reports whether the repair changes anything.
func (p *Repair) Mends() bool { return len(p.files) > 0 }

// PlanRepair compares the lock file and the notes with the chains. A file that is
// not what the lock pins is pinned anew where agrees says that the ledger has it
// as it is; otherwise nobody knows whether the edit is meant. A lock file or notes
// that are not there are not missed. Nothing is written.
func (f *Folder) PlanRepair(agrees func(chain.Revision) bool) (*Repair, error) {
	p := &Repair{}
	if err := f.ReadLock(); err != nil {
		p.leave(chain.ProblemsOf(chain.RuleLock, err))
	} else if f.Lock != nil {
		f.planLock(p, agrees)
	}
	if err := f.ReadNotes(); err != nil {
		p.leave(chain.ProblemsOf(chain.RuleNotes, err))
	} else if f.Notes != nil {
		if err := f.planNotes(p); err != nil {
			return nil, err
		}
	}
	p.leave(f.CheckDialects())
	return p, nil
}

// Repair writes what a plan says, all of it or nothing, and returns the names of
// the files.
func (f *Folder) Repair(p *Repair) (written []string, err error) {
	if err := writeAll(p.files); err != nil {
		return nil, err
	}
	for _, file := range p.files {
		written = append(written, shown(file.name))
	}
	return written, nil
}

// leave tells of problems that are for a person.
func (p *Repair) leave(problems []chain.Problem) {
	for _, problem := range problems {
		p.Faults = append(p.Faults, host.Fault{Problem: problem})
	}
}

// mend tells of a problem and what is done about it.
func (p *Repair) mend(problem chain.Problem, mend string) {
	p.Faults = append(p.Faults, host.Fault{Problem: problem, Mend: mend})
}

// planLock makes the lock as it can be without a person's word. The lines of a
// chain that lost a file stay: without the line nothing would tell of the loss.
func (f *Folder) planLock(p *Repair, agrees func(chain.Revision) bool) {
	next := f.Lock
	for _, g := range f.Graphs {
		if len(f.Lock.Lost(g)) > 0 {
			continue
		}
		next = next.With(g, func(k chain.Key) bool {
			rev, _ := g.Revision(k)
			return agrees(rev)
		})
	}
	changes := f.Lock.Changes(next)
	for _, c := range changes {
		rev, _ := f.graph(c.Dialect).Revision(c.Key)
		problem := chain.Problem{Rule: chain.RuleLock, Revision: c.Key.String(), Source: rev.Source, Message: f.LockName() + " does not have it"}
		if c.Was == "" {
			p.mend(problem, "adds its line to "+f.LockName())
			continue
		}
		problem.Message = fmt.Sprintf("%s pins %s, and the file is %s", f.LockName(), chain.ShortDigest(c.Was), chain.ShortDigest(c.Now))
		p.mend(problem, "pins it in "+f.LockName()+" as it is, which is then as the ledger has it applied")
	}
	if next.String() != f.Lock.String() {
		if len(changes) == 0 {
			p.mend(chain.Problem{Rule: chain.RuleLock, Source: f.LockName(),
				Message: "its lines are not those that were written: one was moved, or two branches were merged"}, "writes it anew")
		}
		p.files = append(p.files, file{name: f.lockName(), text: []byte(next.String()), replace: true})
	}
	for _, g := range f.Graphs {
		p.leave(next.Check(f.LockName(), g))
	}
}

// planNotes makes the notes as SyncNotes would.
func (f *Folder) planNotes(p *Repair) error {
	done := f.Notes.Sync(f.Graphs...)
	for _, slug := range done.Added {
		p.mend(chain.Problem{Rule: chain.RuleNotesEntry, Source: f.NotesName(), Message: "it has no entry for " + slug}, "adds the entry")
	}
	for _, slug := range done.Moved {
		p.mend(chain.Problem{Rule: chain.RuleNotesOrder, Source: f.NotesName(), Message: "the entry for " + slug + " stands in the wrong place"}, "moves the entry")
	}
	notes := f.Notes
	if len(done.Added)+len(done.Moved) > 0 {
		p.files = append(p.files, file{name: f.notesName(), text: []byte(done.Text), replace: true})
		var err error
		if notes, err = chain.ParseNotes(f.NotesName(), []byte(done.Text)); err != nil {
			return err
		}
	}
	p.leave(notes.Check(f.Graphs...))
	return nil
}
