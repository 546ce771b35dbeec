// Package report keeps the record of a run, and makes a page of it.
//
//	host.Event ─ Recorder ─→ Record ─ JSON, Read ─→ a file
//	host.Entry ─ OfLedger ─→ Record ─ HTML ─→ a page
//
// A Record is what a run did: each migration with its time, its statements and their
// results, the chunks of its backfills, what it logged, its line of the ledger; the
// chain as a picture; and what ended the run. It is bounded: of many statements the
// slowest are kept, of many chunks their sums, and how many others there were is
// counted.
//
// What the package promises: the same record gives the same bytes. The page is whole
// in itself, has no script, loads nothing from anywhere, and says so in its own
// content security policy. All that is not the package's own words is escaped: a
// migration's SQL, name and logs cannot put markup on the page, and what turns the
// direction of writing is shown for what it is. Passwords that a statement sets or a
// URL holds are left out before anything is kept.
package report
