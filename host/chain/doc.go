// Package chain holds what Sandpiper knows of revisions before it has touched
// a database: how a migration file reads, how revisions hang together, and
// which of them a command means.
//
// Data passes through it in this order:
//
//	file.sql ─ ParseHeader ─→ Revision ─ NewGraph ─→ Graph ─ Plan ─→ []PlanStep
//	         └ Parse ───────→ File: its statements, for those that will run
//
// A file that is applied already is never lexed: ParseHeader reads the comment
// lines at its top and digests the rest. Only what is going to run is parsed.
//
// The lexer (lex.go) knows each database's tokens, and nothing of its grammar.
// The splitter (split.go) cuts a text into statements with it; the adapters use
// Tokens to recognize a statement without a parser.
//
// A File may hold schema operations in the place of SQL: package source makes such
// a one of YAML, with a Header for what stands at its top. Here an operation is a
// document that nobody looks into.
//
// A Graph answers for people too: which revisions a listing means (select.go) and
// where a line divides and comes together (branches.go). Reparent gives a file
// another parent.
//
// What is kept beside the chains is read, compared with them and written here as
// well: the lock file (lock.go), the notes (notes.go), what makes a pair (pair.go),
// and the template of a new file (template.go). What is found wrong is a Problem.
//
// What the package promises:
//
//   - It is pure: standard library only, no files, no clock, no database.
//   - The same revisions give the same graph, order, plan and error, whatever
//     order they come in.
//   - Two files with the same Digest send the same statements: line endings, a
//     byte order mark and white space at the end change neither.
//   - Everything but a template takes time linear in its input (n log n for
//     graphs), without recursion, on hostile input too.
//   - Bad input gets a *ParseError, *GraphError, *TargetError or *UnknownError
//     that names the file and line, or the revisions, and says what to do.
package chain
