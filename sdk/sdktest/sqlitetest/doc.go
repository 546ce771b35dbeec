// Package sqlitetest is a real SQLite database, in memory, for the tests of
// plugins: package sdktest runs migrations on it.
//
// It is apart from sdktest so that only tests which want it link a SQLite. It
// treats what crosses as Sandpiper's own SQLite dialect does: a column is of
// type any; a bool becomes an integer; numeric, json, uuid, dates, times and
// intervals become text; text that is not UTF-8 comes back as bytes. Foreign
// keys are not enforced while a migration runs, and checked before each commit.
package sqlitetest
