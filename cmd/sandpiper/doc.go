// Command sandpiper upgrades databases with migrations that run as sandboxed
// WebAssembly modules.
//
// It is flags, wiring and rendering around package host and nothing else:
//
//	flags, environment, sandpiper.toml ─ settings.go
//	URL → host.Database, folder → fs.FS, cache → host.Sandbox ─ wiring.go
//	host.Runner ─ one file per subcommand
//	host.Event → display.go, results → output.go, errors → failure.go
//
// What it promises: results go to stdout and everything else to stderr; with
// --json stdout is exactly one document, of one shape; the exit code says what
// happened (exit.go); a password is never printed; it never waits for an answer
// where there is no terminal to give one. The reference, README.md beside this
// file, is written from the commands themselves by "sandpiper docs", and a test
// holds it to them.
package main
