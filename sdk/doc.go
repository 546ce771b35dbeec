// Package sdk is what a migration written in Go imports.
//
// A migration is a plugin: a program with an empty main that is built into a
// WebAssembly module and run by Sandpiper, in a sandbox, against a database it
// never connects to. It registers what it carries when it is initialised:
//
//	func init() {
//		sdk.Register(sdk.Migration{
//			Slug:       "fill_slugs",
//			Created:    "2026-10-04T09:30:00Z",
//			PostgreSQL: sdk.Revision{ID: "5e1f0c0de0a4", Revises: []string{"5e1f0c0de0a3"}},
//			SQLite:     sdk.Revision{ID: "5e1f0c0de1a4", Revises: []string{"5e1f0c0de1a3"}},
//			Upgrade:    fillSlugs,
//		})
//	}
//
//	func fillSlugs(tx *sdk.Tx) error { … }
//
// A handler gets a [Tx]: one transaction, with what the host allows inside it.
// What it does is data for the host (statements, rows, a name of a savepoint)
// and goes through the functions of abi/ABI.md. An error that a handler returns
// fails the migration and rolls back what is not committed; a panic does the
// same, and its message, file and line reach the user as Go prints them.
//
// The package is linked into every plugin, so it is small on purpose: it uses
// no reflection, and neither fmt nor encoding/json (packages json and sha256
// beside it are for what a migration needs of them). A plugin is tested natively,
// with go test and without WebAssembly, through package sdktest: all that a Tx
// does goes through a [Backend], which is the host in a module and a fake or a
// real SQLite database in a test.
package sdk
