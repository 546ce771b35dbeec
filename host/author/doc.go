// Package author writes files for people: the start of a project of migrations,
// each further migration, its entry in the notes and its lines in the lock file.
//
//	Draft ─ parents, ids, time ─→ revisions ─ template ─→ files ┐
//	                              └→ notes, lock ───────────────┴→ all, or none
//
// A Merge goes the same way. A rebase changes the parent in the headers of files
// that are there, to the letter what they were besides.
//
// Package imports, below this one, writes what another tool has.
//
// What is in the files is package chain's (templates, notes, lock); this one
// knows where they lie. What it writes is meant to be read and changed. It
// promises never to write over a file that is there unless it is told to, to
// write all of its files or none, and to write the same bytes for the same ids
// and time.
package author
