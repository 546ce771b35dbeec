// Package worker runs the steps of plugins in a process of their own, which owns
// its connection to the database and which the system keeps within limits.
//
//	Runner ─ Process.Work ─ greeting, module, orders ─→ stdin   the child: Serve ─ Runner.Work
//	              ↑──────── events, an Entry or an error ─ stdout
//
// The sandbox is a wall inside of a process. What gets past it (a bug in a
// compiler, memory that nobody counts) finds here a process that holds nothing but
// the plugin's module and one connection, has no more memory and processor time
// than it needs, can start no program, and is killed when its time is over. Its
// transaction dies with it, as with any client of the database.
//
// A child works for one plugin and takes its steps one after the other. The
// database's URL and the variables that may hold secrets reach it through its
// standard input: neither its command line nor its environment lists them.
//
// # Limits
//
// The child sets them on itself when it has read who it works for, before it
// reads the module:
//
//	                     Linux                         macOS, BSD      elsewhere
//	processor time       RLIMIT_CPU                    RLIMIT_CPU      -
//	memory               RLIMIT_DATA, RLIMIT_AS        -               -
//	open files           RLIMIT_NOFILE                 RLIMIT_NOFILE   -
//	size of a file       RLIMIT_FSIZE (PostgreSQL)     the same        -
//	core dumps           none                          none            -
//	other programs       none (seccomp, amd64, arm64)  RLIMIT_NPROC    -
//	other rights         PR_SET_NO_NEW_PRIVS           -               -
//	the parent's death   PR_SET_PDEATHSIG, or          the end of      the end of
//	                     the end of its input          its input       its input
//
// The deadline holds everywhere: the parent kills the child, and what it started.
// SQLite's files may grow with the database, so on SQLite the size of a file has
// its limit in the dialect and not here. The umask stays as it is: files that the
// database makes must be like those that it made before.
package worker
