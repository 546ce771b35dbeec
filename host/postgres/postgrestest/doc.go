// Package postgrestest gives tests and benchmarks a real PostgreSQL server.
//
// URL makes a fresh, empty database for one test and drops it afterwards. The
// server is the one that SANDPIPER_TEST_POSTGRES names, else a private one: it
// is made once per test process from an installed PostgreSQL, in a temporary
// folder, on a free port of the loopback interface, with a random password and
// without fsync. Run as root it runs as an ordinary user, since PostgreSQL
// refuses to run as root. A package whose tests use URL calls Main from its
// TestMain, which stops the server after the last test:
//
//	func TestMain(m *testing.M) { postgrestest.Main(m) }
//
// A test process that dies takes its server with it on Linux (the kernel
// signals the server). Elsewhere, and for the folder itself, the next process
// that starts a server removes what a dead one left: a PostgreSQL server whose
// folder is gone shuts itself down.
//
// A test never skips for want of a server: it fails, and says how to get one.
package postgrestest
