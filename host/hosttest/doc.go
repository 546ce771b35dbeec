// Package hosttest is the suite that every dialect must pass.
//
// A dialect is an implementation of host.Database. What the engine relies on is
// written in the comments of package host, and checked here, on real databases:
// a dialect's own test calls [TestDatabase] with a [Harness], which says how to
// get a fresh database and how the few things that differ between databases are
// spelt. A behaviour that the engine comes to rely on starts here.
//
// What the suite looks at is what a runner can see: what a second connection
// finds in the tables and in the ledger, which errors come, and who waits for
// whom. The Harness hands it databases; it needs no other way in.
//
//	ledger.go        reading, creating, recording, history, reset
//	transactions.go  commit, rollback, cancelling, foreign keys
//	contention.go    fences, several runners at once
//	savepoints.go    savepoints
//	statements.go    values, affected rows, errors
//	rows.go          rows, batches of parameters
//	sections.go      progress, statements outside transactions
//	loads.go         bulk loads
//	streams.go       results and rows larger than memory
//	operations*.go   schema operations there and back, refusals, failures
//	million.go       benchmarks of reading, updating and loading
//	programs.go      two programs that write while columns are kept in step
//
// The suite waits for events, never for time, so it can't be hurried or slowed
// into another result. Where a dialect may choose (put off sending a statement,
// refuse a lock or wait for it) the suite accepts all that package host allows.
package hosttest
