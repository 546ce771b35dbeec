package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// chains are the project's own migrations of every dialect that it has, read without
// a database. Those of plugins are not among them, and they may depend on them.
type chains struct {
	set     settings
	config  configFile
	runners []*host.Runner // that could be read and have a folder
	folder  *author.Folder
	err     error // why a chain could not be read
	box     *lateSandbox
}

// chains reads what the flags and sandpiper.toml name. A chain that cannot be
// read is not in the folder, and err says why. coming are lines of plugins that the
// project is about to have.
func (a *app) chains(coming ...string) (*chains, error) {
	set, config, err := a.projectSettings()
	if err != nil {
		return nil, err
	}
	if filepath.Ext(set.dir) == ".wasm" {
		return nil, usage("name the folder that it was built from", "%s is a module: this needs a folder with versions/", set.dir)
	}
	fsys, root, err := openDir(set.dir)
	if err != nil {
		return nil, err
	}
	configured, err := author.Dialects(set.dir)
	if err != nil {
		return nil, err
	}
	c := &chains{set: set, config: config, folder: &author.Folder{Dir: set.dir}, box: a.newBox(set)}
	elsewhere := append(set.pluginLines(), coming...)
	for _, d := range configured {
		r, err := host.NewRunner(fsys, dialectOnly(d), c.box, host.Config{Path: root, Naming: set.naming, Elsewhere: elsewhere})
		switch {
		case err == nil:
			c.runners = append(c.runners, r)
			c.folder.Graphs = append(c.folder.Graphs, r.Graph())
		case errors.Is(err, fs.ErrNotExist) && isFolder(filepath.Join(set.dir, "versions")):
			empty, err := chain.NewGraph(d, nil, elsewhere...)
			if err != nil {
				return nil, err
			}
			c.folder.Graphs = append(c.folder.Graphs, empty)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			return nil, err
		default:
			c.err = errors.Join(c.err, err)
		}
	}
	return c, nil
}

// dialects are those that the folder is configured for.
func (c *chains) dialects() []chain.Dialect {
	var dialects []chain.Dialect
	for _, g := range c.folder.Graphs {
		dialects = append(dialects, g.Dialect())
	}
	return dialects
}

// sameHeads reports whether the chains have the heads that others have.
func (c *chains) sameHeads(others *chains) bool {
	return slices.EqualFunc(c.folder.Graphs, others.folder.Graphs, func(a, b *chain.Graph) bool {
		return a.Dialect() == b.Dialect() && slices.Equal(a.Lines(), b.Lines()) &&
			!slices.ContainsFunc(a.Lines(), func(line string) bool { return !slices.Equal(a.Heads(line), b.Heads(line)) })
	})
}

// wholeChains reads chains of which none may be broken.
func (a *app) wholeChains(coming ...string) (*chains, error) {
	c, err := a.chains(coming...)
	if err != nil {
		return nil, err
	}
	return c, c.err
}

// hold keeps other calls from writing into the project's folder of migrations
// until release is called.
func (a *app) hold(ctx context.Context) (release func(), err error) {
	set, _, err := a.projectSettings()
	if err != nil {
		return nil, err
	}
	dir := set.lockFolder().Dir
	leave, err := author.Hold(ctx, dir)
	if errors.As(err, new(*author.HeldError)) || ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, &statusError{exitFailed, kindOther,
			fmt.Sprintf("nothing was changed; see that this user may write into %s, where a lock keeps other writers away", filepath.ToSlash(dir)), err}
	}
	return func() {
		if err := leave(); err != nil {
			fmt.Fprintf(a.stderr, "warning: %s\n", printable(err.Error()))
		}
	}, nil
}

// keptChains reads whole chains, with the lock file and the notes, for a command
// that goes on without the lock file where it cannot be read, as after a git merge
// with a conflict in it. It returns what to say about it in the end.
func (a *app) keptChains() (c *chains, note string, err error) {
	if c, err = a.wholeChains(); err != nil {
		return nil, "", err
	}
	if err := c.folder.ReadLock(); err != nil {
		note = err.Error() + "\n" + c.folder.LockName() + " is left as it is"
	}
	return c, note, c.folder.ReadNotes()
}

// check compares everything that can be compared without a database. missing are
// the lock file and the notes, where they are not there: a project need not have
// them.
func (c *chains) check() (problems, missing []chain.Problem) {
	problems = chain.Problems(c.err)
	if err := c.folder.ReadLock(); err != nil {
		problems = append(problems, chain.ProblemsOf(chain.RuleLock, err)...)
	} else {
		if c.folder.Lock == nil {
			missing = append(missing, chain.Problem{Rule: chain.RuleLock,
				Message: "there is no " + c.folder.LockName() + ", which tells of files that changed: `sandpiper rehash --offline` makes one"})
		}
		problems = append(problems, c.checkPlugins()...)
	}
	if err := c.folder.ReadNotes(); err != nil {
		problems = append(problems, chain.ProblemsOf(chain.RuleNotes, err)...)
	} else if c.folder.Notes == nil {
		missing = append(missing, chain.Problem{Rule: chain.RuleNotes,
			Message: "there is no " + c.folder.NotesName() + ": `sandpiper notes sync` begins it"})
	}
	if c.err != nil {
		return problems, missing // what is compared would be half of it
	}
	return append(problems, c.folder.Check()...), missing
}

// authoring gives the errors of writing files their kind.
func authoring(err error) error {
	var (
		draft  *author.DraftError
		exists *author.ExistsError
	)
	switch {
	case errors.As(err, &draft):
		return usage(draft.Next, "%w", err)
	case errors.As(err, &exists) && exists.What != "":
		return usage("move it away", "%w", err)
	case errors.As(err, &exists):
		return usage("say --force to write over it", "%w", err)
	}
	return err
}
