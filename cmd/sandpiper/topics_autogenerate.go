package main

const autogenerateText = `"sandpiper revision --autogenerate -m MESSAGE" compares the schema of the database
with the one that is wanted, and writes the migration that leads from the one to
the other, and its downgrade, for every dialect in which something differs.
"sandpiper check" compares and writes nothing.

The wanted schema of a dialect stands in a file of SQL, in a .hcl file of Atlas, or
in another database. sandpiper.toml names it, or --schema:

  [schema]
  postgresql = "schema/postgresql.sql"
  sqlite     = "schema/sqlite.sql"

  --schema schema.hcl                    for all dialects that are compared
  --schema sqlite=schema/sqlite.sql      for one
  --schema postgres://app@localhost/dev  another database

One .hcl file can serve both dialects: an index in it with the comment "dialect:
postgresql" is for that dialect alone. What "sandpiper dump" and pg_dump --schema-only
write can be wanted, too. What a file of SQL does that is not compared, such as GRANT,
INSERT and what it makes in another schema, is told. Where another database is wanted
check needs no scratch database, and so no CREATEDB.

A file is run in a scratch database: in memory for SQLite, for PostgreSQL on the
server of the database that is compared, where the role has to have CREATEDB. What
would change what the databases of that server share, its roles, databases and
tablespaces, is refused and rolled back, in a DO block and a function, too. What SQL
does outside of its transaction is not held, where the role may do it: write files
(COPY in a function), reach other servers (dblink), end other sessions. So compare as
a role that has CREATEDB alone, and never as a superuser with a file that you do not
trust.

The scratch database, sandpiper_scratch_TIME_…, is dropped in the end. What a run that
was killed has left is dropped by a later one of the same role, once it is an hour old.

The database has to be at head: what it lacks would be written a second time.
--database names the one of its dialect. For the other dialect it is the one in
[schema.databases]; without one the chain of SQLite is applied to a database in
memory, as --replay does for both. --dialect leaves the other out.

Before the files are written the migration is run on a copy of the schema, up and
down, and what is not as wanted in the end is told. One that does not run is written
with --untried alone, for you to mend, and says in its head what fails. Read the
migration in any case: it knows two schemas, and not what the rows in between need.
What destroys data is marked. The exit code is 7 where the schema will not be the
wanted one after it.

A renamed table or column looks like one that is gone and another that has come. On
a terminal it is asked about; --rename OLD:NEW says it of a table, and --rename
TABLE.OLD:NEW of a column of the table that is going to be called so. Without a
terminal nothing is written then; --yes takes it for dropped and added.

A migration that no database has yet is taken back so: remove its files, run
"sandpiper rehash --offline --yes", and take its entry out of MIGRATION-NOTES.md.

Some differences are left out; -v lists them with the rule that hid each. The rules
of [[schema.ignore]] in sandpiper.toml (see "sandpiper help config") come first, then
the default filters, which filters_off turns off by name:

  own-tables      Sandpiper's own tables; it cannot be turned off
  other-dialects  an index that the wanted schema of the other dialect declares,
                  and the database has all the same
  direction       an index over expressions that is there under another name and
                  differs by asc and desc alone
  sqlite-methods  GIN, GiST and trigram indexes, on SQLite
  sqlite-enums    a column that is an enum on one side and text on the other, on
                  SQLite

They are about what an upgrade leaves as it is. A downgrade undoes what its upgrade
does, whatever they say, and leaves the rest as it is too.

--format yaml, the default here, writes schema operations; --format sql writes the
statements that these send. On SQLite statements that make a table anew copy its
rows, and do not compare them as the operation does.

The text comes from templates/autogenerate.FORMAT.tmpl beside versions/, else from one
that is compiled in: ${upgrade}, ${downgrade} and ${remarks} are what was found.`
