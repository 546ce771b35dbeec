// Package tabletext reads and edits the text of CREATE TABLE statements as
// SQLite keeps them in sqlite_schema.
//
// [Parse] finds the columns, the constraints and the options of a table, each
// with the bytes it is written in. The edits ([Table.AddColumn],
// [Table.SetNotNull] and so on) return a new text in which these bytes alone are
// changed: names, quotes, comments and white space around them stay to the
// letter. An edited text is parsed anew for the next edit.
//
// The grammar is SQLite's own (https://sqlite.org/src/file/src/parse.y), with
// what it lets pass: strings as names, types of any number of words, constraints
// without commas between them, names of constraints that no constraint follows.
// Parse may accept what SQLite would refuse; a text from sqlite_schema it has
// accepted before. Nothing here looks at a database.
package tabletext
