// Package host is the engine of Sandpiper: it plans which revisions a database
// needs, takes the lock, runs each migration as a guest, and writes the ledger.
//
// What flows through it:
//
//	fs.FS ─ catalog ─ chain.Graph ─ Plan ─ for each Step:
//	    lock and transaction (Database) ─ guest (Sandbox) ─ ledger ─ commit ─ Event
//
// The package holds the vocabulary of the runner and no adapter: a Database is
// given to it by package postgres or sqlite, a Sandbox by package sandbox. The
// guest talks to a session, which implements Calls: it decides what runs in
// which transaction, what is recorded, and what a resumed migration may skip.
//
// A schema operation says what changes and leaves the SQL to the dialect: the
// session puts operations on one table together and hands them to Conn.Apply, and
// opens the section that one needs which has to be committed by itself (schema.go).
//
// A plugin is a module of somebody else's, and a line of the same graph. Its steps
// run on a connection that is confined to its grants, in a Worker's process where
// there is one (confined.go, work.go). What its walls refuse reaches the guest as
// the answer of that call, and the run as a *RefusedError.
//
// What it promises:
//
//   - A migration and its line in the ledger commit together or not at all. A
//     migration with sections commits section by section, each with its record,
//     and a later run goes on behind the last one.
//   - Two runners never apply the same revision: the heads are checked inside
//     each transaction, under the lock. A runner that finds the database moved
//     on plans anew; one that finds the lock taken waits.
//   - Cancelling the context rolls back and releases the lock.
//   - Nothing of a plugin runs unconfined: not in a rehearsal, not in a test.
//   - Modules that are already applied are never compiled, and a run that has
//     nothing to do takes no lock.
//
// What it tells: Config.OnEvent gets each Event, Config.Logger what matters of them. Spans
// and counters of OpenTelemetry go to the global providers, which a program sets up or
// leaves out: the spans "sandpiper upgrade" (or "downgrade"), "sandpiper migration",
// "sandpiper section" and "sandpiper backfill", each within the one before; the counters
// sandpiper.migrations.applied, sandpiper.migrations.failed, sandpiper.statements,
// sandpiper.rows.visited, sandpiper.chunks and sandpiper.throttled (seconds), and the
// histogram sandpiper.chunk.duration (seconds).
package host
