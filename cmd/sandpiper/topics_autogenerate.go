package main

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
)

func autogenerateText() string {
	return strings.ReplaceAll(autogenerateTemplate, "FILTERS", "  "+strings.Join(autogenerate.FilterNames(), "\n  "))
}

const autogenerateTemplate = `"sandpiper revision --autogenerate -m MESSAGE" compares the schema of the database
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

A file is run in a scratch database, and touches nothing else: in memory for
SQLite, on the server of the database that is compared for PostgreSQL.

The database has to be at head: what it lacks would be written a second time.
--database names the one of its dialect. For the other dialect it is the one in
[schema.databases]; without one the chain of SQLite is applied to a database in
memory, as --replay does for both. --dialect leaves the other out.

Before the files are written the migration is run on a copy of the schema, up and
down, and what is not as wanted in the end is told. Read the migration in any case:
it knows two schemas, and not what the rows in between need. What destroys data is
marked. A renamed table or column looks like one that is gone and another that has
come. On a terminal it is asked about; --rename OLD:NEW (a table) and
--rename TABLE.OLD:NEW (a column of the table that is called so now) say it.

Some differences are left out; -v lists them with the rule that hid each. Rules
come from [[schema.ignore]] in sandpiper.toml (see "sandpiper help config") and, after
these, from the default filters, which filters_off turns off by name:

FILTERS

--format yaml, the default here, writes schema operations; --format sql writes the
statements that these send. On SQLite statements that make a table anew copy its
rows, and do not compare them as the operation does.

The text comes from templates/autogenerate.FORMAT.tmpl beside versions/, else from one
that is compiled in: ${upgrade}, ${downgrade} and ${remarks} are what was found.`
