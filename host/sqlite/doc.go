// Package sqlite is the SQLite dialect of Sandpiper: host.Database on a file,
// or in memory, with github.com/ncruces/go-sqlite3.
//
// [Open] takes a URL and makes a Database; nothing is opened yet. Connect opens
// the file if it is there. A file that is not there is an empty database: it is
// created by the first call that has something to write.
//
// # A migration
//
// SQLite's own lock is the runner's lock. Begin is BEGIN IMMEDIATE, which lets
// one writer in at a time, and then checks the fence. A database that is locked
// is waited for until the context is done; that includes programs that are not
// Sandpiper. The lock dies with the process that holds it.
//
// Foreign keys are not enforced while a migration runs, so that tables can be
// rebuilt (https://sqlite.org/lang_altertable.html#otheralter); rows without a
// parent are looked for before the commit and refuse it: in all tables in the first
// and the last transaction of a migration, and in those between only where what was
// done can have made one (touched.go), since a backfill has many. The
// connection is the runner's alone and begins with PRAGMA foreign_keys=OFF;
// what a migration sets is undone. Nothing else of the database is changed: not
// its journal mode, not its page size.
//
// What a migration does to its connection ends with it: after a migration that
// used a PRAGMA, attached a database or made something temporary, the
// connection is opened anew.
//
// A guest's statement is compiled under an authorizer that refuses BEGIN,
// COMMIT, ROLLBACK and savepoints, which are the host's business, and, unless
// [WithOtherFiles] allows it, ATTACH and VACUUM INTO. A statement
// that ends the transaction all the same (ON CONFLICT ROLLBACK, RAISE(ROLLBACK))
// is an error, and what follows is refused.
//
// Statements that can't run in a transaction, in an autocommit section: VACUUM,
// PRAGMA, ATTACH, DETACH. All of them may be repeated, so one that an earlier
// run began and may or may not have finished is run again. Connections forget
// what PRAGMA and ATTACH did: a run that resumes a migration behind them goes on
// without it.
//
// # Values
//
// Columns are of type any, since every value has its own type. What a query
// returns:
//
//	INTEGER  int64
//	REAL     float64
//	TEXT     text; bytes where it is not valid UTF-8
//	BLOB     bytes
//	NULL     null
//
// What a parameter becomes:
//
//	null         NULL
//	int64        INTEGER
//	float64      REAL; a NaN is refused, since SQLite would make it NULL
//	bool         INTEGER, 0 or 1
//	text, json   TEXT
//	bytes        BLOB
//	numeric      TEXT, as it is written: a column of numeric affinity makes a number of it
//	uuid         TEXT, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
//	date         TEXT, '2026-08-09'
//	time         TEXT, '10:11:12.000000'
//	timestamp    TEXT, '2026-08-09 10:11:12.000000'
//	timestamptz  TEXT, the same in UTC
//	interval     TEXT, ISO 8601: 'P1M2DT3.000000S'
//
// The forms are those of SQLite's date functions
// (https://sqlite.org/lang_datefunc.html) and what SQLAlchemy writes, so that
// rows of the program and of its migrations compare. A date outside the years
// 0000 to 9999 and the infinities are refused.
//
// # Schema operations
//
// A change of a table is SQLite's own ALTER TABLE where that does all of it: RENAME,
// ADD COLUMN with a constant default, DROP COLUMN of what nothing is made of, SET
// and DROP NOT NULL, and checks (https://sqlite.org/lang_altertable.html). For
// everything else, and for several columns that are dropped, the table is rebuilt,
// once for all operations in a row: its text in sqlite_schema is edited (package
// tabletext), a table is made of that, filled, and put in the place of the old one.
// Indexes and triggers are made again as they were; rowids, AUTOINCREMENT's last
// number and ANALYZE's statistics stay. Two things of the text are not to the
// letter: SQLite puts the table's name in quotes, and the table's name before a
// column's in a check goes.
//
// A change is proved before the next operation: the rows are compared before the
// old table is dropped, value by value, and afterwards all of sqlite_schema, and
// the columns, keys and foreign keys of the table as SQLite's pragmas have them,
// with what they were and what was asked for. Views and triggers that could be
// compiled before can be compiled still. If not, the migration fails.
//
// The values of enums are in the table sandpiper_enums. The columns of an enum are
// found by their check, called "enum_" and the enum's name; those of a plain enum
// have none and are not found, so that its values change in the list alone.
//
// # A plugin
//
// Conn.Confine puts a wall between a plugin and the connection: in the same
// transaction, under the same lock. Whatever the plugin sends is read, compiled
// under an authorizer that denies what no grant and no list allows, and, if it
// changed the schema, looked at again when it is done, since the authorizer is not
// told everything: not the new name in RENAME TO, not what a view, a foreign key or
// a default refers to, not the tables that NATURAL and USING compare. A change of
// the schema that is refused is undone by itself. There are no triggers, since one
// runs in the statements of others, nothing temporary, no virtual tables, no PRAGMA,
// and no foreign keys to tables of others.
//
// What a view or a trigger of the host's reads for a plugin, the plugin has to be
// granted as well: where SQLite says that something is read "in a view", a WITH
// clause of that name says the same.
//
// A value of a plugin's has at most 256 KiB, a statement as much, whatever the
// database would take: it decides how late a deadline is noticed. LIKE does not use
// an index. A transaction that is late, writes more rows than granted, or brings
// SQLite to the end of its memory is lost; the connection, opened anew, is not.
//
// What a plugin has made is recorded in the table sandpiper_owned.
//
// # This SQLite
//
// It is part of the program, and differs from others in how it was built
// (https://sqlite.org/compile.html): a string in double quotes is an error (DQS=0),
// functions of the host are not for views, triggers and the like unless they are
// innocuous (TRUSTED_SCHEMA=0), LIKE does not match a BLOB, and FTS5 and R*Tree
// are there only where [WithFunctions] adds them. Beside a database in memory,
// ATTACH, where it is allowed, opens files only as 'file:PATH?vfs=os'.
//
// # Rows
//
// Rows are as of when they were asked for, on SQLite as on PostgreSQL: before a
// statement that writes, what is left of open rows is read ahead, into memory and
// then a file (package spool).
//
// A load is an INSERT of one row, compiled once. A numeric of more digits than a
// column of numeric affinity keeps is refused, which a statement's parameter is not:
// nobody knows which column it goes to.
package sqlite
