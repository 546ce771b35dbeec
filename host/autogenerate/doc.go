// Package autogenerate writes migrations from the difference between the schema
// that a database has and the one that is wanted.
//
//	database at head ──────────────────────────────┐
//	schema file, or another database ─ scratch ────┴─ diff.Compare ─ operations ─ text of a file
//	                                                                                   │
//	copy of the schema, in a scratch database ─ upgrade ─ as wanted? ─ downgrade ─ as before?
//
// The operations of the downgrade are the difference between such a copy after the
// upgrade and the schema that was there.
//
// What differs is package diff's to find. This package brings the two schemas
// together, turns the operations into the text of a migration, and runs that
// text, up and down, on a copy of the schema, so that what is written is known
// to lead where it should. Scratch databases and database handles come from
// whoever calls, since only the adapters can make them.
//
// What it promises: the database that is compared is only read; a schema file
// changes nothing but its scratch database in its transaction, and what it does
// outside of that is bounded by the rights of the role alone; what is different in
// the end and not hidden by a filter is told.
package autogenerate
