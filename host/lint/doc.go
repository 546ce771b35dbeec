// Package lint finds in migrations what would hurt on deploy: what locks a table
// for long, fails on the rows that are there, breaks the program that still runs,
// or cannot be undone.
//
//	chain ─ File ─┬─ schema operations ─────────────┐
//	              ├─ PostgreSQL: parsed statements ─┼─ change ─ checks ─ Finding
//	              └─ SQLite: tokens ────────────────┘    │
//	                                                 facts, what the chain has made so far
//
// Whatever a migration is written in, it is read as changes, so each rule is
// written once. A chain is read from its first revision, so that it is known what a
// later one finds: the types of columns, which indexes and checks there are. Rules
// are told of in [Rules]; an ignore in the file ([Lint]) or the [Config] silences
// them.
//
// What is not read: the bodies of functions and DO blocks, and modules. The
// grammar of SQLite is no one's but its own: it says itself what it cannot read
// (Config.SQLite), and gives no tree. So its statements are cut into tokens, and what
// is not known by its first words is taken to do no harm.
//
// Nothing here needs a database or changes anything.
package lint
