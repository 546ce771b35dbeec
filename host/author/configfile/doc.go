// Package configfile edits sandpiper.toml the way a person would: one table is
// written, changed or taken out, and every other byte stays as it was, comments,
// order and line endings included.
//
// go-toml's parser says where things are ([Set], [SetKey] and [Remove] cut and
// paste between two of its positions), and its decoder has the last word: a text
// that was edited is decoded again, and has to say what the one before said, but
// for the table. What cannot be edited in this way, such as a table that is
// written as dotted keys, is refused, with the line.
package configfile
