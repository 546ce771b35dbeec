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
package imports
