package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An app is one call of the command line: its streams, its flags, and what it
// has to say in the end.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	flags  flags

	running  atomic.Bool // a migration is under way
	display  *display    // of the run
	parsed   bool        // flags and arguments are in order
	command  string      // for --json
	database string      // for --json, without its password
	data     any         // for --json
}

// flags are those that more than one command has.
type flags struct {
	database     string
	dir          string
	config       string
	json         bool
	quiet        bool
	verbose      bool
	lockWait     time.Duration
	lockTimeout  time.Duration
	timeLimit    time.Duration
	allowChanged bool
	withoutRole  bool
	yes          bool
}

// newRoot returns the whole command line.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "sandpiper",
		Short: "Upgrade databases with migrations that run as sandboxed modules",
		Long: `Sandpiper upgrades databases. Its migrations are SQL files or WebAssembly
modules; each runs in a sandbox, in one transaction, with a line in the
database's own ledger. It works on SQLite and PostgreSQL.

Start with "sandpiper init", then "sandpiper upgrade".`,
		Example: `  sandpiper init
  sandpiper upgrade
  sandpiper upgrade --database postgres://app@localhost/app
  sandpiper current`,
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { a.parsed = true },
	}
	root.Version = versionText()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.CompletionOptions.DisableDefaultCmd = true

	global := root.PersistentFlags()
	global.SortFlags = false
	global.StringVar(&a.flags.database, "database", "", "database `URL`: sqlite:PATH, sqlite::memory: or postgres://…\n(else $SANDPIPER_DATABASE, sandpiper.toml, sqlite:sandpiper.db)")
	global.StringVar(&a.flags.dir, "dir", "", "`folder` with versions/{postgresql,sqlite}, or one .wasm module\n(else sandpiper.toml, ./migrations, the current folder)")
	global.StringVar(&a.flags.config, "config", "", "configuration `file` (else ./sandpiper.toml)")
	global.BoolVar(&a.flags.json, "json", false, "print one JSON document; see: sandpiper help json")
	global.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print results, warnings and errors only")
	global.BoolVarP(&a.flags.verbose, "verbose", "v", false, "print what migrations log and the statements they send")
	_ = root.MarkPersistentFlagFilename("config", "toml")
	_ = root.MarkPersistentFlagDirname("dir")

	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Change a database:"},
		&cobra.Group{ID: groupLook, Title: "Look, and change nothing:"},
		&cobra.Group{ID: groupWrite, Title: "Write and ship migrations:"},
		&cobra.Group{ID: groupOthers, Title: "Run what others wrote:"},
	)
	root.SetHelpCommandGroupID(groupWrite)
	root.AddCommand(
		grouped(groupRun, newUpgrade(a), newDowngrade(a), newStamp(a), newRehash(a), newRepair(a), newReset(a))...)
	root.AddCommand(
		grouped(groupLook, newCurrent(a), newPlan(a), newHistory(a), newHeads(a), newBranches(a), newGraph(a), newShow(a), newDump(a), newVerify(a), newLint(a), newCheck(a), newReport(a), newWait(a))...)
	root.AddCommand(
		grouped(groupWrite, newInit(a), newImport(a), newRevision(a), newNotes(a), newMerge(a), newRebase(a), newTest(a), newBuild(a), newKeygen(a), newSign(a), newCompletion(a), newVersion(a))...)
	root.AddCommand(
		grouped(groupOthers, newInspect(a), newTrust(a), newPlugin(a), newAudit(a))...)
	root.AddCommand(newDocs(a), newWorker(a))
	root.AddCommand(topics()...)
	return root
}

const (
	groupRun    = "run"
	groupLook   = "look"
	groupWrite  = "write"
	groupOthers = "others"
)

func grouped(id string, commands ...*cobra.Command) []*cobra.Command {
	for _, c := range commands {
		c.GroupID = id
		c.Flags().SortFlags = false
	}
	return commands
}

// waitFlag adds the flag of commands that wait for other runners.
func (a *app) waitFlag(f *pflag.FlagSet) {
	f.DurationVar(&a.flags.lockWait, "lock-wait", 0, "how long to wait for another runner (0: without limit)")
}

// runFlags adds the flags of commands that take the lock.
func (a *app) runFlags(f *pflag.FlagSet) {
	a.waitFlag(f)
	f.DurationVar(&a.flags.lockTimeout, "lock-timeout", 0, "how long a statement may wait for a lock of the database\nbefore the migration is rolled back and tried again (0: the default)")
	f.DurationVar(&a.flags.timeLimit, "time-limit", 0, "stop a migration that takes longer (0: no limit)")
	f.BoolVar(&a.flags.allowChanged, "allow-changed", false, "go on although an applied file has changed since")
	a.roleFlag(f)
}

// roleFlag adds the flag of commands that run plugins.
func (a *app) roleFlag(f *pflag.FlagSet) {
	f.BoolVar(&a.flags.withoutRole, "without-role", false, "PostgreSQL: run plugins as the role of the connection, where the server\ngives none for them: their statements are judged, and nothing else holds them")
}

func (a *app) yesFlag(f *pflag.FlagSet, what string) {
	f.BoolVarP(&a.flags.yes, "yes", "y", false, what)
}

// result hands over what the command found or did. text prints it for people;
// with --json the data is printed when the command is over.
func (a *app) result(data any, text func(io.Writer)) {
	a.data = data
	if !a.flags.json {
		text(a.stdout)
	}
}

// say prints a line that is not the result.
func (a *app) say(format string, args ...any) {
	if !a.flags.quiet {
		fmt.Fprintln(a.stderr, printable(fmt.Sprintf(format, args...)))
	}
}

// finish ends the call: it prints the error, or the document, and returns the
// exit code.
func (a *app) finish(err error) int {
	if err == nil {
		if a.flags.json && a.data != nil {
			a.printDocument(nil)
		}
		return exitOK
	}
	if !a.parsed {
		// Cobra found the mistake, in a flag, an argument or a command's name.
		err = usage("see: sandpiper "+strings.TrimSpace(a.command+" --help"), "%s", oneLine(err.Error()))
	}
	f := explain(err)
	switch {
	case a.flags.json:
		a.printDocument(&f)
	case !isReported(err):
		f.print(a.stderr, a.colors(a.stderr))
	}
	return f.exit
}

// arguments checks the number of arguments, and says what they are for.
func arguments(atLeast, atMost int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < atLeast:
			return fmt.Errorf("%s needs %s", cmd.CommandPath(), names)
		case len(args) > atMost && atMost == 0:
			return fmt.Errorf("%s takes no argument, and got %q", cmd.CommandPath(), args[0])
		case len(args) > atMost:
			return fmt.Errorf("%s takes %s and no more, and got %q", cmd.CommandPath(), names, args[atMost])
		}
		return nil
	}
}

// group is a command that does nothing by itself: it shows its help, which is no
// document.
func (a *app) group(cmd *cobra.Command, takes string) error {
	if a.flags.json {
		return usage("see: "+cmd.CommandPath()+" --help", "%s takes %s", cmd.Name(), takes)
	}
	return cmd.Help()
}

// argument returns the first argument, or a default.
func argument(args []string, otherwise string) string {
	if len(args) > 0 {
		return args[0]
	}
	return otherwise
}
