package main

const dataText = `A data migration changes rows, of which there may be millions, while programs use
them. It runs in chunks, each a short transaction of its own; it can be stopped at any
moment, and goes on where it was.

A backfill in SQL is one statement between two markers. ${chunk} is the condition that
keeps a run of it to its rows; ${chunk r}, where the table has the alias r:

  -- +backfill table=run key=id batch=1000 where='slug IS NULL'
  UPDATE run AS r SET slug = lower(r.name) WHERE ${chunk r};
  -- +backfill end

  table=T                its rows are visited, in the order of a key. The name is as
                         the database has it, without a schema; in quotes, if need be
  key=K, key=A,B         columns that are unique together and never NULL, with an
                         index; the primary key, if left out
  where='…'              a condition; only rows that meet it are visited
  batch=N, max_batch=N   rows of the first chunk, and of any; see --chunk-time below
  inserted=include       goes on as long as rows are added behind it: visit rows
                         whose key comes after the last one that there was
                         at the beginning; they are left alone otherwise
  lock=skip              visit rows that somebody else has locked last, in the place
                         of waiting for them; lock=none locks no rows. SQLite has none
  uncounted              do not count the rows beforehand: there is no percentage then
  name=N                 tells two backfills of the same table apart

In YAML it is an item, in a downgrade as well:

  - backfill: {table: run, statement: "UPDATE run SET … WHERE ${chunk}", no_reverse: true}

Each backfill, chunk, phase and autocommit section commits what ran before it. What a
session has does not outlast that: SET and set_config are taken back, which lint warns
of, and a file that uses a temporary table behind the commit is refused.

What a plan cannot know, a Go plugin computes row by row: see sdk.Backfill.

Before:  sandpiper plan --effects     what it does to rows, in a transaction that is
                                      rolled back: it takes twice as long as the
                                      upgrade, and on PostgreSQL others wait that
                                      long to write to these tables
         sandpiper lint               what it would lock
Run it:  sandpiper upgrade
         --chunk-time 200ms           how long a chunk should take: chunks grow and
                                      shrink accordingly, and when they wait for locks
         --max-rate 5000              rows a second at most
         --max-lag 2s                 wait while replicas are further behind; only
                                      members of pg_monitor can see that. One that is
                                      gone for 30 s ends the run
Watch:   sandpiper progress           from another terminal
         sandpiper current            after it was stopped
After:   sandpiper report -o report.html

Ctrl-C, a kill or a lost connection end it after the last chunk that is committed: call
upgrade again, and it goes on behind that one. Every row is worked on exactly once. Where
the file was changed meanwhile, upgrade refuses until it is told what to do: --checkpoint
accept goes on from where it was, which history --ledger tells, and --checkpoint restart
visits all rows again, as it does where nothing was changed. Where a column of the key has
got another type or collation, or the collation another version (by an update of the
server's libraries), there is only the latter, or to have it as it was. On PostgreSQL a role that row security holds for
runs no backfill: it would leave out the rows that it cannot see.

--max-rate and --max-lag hold for the run that is given them. Give them again to go on:
a warning tells where they are missing, and "progress" what they were.

Phases part what old programs can live with from what only new ones can, so that
both run for a while. In SQL a marker "-- +phase expand" begins one, in YAML an item:

` + dataExample + `
A column of a sync that is not just what its counterpart is has an expression over the
other side in the place of its name: new: [{column: title, from: "lower(name)"}]. On
PostgreSQL triggers fire in the order of their names, and the sync's, zz_…, have to see
what others make of a row: where one BEFORE … FOR EACH ROW comes behind, no sync is made.

A day with it:

  sandpiper upgrade --phase expand    before the new program starts
  sandpiper upgrade --phase backfill  while both run: the sync keeps the columns in step
  sandpiper upgrade                   when the old program is gone

The phases are expand, backfill and contract, in this order, each once at most. What
stands above backfill or contract, where it is the first one, is of expand; nothing
stands above expand. With --phase the run ends where a later phase
begins; "current" says where, "plan --phase" beforehand. A migration without phases
runs whole, whatever --phase says, and what comes after one that waits waits as well: a
release has one migration with phases at most, and it comes last.

From a phase that is done there is no downgrade: finish the upgrade, and downgrade then;
or undo by hand what the phases did, and say "sandpiper repair --abandon".`

// dataExample is the migration that testdata/script/data_help.txtar runs.
const dataExample = `  upgrade:
    - phase: expand
    - add_column: {table: run, column: {name: title, type: text}}
    - create_sync: {table: run, old: [name], new: [title]}
    - phase: backfill
    - backfill: {table: run, statement: "UPDATE run SET title = name WHERE ${chunk}"}
    - phase: contract
    - drop_sync: {table: run, was: {old: [name], new: [title]}}
    - drop_column: {table: run, name: name}
  downgrade:
    - add_column: {table: run, column: {name: name, type: text}}
    - backfill: {table: run, statement: "UPDATE run SET name = title WHERE ${chunk}"}
    - drop_column: {table: run, name: title}
`
