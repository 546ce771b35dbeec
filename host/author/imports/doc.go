// Package imports turns a folder of another tool's SQL migrations into
// Sandpiper's layout, and adopts a database that the other tool has run.
//
//	fs.FS ─ reader of the tool ─ steps in the tool's order ─ rewrite ─ Import ─ Write
//	database ─ the tool's own table ─ Recorded ─ the chain's ids ─ Adopt
//
// A tool is one file that knows its names and markers and nothing else: it says
// which versions there are, in which order, what SQL each direction runs, and
// what runs outside of a transaction. Everything after that is the same for all.
//
// What it promises:
//
//   - A version has the same id wherever and whenever it is imported, so that a
//     database finds its place from the versions that the tool has recorded.
//   - SQL is carried over as it is, comments included. The tool's markers go, and
//     so do statements that begin or end a transaction, which is the runner's.
//   - What cannot be carried over is told, and holds its place in the chain with
//     the skeleton of a plugin, which refuses to run before it is written.
//   - Write writes over nothing, and writes everything or nothing.
//
// # Versions
//
// A version becomes an id by a hash of the tool's name and the version, and Alembic's own ids stay.
// So the same folder gives the same chain on every machine, and stamp --from-existing needs no
// table of what was imported as what: it hashes what the tool has recorded and looks the ids up in
// the chain.
//
//   - Flyway's repeatable migrations become the last revisions and run once. Leaving them out would
//     give a new database no views; running them again when they change is what a new revision is for.
//   - BEGIN and COMMIT in a file go, since the runner owns the transaction. Where one ends and another
//     begins in mid-file, an empty autocommit section stands between the two, so that what was
//     committed apart still is: a new value of an enum has to be.
//   - SQL with placeholders is not guessed at. Like a step in Go or Java it becomes the skeleton of a
//     plugin, which fails until it is written; before it is built, the chain has a hole and nothing
//     runs.
//   - A database is stamped with the newest recorded version only if everything before it is recorded
//     too. A gap, a dirty flag or an unknown newer version is a question for a person, and nothing is
//     stamped.
//   - numbered is no tool. pop, popx and most home-made runners number their files so.
package imports
