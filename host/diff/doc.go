// Package diff compares the schema a database has with the one that is wanted
// and says which schema operations lead from one to the other.
//
//	a side ── catalogs, or the texts SQLite keeps ── model ─┐
//	                                                        ├─ changes ─ filters ─ operations, in order
//	a side ── catalogs, or the texts SQLite keeps ── model ─┘
//
// A model is a schema in the words of package sdk/schema; what that has no word
// for is kept beside it as text, so that it is compared as well. Two models that
// are equal come of schemas that nobody who uses them could tell apart, and the
// proof of it is that host.CompareObjects says so: what it finds and no
// operation explains is in Result.Unwritten.
//
// Operations are in an order that runs. What uses a thing that changes goes
// before and comes again after: foreign keys of a key that changes, views and
// triggers over a column whose type changes.
//
// What no operation says is written as SQL where that loses nothing: on SQLite
// a table whose conflict clauses change is made anew, as SQLite's documentation
// describes (https://sqlite.org/lang_altertable.html#otheralter).
//
// A schema written in HCL is read by Atlas (ariga.io/atlas), which only this
// package imports, and built in a scratch database to be compared like any other.
package diff
