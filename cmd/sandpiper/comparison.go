package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// This file puts together what revision --autogenerate and check compare: for
// each dialect a database at head, and where the wanted schema stands.

// comparisonFlags are the flags that both have.
type comparisonFlags struct {
	schema  []string
	renames []string
	replay  bool
	untried bool // revision --autogenerate alone
}

// comparisonFlagNames are their names, with --yes.
var comparisonFlagNames = []string{"schema", "rename", "replay", "untried", "yes"}

func (f *comparisonFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.schema, "schema", nil, "the wanted schema: `[DIALECT=]FILE|URL`, a .sql or .hcl file or a database\n(else [schema] in sandpiper.toml)")
	_ = cobra.MarkFlagFilename(flags, "schema", "sql", "hcl")
	flags.StringArrayVar(&f.renames, "rename", nil, "what was renamed: a table as `OLD:NEW`, or a column of one as TABLE.OLD:NEW")
	flags.BoolVar(&f.replay, "replay", false, "compare what the chain makes of an empty scratch database, not the database")
}

// A comparing is the comparison of several dialects.
type comparing struct {
	app     *app
	chains  *chains
	set     settings // with the database
	flags   *comparisonFlags
	filters []diff.Filter
	renames []diff.Rename
	wanted  map[chain.Dialect]*autogenerate.Schema
	closers []func(context.Context) error
}

// compare gets ready to compare the dialects: it reads what is wanted.
func (a *app) compare(ctx context.Context, c *chains, f *comparisonFlags, dialects []chain.Dialect) (k *comparing, err error) {
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(set)
	if err != nil {
		return nil, err
	}
	a.database = db.String()
	k = &comparing{app: a, chains: c, set: set, flags: f, wanted: map[chain.Dialect]*autogenerate.Schema{}}
	if k.filters, err = c.config.filters(); err != nil {
		return nil, err
	}
	if k.renames, err = givenRenames(f.renames); err != nil {
		return nil, err
	}
	places, err := givenSchemas(c.config, f.schema, dialects)
	if err != nil {
		return nil, err
	}
	for _, d := range chain.Dialects {
		place, there := places[d]
		if _, _, err := k.url(d); !there || err != nil && !slices.Contains(dialects, d) {
			continue // what the other one declares would be good to know, and is not needed
		}
		if err := k.build(ctx, d, place); err != nil && ctx.Err() == nil && !slices.Contains(dialects, d) {
			a.say("what %s declares is not known to the filter other-dialects: %v", d, err)
		} else if err != nil {
			return nil, uncompared(errors.Join(err, k.close(ctx)))
		}
	}
	return k, nil
}

// givenRenames reads --rename.
func givenRenames(words []string) (renames []diff.Rename, err error) {
	for _, word := range words {
		old, name, ok := strings.Cut(word, ":")
		r := diff.Rename{Old: old, New: name}
		if table, column, dotted := strings.Cut(old, "."); dotted {
			r.Table, r.Old = table, column
			ok = ok && table != ""
		}
		if !ok || r.Old == "" || r.New == "" {
			return nil, usage("for example: --rename note:memo, or --rename memo.body:text", "--rename wants OLD:NEW or TABLE.OLD:NEW, and got %q", word)
		}
		renames = append(renames, r)
	}
	return renames, nil
}

// givenSchemas says where the wanted schema of each dialect stands: of those that
// are compared, and of others where sandpiper.toml says so.
func givenSchemas(config configFile, words []string, dialects []chain.Dialect) (map[chain.Dialect]string, error) {
	places := map[chain.Dialect]string{}
	given := map[chain.Dialect]bool{} // "" is for those that no other is for
	for _, word := range words {
		d, place, err := givenSchema(word)
		switch {
		case err != nil:
			return nil, err
		case d != "" && !slices.Contains(dialects, d):
			return nil, usage("", "--schema is for %s, which is not compared", d)
		case given[d] && d == "":
			return nil, usage("say which is for which: --schema postgresql=FILE --schema sqlite=FILE", "--schema names two files for all dialects")
		case given[d]:
			return nil, usage("", "--schema names two wanted schemas for %s", d)
		}
		given[d] = true
		for _, one := range dialects {
			if d == one || d == "" && places[one] == "" {
				places[one] = place
			}
		}
	}
	for _, d := range chain.Dialects {
		if places[d] != "" {
			continue
		}
		place, err := config.place(config.Schema.of(d))
		if !slices.Contains(dialects, d) {
			if err == nil && place != "" {
				places[d] = place
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if place == "" {
			return nil, usage(fmt.Sprintf("set %s = \"schema.sql\" in [schema] of sandpiper.toml, or say --schema %[1]s=FILE; --dialect leaves the other out", d),
				"it is not said what schema is wanted for %s", d)
		}
		places[d] = place
	}
	return places, nil
}

// schemeLike is how a URL or DIALECT= begins. One letter is a drive of Windows.
var schemeLike = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]+)(://|=)`)

// givenSchema reads --schema: a place, and the dialect that it is for, "" for all.
func givenSchema(word string) (d chain.Dialect, place string, err error) {
	name, place, named := strings.Cut(word, "=")
	if named && slices.Contains(chain.Dialects, chain.Dialect(name)) {
		d = chain.Dialect(name)
	} else {
		d, place = dialectOf(word), word
	}
	begins := schemeLike.FindStringSubmatch(place)
	if begins == nil || dialectOf(place) != "" || isThere(place) {
		return d, place, nil
	}
	if begins[2] == "=" {
		return "", "", usage("a dialect is postgresql or sqlite", "--schema: %q is no dialect, and there is no file %s", begins[1], place)
	}
	return "", "", usage("a database is postgres://… or sqlite:FILE", "--schema: %q is no database that can be compared", begins[1]+"://…")
}

// build makes the wanted schema of a dialect where it can be compared.
func (k *comparing) build(ctx context.Context, d chain.Dialect, place string) (err error) {
	var wanted autogenerate.Wanted
	switch dialectOf(place) {
	case "":
		if wanted, err = autogenerate.ReadFile(place); err != nil {
			return usage("", "%w", err)
		}
	case d:
		if wanted.Database, err = k.openAt(place, "the wanted schema"); err != nil {
			return err
		}
	default:
		return usage("", "the wanted schema of %s is a database of the other dialect", d)
	}
	url, _, err := k.url(d)
	if err != nil {
		return err
	}
	schema, err := autogenerate.Build(ctx, wanted, k.bench(d, url))
	if err != nil {
		return err
	}
	for _, remark := range schema.Remarks() {
		k.app.say("%s", printable(remark))
	}
	k.wanted[d] = schema
	k.closers = append(k.closers, schema.Close)
	return nil
}

func (k *comparing) openAt(url, origin string) (host.Database, error) {
	set := k.set
	set.database, set.origin = url, origin
	return openDatabase(set)
}

// each compares dialect by dialect. about is what a document has before anything
// is compared.
func (k *comparing) each(ctx context.Context, dialects []chain.Dialect, compare func(t autogenerate.Task, about comparisonJSON) (*autogenerate.Comparison, error)) error {
	var all []*autogenerate.Comparison
	for _, d := range dialects {
		t, replayed, err := k.task(ctx, d)
		if err != nil {
			return uncompared(err)
		}
		about := comparisonJSON{Dialect: string(d), Database: t.Database.String(), Schema: t.Wanted.String(), Replayed: replayed, Remarks: t.Wanted.Remarks()}
		if replayed {
			about.Database = ""
		}
		one, err := compare(t, about)
		if err != nil {
			return uncompared(err)
		}
		all = append(all, one)
	}
	return uncompared(autogenerate.Unused(all))
}

// uncompared gives the errors of comparing their kind.
func uncompared(err error) error {
	var (
		standing *autogenerate.StandingError
		file     *autogenerate.FileError
		trial    *autogenerate.TrialError
		rename   *autogenerate.RenameError
	)
	var refused *host.SQLError
	switch {
	case errors.As(err, &refused) && strings.Contains(refused.Hint, "max_locks_per_transaction"):
		return &statusError{exitFailed, kindSchema, "nothing was written; a transaction holds a lock on every table and index that it makes or drops: " +
			"raise max_locks_per_transaction of the server, which then starts anew, or leave a part out with rules in [[schema.ignore]] of sandpiper.toml", err}
	case errors.As(err, &standing) && len(standing.Unknown) > 0:
		return &statusError{exitAhead, kindAhead, "compare with the migrations that the database has, or say --replay", err}
	case errors.As(err, &standing):
		return &statusError{exitBehind, kindBehind, "run `sandpiper upgrade` first, or say --replay", err}
	case errors.As(err, &file):
		return &statusError{exitFailed, kindSchema, "mend the schema file; nothing was written, and no database but a scratch one was touched", err}
	case errors.As(err, &trial) && trial.Format == author.SQL:
		return &statusError{exitFailed, kindSchema, "nothing was written; write --format yaml, or say --untried to write it all the same and mend it", err}
	case errors.As(err, &trial):
		return &statusError{exitFailed, kindSchema, "nothing was written; say --untried to write it all the same and mend it (--format yaml), or leave it out with a rule in [[schema.ignore]] of sandpiper.toml", err}
	case errors.As(err, &rename):
		return usage("without --rename the differences are listed", "%w", err)
	}
	return err
}

// task returns what is to be compared for a dialect, and whether the chain was
// replayed for it.
func (k *comparing) task(ctx context.Context, d chain.Dialect) (t autogenerate.Task, replayed bool, err error) {
	t = autogenerate.Task{Wanted: k.wanted[d], Naming: k.chains.set.naming, Renames: k.renames, Filters: k.filters}
	for other, schema := range k.wanted {
		if other != d {
			t.Elsewhere = append(t.Elsewhere, schema.Indexes()...)
		}
	}
	url, origin, err := k.url(d)
	if err != nil {
		return t, false, err
	}
	t.Bench = k.bench(d, url)
	if url == "" || k.flags.replay {
		t.Database, err = k.replayed(ctx, d, t.Bench)
		return t, true, err
	}
	if t.Database, err = k.openAt(url, origin); err != nil {
		return t, false, err
	}
	return t, false, k.atHead(ctx, d, t.Database)
}

// url returns the URL of the database of a dialect, and who set it. "" is a
// SQLite database that is not there: its chain can be replayed.
func (k *comparing) url(d chain.Dialect) (url, origin string, err error) {
	set, config := k.set, k.chains.config
	if dialectOf(set.database) == d {
		if set.origin == originDefault && !isThere(strings.TrimPrefix(set.database, "sqlite:")) {
			return "", "", nil
		}
		return set.database, set.origin, nil
	}
	if url, err = config.place(config.Schema.Databases.of(d)); err != nil {
		return "", "", err
	}
	switch {
	case url == "" && d == chain.PostgreSQL:
		return "", "", usage(`set postgresql = "postgres://…" in [schema.databases] of sandpiper.toml, name it with --database, or say --dialect sqlite`,
			"there is no PostgreSQL database to compare, or to make a scratch database beside: the database is %s", set.database)
	case url != "" && dialectOf(url) != d:
		return "", "", usage("", "%s: [schema.databases]: the URL of %s is not one of that dialect", config.path, d)
	}
	return url, config.path, nil
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// bench is where schemas of a dialect are tried out. url names a server.
func (k *comparing) bench(d chain.Dialect, url string) autogenerate.Bench {
	set := k.set
	set.database = url
	bench := autogenerate.Bench{
		Scratch: func(ctx context.Context) (host.Database, func(context.Context) error, error) {
			return k.app.scratch(ctx, set, d)
		},
		SQL:     postgres.SQL,
		Sandbox: k.chains.box,
	}
	if d == chain.SQLite {
		bench.SQL = func(db host.Database) (*sql.DB, error) {
			if outer, ok := db.(reachable); ok {
				db = outer.Unwrap()
			}
			return sqlite.SQL(db)
		}
	}
	return bench
}

// replayed returns a scratch database that has every migration of the chain.
func (k *comparing) replayed(ctx context.Context, d chain.Dialect, bench autogenerate.Bench) (host.Database, error) {
	db, drop, err := bench.Scratch(ctx)
	if err != nil {
		return nil, err
	}
	k.closers = append(k.closers, drop)
	plugins, err := k.set.plugins(true) // a role would outlive the scratch database
	if err != nil {
		return db, err
	}
	// Of the plugins, what the project's own migrations depend on.
	r, err := k.runner(d, db, host.Config{Plugins: plugins})
	if err != nil || r == nil {
		return db, err
	}
	for _, g := range k.chains.folder.Graphs {
		for _, line := range g.Lines() {
			if g.Dialect() == d && err == nil {
				_, err = r.Upgrade(ctx, line+"@heads")
			}
		}
	}
	return db, err
}

// atHead sees that a database is at the head of its chain.
func (k *comparing) atHead(ctx context.Context, d chain.Dialect, db host.Database) error {
	r, err := k.runner(d, db, host.Config{Elsewhere: k.set.pluginLines()})
	if err != nil {
		return err
	}
	if r == nil {
		return autogenerate.Unmigrated(ctx, db)
	}
	status, err := r.Current(ctx)
	if err != nil {
		return err
	}
	return autogenerate.AtHead(status)
}

// runner returns a runner of a dialect's chain on a database, nil where the
// chain has no migration yet. cfg says what becomes of plugins.
func (k *comparing) runner(d chain.Dialect, db host.Database, cfg host.Config) (*host.Runner, error) {
	if !slices.ContainsFunc(k.chains.runners, func(r *host.Runner) bool { return r.Graph().Dialect() == d }) {
		return nil, nil
	}
	fsys, root, err := openDir(k.chains.set.dir)
	if err != nil {
		return nil, err
	}
	cfg.Path, cfg.Naming, cfg.LockWait, cfg.TimeLimit = root, k.chains.set.naming, k.set.lockWait, k.set.timeLimit
	return host.NewRunner(fsys, db, k.chains.box, cfg)
}

func (k *comparing) close(ctx context.Context) (err error) {
	for _, drop := range k.closers {
		err = errors.Join(err, drop(ctx))
	}
	return errors.Join(err, k.chains.box.Close())
}
