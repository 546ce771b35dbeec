// Package author writes files for people: the start of a project of migrations.
//
// What it writes is meant to be read and changed: plain SQL with comments that
// say what each part is for. It promises never to write over a file that is
// there, to write nothing at all where one is, and to write the same bytes for
// the same ids and time.
package author
