package main

import "github.com/spf13/cobra"

// topics are pages of help that belong to no one command.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "targets", Short: "How to name a revision", Long: targetsText},
		{Use: "autogenerate", Short: "How migrations are written from a wanted schema", Long: autogenerateText},
		{Use: "data", Short: "How rows are changed in chunks, and in phases", Long: dataText},
		{Use: "plugins", Short: "How modules of others are run, and shipped", Long: pluginsText},
		{Use: "trust", Short: "Who signed a module, and who is trusted", Long: trustText},
		{Use: "config", Short: "What sandpiper.toml and the environment say", Long: configText},
		{Use: "json", Short: "What --json prints", Long: jsonText},
		{Use: "exit-codes", Short: "What the exit code says", Long: "The exit codes:\n\n" + exitCodesText},
	}
}

const targetsText = `A TARGET says how far to go:

  heads           the newest revision of every line (upgrade's default)
  head            the newest revision, where there is one line with one head
  base            before the first revision
  +2, -1          so many revisions on or back from where the line main is, or the
                  only line there is
  9725c1cbee35    a revision, or the beginning of its id if only one fits
  acme@head       the head of the line "acme"; also acme@base, acme@-1
  reports         the revision with the branch label "reports"
  reports@head    the head of that branch; also reports@base, reports@+1`

const configText = `sandpiper.toml holds what does not change from call to call. It is read from
the current folder, else from the folder of --dir; --config names another file.
Relative paths in it are relative to the file. An unknown key is an error.

  database = "postgres://app:${DB_PASSWORD}@localhost/app"
                             # ${NAME} is taken from the environment
  dir = "migrations"         # folder with versions/, or one .wasm module
  lock_wait = "5m"           # wait so long for another runner (default: no limit)
  lock_timeout = "4s"        # how long a statement may wait for a lock of the
                             # database before the migration is tried again
  time_limit = "1h"          # stop a migration that takes longer (default: no limit)
  allow_changed = false      # go on although an applied file has changed

  [naming]                   # of indexes and constraints of schema operations
                             # that have no name; these are the defaults
  primary_key = "pk_{table}"
  unique      = "uq_{table}__{columns}"
  foreign_key = "fk_{table}__{columns}__{referenced}"
  check       = "{name}"     # what completes the name of a check
  exclude     = "ex_{table}__{columns}"
  index       = "ix_{table}__{columns}"
  sync        = "sync_{table}__{columns}"  # of what keeps columns in step

  [lint]                     # off, warning or error, by rule; the rules are
  drop-table = "off"         # those of "sandpiper lint --rules"
  rebuild = {sqlite = "error"}  # for one dialect alone

  [schema]                   # what is wanted; see sandpiper help autogenerate
  postgresql = "schema/postgresql.sql"   # a .sql or .hcl file, or a URL
  sqlite     = "schema/sqlite.sql"
  filters_off = []           # names of default filters

  [schema.databases]         # to compare, of the dialect that database is not
  postgresql = "postgres://app@localhost/app"

  [plugins.acme]             # a module of somebody else's, and what it may do
  module = "plugins/acme.wasm"  # "sandpiper plugin add" writes it, and [trust.NAME];
                             # see sandpiper help plugins
  [capabilities]             # what a module asks for that is built from this folder

  [[schema.ignore]]          # a rule: what all its keys fit is left out
  rule = "the archive"       # its name, shown with what it hides
  table = "archive_*"        # the table and what is in it; kind, name, dialect
                             # and action (add, drop, modify, rename) as well

A flag wins over the environment, the environment over the file:

  SANDPIPER_DATABASE         the database URL
  SANDPIPER_KEY_PASSWORD     of the secret key that signs; see sandpiper help trust
  NO_COLOR                   if set, no colours

Beside versions/ lie, for people and for git:

  MIGRATION-NOTES.md         an entry for each migration; see sandpiper help notes
  sandpiper.lock             digests of all revisions; see sandpiper help rehash
  templates/                 of new migrations; see sandpiper help revision

With no setting at all the database is sqlite:sandpiper.db, and Sandpiper says so.

  sqlite:PATH                a file, made if it is not there
  sqlite::memory:            a database in memory, gone when the command ends
  postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=…
                             as libpq has it, PG* variables and ~/.pgpass included`

const jsonText = `With --json a command prints exactly one JSON document to stdout, whatever
happens:

  {
    "sandpiper": 1,             the version of this shape
    "command": "upgrade",
    "ok": true,                 whether the exit code is 0
    "database": "sqlite:app.db",  without its password
    "data": {…},                the result, by command
    "error": {…}                only where ok is false
  }

error:

  message                       what went wrong
  kind                          usage, chain, target, module, trust, denied,
                                migration, database, changed, unknown, pending,
                                locked, behind, ahead, problems, declined, build,
                                differs, schema, interrupted or other
  revision, file, line          where, as far as it is known
  statement, sql, position      which statement, counted from 1, its text, and the
                                character in it
  code, hint                    the database's
  grant                         that a plugin lacked, as a line of sandpiper.toml
  state                         what state the database is in
  next                          what to do
  applied                       revisions applied by this call before it failed

data:

  upgrade, downgrade, stamp, reset
              applied: [entry], heads: {line: [id]}; files: [path] with --report
              and --record; paused: {revision, line, slug, phase, next, behind}
              with --phase
  current     dialect, lines: [{line, heads, want, behind, unknown}],
              pending: [{revision, line, direction, committed, phases_done,
              phase, phase_begun}]
  plan        direction, target, steps: [revision + resumes, commits,
              phases: [{phase, state}]], waiting as steps,
              statements: [{step, sql, params, rows, autocommit, not_run, backfill}]
  history     dialect, revisions: [revision + applied]; entries: [entry] with --ledger
  heads       dialect, heads: [revision]
  branches    dialect, lines: [{line, bases: [revision], joins: [revision],
              forks: [revision + children], heads: [revision],
              labels: [{label, revision, revisions, heads}]}]
  graph       dialect, format, file or drawing, revisions: [revision + state]
  show        revision + state, applied, changed, pair, run: entry
  dump        dialect, heads: {line: [id]}, objects, unwritten: [name], sql, or
              file and changed
  verify      revisions, applied, problems: [problem], hints: [text]; with FILE.wasm
              modules: [{file, name, line, version, digest, signer, key, comment,
              fault, message, next}]
  lint        revisions, modules: [file], findings: [finding], notes: [text];
              rules: [rule] with --rules
  report      outcome, migrations, file or page
  wait        server, waited_ms
  init        files: [path]
  revision    slug, revisions: [revision], files: [path]; with --autogenerate
              dialects: [comparison]
  check       dialects: [comparison]
  merge       revisions: [revision], files: [path]
  rebase      moves: [revision + was, heads]
  test        dialects: [{dialect, applied, tested, irreversible, untested, seeds,
              findings: [{revision, line, slug, file, stage,
              differences: [{kind, name, table, what, lacks, has}],
              losses: [{table, had, has, changed}], error}]}]
  notes       file, added: [slug], moved: [slug], problems: [problem]
  rehash      lock: path, entry, changes: [{where, dialect, revision, was, now,
              file, applied}]
  repair      faults: [problem + mend, next], repaired,
              entries: [entry], files: [path]
  import      tool, dialect, dir, files: [path],
              revisions: [{revision, version, from, file, plugin}],
              notes: [{file, line, text}]
  build       output, size, digest, revisions
  inspect     file, size, digest, manifest, imports, exports, memory_kib,
              memory_max_kib, allows: [text], refused,
              signature: {signer, key, unknown, refused}
  keygen      secret, public, key, id, encrypted
  sign        file, signature, key, statement, changed
  trust       keys: [{name, key, id, revoked, plugins}]; file, changed
  plugin add, plugin update
              plugin, reasons: [text], files: [path]
  plugin list plugins: [plugin]
  plugin remove
              line, dropped: [{kind, name}], files: [path]
  audit       runs: [entry], problems: [problem], remarks: [text]
  version     version, abi, go, os, arch

  revision    revision, line, dialect, slug, revises, depends_on, labels, created,
              irreversible, digest, source
  entry       id, revision, line, action, slug, started, duration_us, digest,
              module, seed, runner, reason; of a plugin signer, grants, fuel
  problem     rule, revision, file, line, message
  finding     rule, severity, dialect, revision, file, line, column, message, why,
              instead
  rule        name, dialects, severity, why, instead
  plugin      line, name, version, module, digest, signer, key, unknown, revisions,
              grants, allows: [text], lacks: [text], unused: [text], role, refused
  comparison  dialect, database, schema, changes, unwritten, hidden, no_way_back,
              left, left_back: [{action, kind, table, name, text, destroys,
              reason, filter}]

Times are RFC 3339 in UTC. Fields that are empty may be left out; fields may be
added. Progress and warnings go to stderr.`
