// Package grammar reads SQL as a PostgreSQL server does: with the server's own
// parser (version 17), which runs as WebAssembly. It is the only importer of that
// parser, and knows no database.
//
//	text ─ depth ─ parser ─ JSON ─ Node, a tree ─ protocol buffers ─ parser ─ text
//
// A Node is what the server's header files call it ("AlterTableStmt", with the
// fields "relation" and "cmds"), so their comments are its documentation:
// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/nodes/parsenodes.h.
//
// A tree can be changed, and Deparse writes it as SQL again. What its nodes may
// hold is in schema.txt, from the parser's own types; a tree with anything else in
// it is an error.
//
// The first call compiles the parser, which takes a second or two; each one after
// it some ten microseconds. The parser's stack is small, and what overflows it does not
// always end: so what nests deeper than a person would write is refused before the
// parser sees it, and a parser that has failed is not asked again.
package grammar
