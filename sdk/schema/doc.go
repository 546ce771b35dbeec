// Package schema is schema operations as data: what a migration changes, said
// once for both dialects. The host renders it: direct DDL on PostgreSQL, and on
// SQLite ALTER TABLE or a rebuild of the table that loses nothing.
//
//	Go plugin ─ sdk.Tx.Apply ─┐
//	YAML file ────────────────┴─ Request ─ Append ─ document ─ Decode ─ Request ─ the dialect
//
// The document is JSON (ABI.md, section 6.4; operations.schema.json beside it).
// Host and guest share this one definition of it: each type lists its fields
// once, and is written, read and described by that list.
//
// What is known of an operation without a database is here as well, and is pure:
// whether a dialect can do it ([Request.Check]), whether it has to commit by
// itself ([Request.Mode]), what undoes it ([Reverse]), and how its constraints
// and indexes are called where nobody says ([Naming]).
//
// A guest links this package, so it uses no reflection, and imports neither fmt
// nor encoding/json.
package schema
