package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// testFlags are the flags of test.
type testFlags struct {
	rev       string
	seed      string
	allowLoss []string
}

func newTest(a *app) *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [TARGET]",
		Short: "Apply, undo and apply again each migration on a scratch database",
		Long: `Makes a scratch database and takes it through the chain: each revision is
applied, undone and applied again. After the downgrade the schema must be what it
was before, after the second upgrade what it was after the first. Irreversible
revisions are only applied; an extension that a downgrade leaves is no problem.
No other database is touched, and the scratch database is removed in the end.

SQLite is tested in memory, PostgreSQL in a database of its own on the server that
the database URL names, where the role must be allowed to create one. --database
chooses one dialect; else SQLite is tested, and PostgreSQL too if SANDPIPER_DATABASE
or sandpiper.toml names a server. What is compared there is the schema that the
connection works in; others that a revision makes something in are named. The order
of columns is no part of it: one that was dropped and comes back is the last one.
What is on the server and not in the database, such as a role, is not compared. All
revisions are undone in the end to remove it, up to the first that fails at it or is
irreversible; what is left then stands in the way of the next test. A test that is
killed leaves its database, sandpiper_scratch_…, which a test that is run an hour
later or more removes.

--seed FOLDER inserts rows on the way. FOLDER/REV.sql is run after revision REV is
tested; the name may also be that of the revision's own file, and the folder may
be FOLDER/postgresql or FOLDER/sqlite. From there on no upgrade may make the rows
of a table fewer, and an upgrade with its downgrade must leave the content of every
table as it was. In the end all revisions are undone and applied once more, with all
rows in place. Where a loss is meant, say --allow-loss REV, or in REV.sql:

  -- sandpiper:allow-loss the column was never written

The exit code is 5 if there is anything to tell.`,
		Example: `  sandpiper test
  sandpiper test --seed testdata/seeds
  sandpiper test --rev 9725c1cbee35:heads --database postgres://app@localhost/postgres`,
		Args:              arguments(0, 1, "one TARGET"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			from, to, err := f.span(args)
			if err != nil {
				return err
			}
			t, err := a.tests(f, from, to)
			if err != nil {
				return err
			}
			defer t.box.Close()
			return a.test(cmd.Context(), t)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.rev, "rev", "", "test what is between two revisions, `FROM:TO`; what leads to FROM\nis only applied")
	flags.StringVar(&f.seed, "seed", "", "`folder` of SQL files with rows, by revision")
	flags.StringArrayVar(&f.allowLoss, "allow-loss", nil, "`REV` deletes or changes rows on purpose (repeatable)")
	_ = cmd.MarkFlagDirname("seed")
	return cmd
}

// span is what the arguments say of where the test begins and ends.
func (f testFlags) span(args []string) (from, to string, err error) {
	if f.rev == "" {
		return "", argument(args, ""), nil
	}
	from, to, ok := strings.Cut(f.rev, ":")
	switch {
	case len(args) > 0:
		return "", "", usage("", "--rev %s says where the test ends: leave out %s", f.rev, args[0])
	case !ok || from == "" || to == "":
		return "", "", usage("for example: --rev base:heads", "--rev wants FROM:TO and got %q", f.rev)
	}
	return from, to, nil
}

// tests are the stepwise tests of one call, by dialect.
type tests struct {
	set   settings
	box   *lateSandbox
	order []chain.Dialect
	what  map[chain.Dialect]host.StepwiseTest
}

// tests finds out what is to be tested, and reads the seeds. It makes no database.
func (a *app) tests(f testFlags, from, to string) (*tests, error) {
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	t := &tests{set: set, box: a.newBox(set), what: map[chain.Dialect]host.StepwiseTest{}}
	named, err := openDatabase(set)
	if err != nil {
		return nil, err
	}
	graphs, err := a.graphs(set, t.box)
	if err != nil {
		return nil, err
	}
	asked := a.flags.database != ""
	var misses error
	for _, g := range graphs {
		switch d := g.Dialect(); {
		case asked && d != named.Dialect():
			continue
		case !asked && d != chain.SQLite && d != named.Dialect():
			a.say("%s is not tested: --database, %s or %s names a server for its scratch database", d, databaseEnv, configName)
			continue
		}
		if err := knows(g, from, to); err != nil {
			misses = errors.Join(misses, err)
			continue
		}
		t.order = append(t.order, g.Dialect())
		t.what[g.Dialect()] = host.StepwiseTest{From: from, To: to}
	}
	switch {
	case len(t.order) > 0:
	case misses != nil:
		return nil, misses
	case asked:
		return nil, usage("", "%s has no migrations for %s", set.dir, named.Dialect())
	default:
		return nil, usage("`sandpiper revision` writes one", "%s has no migrations that could be tested", set.dir)
	}
	if err := t.readSeeds(f.seed, graphs); err != nil {
		return nil, err
	}
	return t, t.allow(f.allowLoss, graphs)
}

// graphs reads the chains of all dialects that have a revision.
func (a *app) graphs(set settings, box host.Sandbox) ([]*chain.Graph, error) {
	fsys, root, err := openDir(set.dir)
	if err != nil {
		return nil, err
	}
	var graphs []*chain.Graph
	for _, d := range chain.Dialects {
		r, err := host.NewRunner(fsys, dialectOnly(d), box, host.Config{Path: root, Naming: set.naming, Elsewhere: set.pluginLines()})
		switch {
		case errors.Is(err, fs.ErrNotExist) && isFolder(filepath.Join(set.dir, "versions")):
			continue
		case err != nil:
			return nil, err
		case r.Graph().Len() > 0:
			graphs = append(graphs, r.Graph())
		}
	}
	return graphs, nil
}

// knows reports, by an error, that a chain lacks a revision: with a chain for each
// dialect an id is mostly one of them.
func knows(g *chain.Graph, words ...string) error {
	for _, word := range words {
		if word == "" {
			continue
		}
		if _, err := g.Resolve(word, nil); err != nil {
			return err
		}
	}
	return nil
}

// readSeeds reads the seeds of every dialect that is tested.
func (t *tests) readSeeds(dir string, graphs []*chain.Graph) error {
	if dir == "" {
		return nil
	}
	if !isFolder(dir) {
		return usage("", "--seed: there is no folder %s", dir)
	}
	fsys, root := os.DirFS(dir), "."
	if filepath.IsLocal(dir) {
		fsys, root = os.DirFS("."), filepath.ToSlash(filepath.Clean(dir))
	}
	for i, g := range graphs {
		test, tested := t.what[g.Dialect()]
		if !tested {
			continue
		}
		others := append(append([]*chain.Graph(nil), graphs[:i]...), graphs[i+1:]...)
		var err error
		if test.Seeds, err = host.ReadSeeds(fsys, root, g, others...); err != nil {
			return usage("see: sandpiper test --help", "%w", err)
		}
		t.what[g.Dialect()] = test
	}
	return nil
}

// allow takes note of the revisions that may lose rows.
func (t *tests) allow(words []string, graphs []*chain.Graph) error {
	for _, word := range words {
		known := false
		var miss error
		for _, g := range graphs {
			test, tested := t.what[g.Dialect()]
			if !tested {
				continue
			}
			at, err := g.Resolve(word, nil)
			if err != nil {
				miss = err
				continue
			}
			known = true
			test.MayLose = append(test.MayLose, at.Keys...)
			t.what[g.Dialect()] = test
		}
		if !known {
			return usage("", "--allow-loss: %w", miss)
		}
	}
	return nil
}

// test runs the tests, one dialect after the other.
func (a *app) test(ctx context.Context, t *tests) error {
	var data testData
	findings := 0
	for _, d := range t.order {
		report, err := a.testOn(ctx, t, d)
		findings += len(report.Findings)
		data.Dialects = append(data.Dialects, testDocument(d, report))
		a.result(data, func(w io.Writer) {
			if err == nil || len(report.Findings) > 0 {
				a.printTest(w, d, report)
			}
		})
		if err != nil {
			return err
		}
	}
	return problemsFound("test", findings)
}

// testOn runs the test of a dialect on a scratch database.
func (a *app) testOn(ctx context.Context, t *tests, d chain.Dialect) (report host.StepwiseReport, err error) {
	db, drop, err := a.scratch(ctx, t.set, d)
	if err != nil {
		return report, err
	}
	defer func() {
		if dropErr := drop(context.WithoutCancel(ctx)); dropErr != nil {
			err = errors.Join(err, fmt.Errorf("the scratch database %s is left: %w", db, dropErr))
		}
	}()
	s := &session{app: a, set: t.set, db: db, box: t.box}
	r, err := s.runner(host.Config{})
	if err != nil {
		return report, err
	}
	test := t.what[d]
	test.Undo = d == chain.PostgreSQL // there a server has more than its databases
	test.Anew = func(ctx context.Context) (host.Database, error) {
		if err := drop(ctx); err != nil {
			return nil, err
		}
		made, dropMade, err := a.scratch(ctx, t.set, d)
		if err == nil {
			db, drop = made, dropMade
		}
		return made, err
	}
	report, err = r.Stepwise(ctx, test)
	a.running.Store(false)
	a.display.close()
	return report, err
}
