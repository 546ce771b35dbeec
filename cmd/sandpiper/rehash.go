package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A rehashData is the data of rehash.
type rehashData struct {
	Lock    string       `json:"lock,omitempty"` // the lock file, where it was written
	Changes []changeJSON `json:"changes"`
	Entry   *entryJSON   `json:"entry,omitempty"` // the ledger's new line
}

// A changeJSON is a digest that differs.
type changeJSON struct {
	Where    string `json:"where"` // ledger or lock
	Dialect  string `json:"dialect"`
	Revision string `json:"revision"`
	Was      string `json:"was,omitempty"`
	Now      string `json:"now,omitempty"`
	File     string `json:"file,omitempty"`
	Applied  string `json:"applied,omitempty"` // RFC 3339; of the ledger's
}

func newRehash(a *app) *cobra.Command {
	var (
		offline bool
		reason  string
	)
	cmd := &cobra.Command{
		Use:   "rehash [REV]",
		Short: "Accept that a migration was edited after it was applied",
		Long: `After a deliberate edit of an applied file, such as a comment: writes the digest
that REV has now, and the reason, into the database's ledger, as a line of its
own, and the digest into sandpiper.lock. It runs nothing. It shows what differs
and asks first; --yes answers. Each database that has applied the revision wants
its own rehash.

--offline writes sandpiper.lock alone, and needs no database and no reason: for
REV, or for every revision as it is now. It makes the file where there is none,
and asks where it would accept an edit or drop a revision.`,
		Example: `  sandpiper rehash 9725c1 --reason "a comment was wrong"
  sandpiper rehash --offline`,
		Args:              arguments(0, 1, "one REV"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if offline {
				if reason != "" {
					return usage("take one of the two out", "--reason goes into the ledger, which --offline does not write")
				}
				return a.relock(cmd.Context(), argument(args, ""))
			}
			if len(args) == 0 {
				return usage("name it, or say --offline to write sandpiper.lock for all of them", "rehash needs the REV that was edited")
			}
			if err := host.CheckReason(reason); err != nil {
				return usage(`for example: --reason "a comment was wrong"`, "%w", err)
			}
			return a.rehash(cmd.Context(), args[0], reason)
		},
	}
	f := cmd.Flags()
	f.StringVar(&reason, "reason", "", "why the file was edited, for the ledger")
	f.BoolVar(&offline, "offline", false, "write sandpiper.lock alone")
	a.yesFlag(f, "do not ask")
	a.waitFlag(f)
	return cmd
}

// relock writes the lock file, for one revision or for all.
func (a *app) relock(ctx context.Context, word string) error {
	release, err := a.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	c, err := a.wholeChains()
	if err != nil {
		return err
	}
	accept := func(chain.Dialect, chain.Key) bool { return true }
	if word != "" {
		if accept, err = c.named(word); err != nil {
			return err
		}
	}
	if err := c.folder.ReadLock(); err != nil {
		return err
	}
	if gone := c.folder.CheckDialects(); len(gone) > 0 {
		return usage("", "%s: %s", gone[0].Source, gone[0].Message)
	}
	next := c.folder.Relock(accept)
	data := rehashData{Changes: lockChanges(c.folder, c.folder.Lock.Changes(next))}
	if c.folder.Lock != nil && c.folder.Lock.String() == next.String() {
		a.result(data, func(w io.Writer) { fmt.Fprintf(w, "%s has it all: nothing to do\n", c.folder.LockName()) })
		return nil
	}
	if grave := graveChanges(data.Changes); len(grave) > 0 {
		if err := a.mayAccept(ctx, grave, "Accept this in "+c.folder.LockName()+"? [y/N]"); err != nil {
			return err
		}
	}
	if err := c.folder.WriteLock(next); err != nil {
		return err
	}
	data.Lock = c.folder.LockName()
	a.result(data, func(w io.Writer) {
		fmt.Fprintf(w, "wrote %s: %s changed\n", data.Lock, count(len(data.Changes), "line"))
	})
	if word != "" {
		a.sayPinned(c.folder, data.Changes)
	}
	return nil
}

// named accepts the revisions that a word names in the chains.
func (c *chains) named(word string) (func(chain.Dialect, chain.Key) bool, error) {
	named := map[chain.Dialect]chain.Key{}
	var failed error
	for _, g := range c.folder.Graphs {
		target, err := g.Resolve(word, nil)
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case len(target.Keys) != 1:
			return nil, notOne("rehash", word, len(target.Keys))
		default:
			named[g.Dialect()] = target.Keys[0]
		}
	}
	if len(named) == 0 {
		return nil, failed
	}
	return func(d chain.Dialect, k chain.Key) bool { return named[d] == k }, nil
}

// rehash records the digest of a revision in the ledger, and in the lock file.
func (a *app) rehash(ctx context.Context, word, reason string) error {
	s, r, err := a.openRunner()
	if err != nil {
		return err
	}
	defer s.close()
	rev, err := oneRevision(r.Graph(), "rehash", word)
	if err != nil {
		return err
	}
	ledger, err := r.Ledger(ctx)
	if err != nil {
		return err
	}
	applied, err := rehashable(ledger, rev)
	if err != nil {
		return err
	}
	release, err := a.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	lock, err := a.lockFor(s.set, rev)
	if err != nil {
		return err
	}
	var data rehashData
	if applied.Digest != rev.Digest {
		data.Changes = append(data.Changes, changeJSON{
			Where: "ledger", Dialect: string(rev.Dialect), Revision: rev.Key.String(),
			Was: applied.Digest, Now: rev.Digest, File: rev.Source, Applied: timestamp(applied.At),
		})
	}
	data.Changes = append(data.Changes, lock.changes...)
	if len(data.Changes) == 0 {
		data.Changes = []changeJSON{}
		a.result(data, func(w io.Writer) { fmt.Fprintf(w, "%s is as it was applied: nothing to do\n", rev.Source) })
		return nil
	}
	if err := a.mayAccept(ctx, data.Changes, fmt.Sprintf("Accept the edit of %s on %s? [y/N]", rev.Source, a.database)); err != nil {
		return err
	}
	if applied.Digest != rev.Digest {
		entry, err := r.Rehash(ctx, rev.Key, reason)
		if err != nil {
			return err
		}
		document := entryDocument(entry)
		data.Entry = &document
	}
	if len(lock.changes) > 0 {
		if err := lock.folder.WriteLock(lock.next); err != nil {
			return fmt.Errorf("the ledger has the new digest, and the lock file could not be written: %w", err)
		}
		data.Lock = lock.folder.LockName()
	}
	a.rehashed(data, rev.Key, reason)
	a.sayPinned(lock.folder, lock.changes)
	return nil
}

// rehashable returns what the ledger has of a revision, or why that cannot be
// changed.
func rehashable(ledger *host.Ledger, rev chain.Revision) (host.Applied, error) {
	applied, ok := ledger.Applied[rev.Key]
	switch {
	case !ok:
		return applied, usage(fmt.Sprintf("`sandpiper rehash %s --offline` changes sandpiper.lock alone", rev.Key), "%w", &host.NotAppliedError{Key: rev.Key})
	case rev.Digest == "":
		return applied, usage(fmt.Sprintf("`sandpiper rehash %s --offline` pins the module as it is now", rev.Key),
			"revision %s is a plugin's, which the ledger keeps no digest of", rev.Key)
	}
	return applied, nil
}

// rehashed says what was written.
func (a *app) rehashed(data rehashData, key chain.Key, reason string) {
	a.result(data, func(w io.Writer) {
		if data.Entry != nil {
			fmt.Fprintf(w, "%s has %s as it is now: %s\n", a.database, key, reason)
		}
		if data.Lock != "" {
			fmt.Fprintf(w, "wrote %s\n", data.Lock)
		}
	})
}

// A relocking is what a rehash changes in the lock file.
type relocking struct {
	folder  *author.Folder
	next    *chain.Lock
	changes []changeJSON // none where there is no lock file
}

// lockFor says what the lock file becomes when one revision is accepted.
func (a *app) lockFor(set settings, rev chain.Revision) (relocking, error) {
	if filepath.Ext(set.dir) == ".wasm" {
		return relocking{}, nil
	}
	c, err := a.wholeChains()
	if err != nil {
		return relocking{}, err
	}
	if err := c.folder.ReadLock(); err != nil || c.folder.Lock == nil {
		return relocking{}, err
	}
	next := c.folder.Relock(func(d chain.Dialect, k chain.Key) bool { return d == rev.Dialect && k == rev.Key })
	return relocking{c.folder, next, lockChanges(c.folder, c.folder.Lock.Changes(next))}, nil
}

func lockChanges(folder *author.Folder, changes []chain.PinChange) []changeJSON {
	out := make([]changeJSON, 0, len(changes))
	for _, c := range changes {
		change := changeJSON{Where: "lock", Dialect: string(c.Dialect), Revision: c.Key.String(), Was: c.Was, Now: c.Now}
		for _, g := range folder.Graphs {
			if rev, ok := g.Revision(c.Key); ok && g.Dialect() == c.Dialect {
				change.File = rev.Source
			}
		}
		out = append(out, change)
	}
	return out
}

// sayPinned tells of revisions that the lock file has from now on, although
// another one was named.
func (a *app) sayPinned(folder *author.Folder, changes []changeJSON) {
	for _, c := range changes {
		if c.Was == "" {
			a.say("%s did not have %s of %s: it is pinned as it is now", folder.LockName(), c.Revision, c.Dialect)
		}
	}
}

// graveChanges are those that do more than add a revision.
func graveChanges(changes []changeJSON) (grave []changeJSON) {
	for _, c := range changes {
		if c.Was != "" {
			grave = append(grave, c)
		}
	}
	return grave
}

// mayAccept shows what differs, and asks.
func (a *app) mayAccept(ctx context.Context, changes []changeJSON, question string) error {
	if err := a.askable("rehash"); err != nil {
		return err
	}
	a.showChanges(changes)
	if a.flags.yes {
		return nil
	}
	return a.confirm(ctx, question, "y", "yes")
}

// showChanges prints digests that differ, with the files, and how to see what a
// file was: neither the ledger nor the lock file has its text.
func (a *app) showChanges(changes []changeJSON) {
	if a.flags.quiet {
		return
	}
	rows := make([]table.Row, 0, len(changes))
	var edited []string
	for _, c := range changes {
		applied := "-"
		if at, err := time.Parse(time.RFC3339Nano, c.Applied); err == nil {
			applied = moment(at)
		}
		rows = append(rows, table.Row{c.Where, c.Dialect, c.Revision, shortDigest(c.Was), shortDigest(c.Now), applied, cmp.Or(c.File, "-")})
		if c.Was != "" && c.File != "" && !slices.Contains(edited, c.File) {
			edited = append(edited, c.File)
		}
	}
	a.printTable(a.stderr, table.Row{"where", "dialect", "revision", "was", "now", "applied", "file"}, rows)
	for _, file := range edited {
		a.say("what it was is in version control: git log -p %s", file)
	}
}

// shortDigest is the beginning of a digest, "-" where there is none.
func shortDigest(digest string) string {
	return cmp.Or(chain.ShortDigest(digest), "-")
}
