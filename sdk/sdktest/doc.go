// Package sdktest runs a plugin's migrations natively, with go test and without
// WebAssembly.
//
// A plugin's own test is in its package main, so its init functions have
// registered the migrations; the test names a database and runs them:
//
//	func TestSlugs(t *testing.T) {
//		db := sqlitetest.Open(t, "CREATE TABLE deployment (…); INSERT …")
//		runner := sdktest.New(db)
//		runner.Upgrade(t)
//		…
//		runner.Downgrade(t)
//	}
//
// The database is a real SQLite database (package sqlitetest) or a [Fake], which
// stands for either dialect, records the statements and gives canned answers.
// [Runner] stands for the host. It follows ABI.md: arguments pass through the
// real codec; an error outside a savepoint dooms the transaction; sections
// commit, and a run that failed after one resumes where it was when the runner
// runs again. What the host would refuse, the runner refuses with the same errno.
//
// Backfills run in chunks of few rows. [Runner.UpgradeCut] and [Runner.CutAfter] cut
// runs short between them, as a kill would; what comes of a migration must not
// depend on it.
package sdktest
