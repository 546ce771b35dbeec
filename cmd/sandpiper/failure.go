package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The kinds of errors in a document: a closed set, for programs to switch on.
const (
	kindUsage       = "usage"       // the call or the configuration
	kindChain       = "chain"       // the migrations do not make a chain, or a file is malformed
	kindTarget      = "target"      // the target names no revision, or several
	kindTrust       = "trust"       // a plugin is not what was added: its module, its signature or its grants
	kindDenied      = "denied"      // a plugin did what it is not granted
	kindModule      = "module"      // a .wasm file is malformed, or needs another version
	kindMigration   = "migration"   // a migration failed
	kindDatabase    = "database"    // the database cannot be reached or used
	kindChanged     = "changed"     // an applied file has changed
	kindUnknown     = "unknown"     // the database has a revision that the chain lacks
	kindPending     = "pending"     // a migration is half done
	kindLocked      = "locked"      // another runner holds the lock
	kindBehind      = "behind"      // current --check, or a database that has to be at head
	kindAhead       = "ahead"       // the same
	kindDiffers     = "differs"     // check: the schema is not the wanted one
	kindSchema      = "schema"      // the wanted schema cannot be made, or what leads to it does not run
	kindProblems    = "problems"    // verify, notes, test, repair, lint
	kindDeclined    = "declined"    // the answer was not yes
	kindBuild       = "build"       // a module cannot be built
	kindInterrupted = "interrupted" // Ctrl-C or SIGTERM
	kindOther       = "other"       // anything else, such as a file that cannot be written
)

// A failure is an error as people and programs get it: what failed, where,
// what state the database is in, and what to do next.
type failure struct {
	Message   string   `json:"message"`
	Kind      string   `json:"kind"`
	Revision  string   `json:"revision,omitempty"`
	File      string   `json:"file,omitempty"`
	Line      int      `json:"line,omitempty"`
	Statement int      `json:"statement,omitempty"` // 1-based number within the migration
	SQL       string   `json:"sql,omitempty"`
	Position  int      `json:"position,omitempty"` // 1-based character in sql
	Code      string   `json:"code,omitempty"`     // SQLSTATE, or SQLite's name of the result code
	Hint      string   `json:"hint,omitempty"`     // the database's
	Grant     string   `json:"grant,omitempty"`    // that was missing, as a line of sandpiper.toml
	State     string   `json:"state,omitempty"`    // of the database
	Next      string   `json:"next,omitempty"`
	Applied   []string `json:"applied,omitempty"` // revisions that this call applied before it failed

	exit  int
	head  string // what failed, for the first line
	stack string
}

// explain makes a failure of any error.
func explain(err error) failure {
	f := failure{Message: err.Error(), Kind: kindOther, exit: exitFailed}
	var run *host.RunError
	if errors.As(err, &run) {
		f.ofRun(run)
	}
	var sql *host.SQLError
	if errors.As(err, &sql) {
		if f.Kind == kindOther {
			f.Kind = kindDatabase
		}
		f.Code, f.Position, f.Hint = sql.Code, sql.Position, sql.Hint
		if f.SQL == "" {
			f.SQL = sql.SQL
		}
	}
	var guest *host.GuestError
	if errors.As(err, &guest) {
		f.stack = guest.Stack
	}
	f.ofKind(err)
	var status *statusError
	if errors.As(err, &status) {
		f.exit, f.Kind = status.code, status.kind
		if status.next != "" {
			f.Next = status.next
		}
	}
	if errors.Is(err, context.Canceled) {
		f.Kind, f.exit, f.Message = kindInterrupted, exitInterrupted, "interrupted"
	}
	return f
}

// ofRun takes over where a run stopped.
func (f *failure) ofRun(e *host.RunError) {
	f.Kind = kindMigration
	f.Revision = e.Failed.Key.String()
	f.File, f.Line = e.Source, e.Line
	f.Statement, f.SQL = e.Statement, e.SQL
	f.State, f.Next = e.State, e.Next
	f.Message = e.Err.Error()
	f.head = fmt.Sprintf("%s of %s failed", e.Direction, title(f.Revision, e.Failed.Slug))
	if errors.Is(e, context.Canceled) {
		f.head = fmt.Sprintf("%s of %s was interrupted", e.Direction, title(f.Revision, e.Failed.Slug))
	}
	if errors.Is(e, host.ErrLocked) {
		f.head = fmt.Sprintf("gave up waiting for the %s of %s; nothing failed", e.Direction, title(f.Revision, e.Failed.Slug))
	}
	for _, entry := range e.Applied {
		f.Applied = append(f.Applied, entry.Key.String())
	}
}

// ofKind sorts the errors that are known by their type.
func (f *failure) ofKind(err error) {
	var (
		edited       *host.EditedError
		changed      *host.ChangedError
		pending      *host.PendingError
		irreversible *host.IrreversibleError
		parse        *chain.ParseError
		graph        *chain.GraphError
		schemaFile   *autogenerate.FileError
		target       *chain.TargetError
		unknown      *chain.UnknownError
		notWasm      *wasmfile.NotWasmError
		format       *wasmfile.FormatError
		abiVersion   *wasmfile.ABIError
		wrong        *wasmfile.InterfaceError
		manifest     *abi.MalformedError
		refusal      *policy.Refusal
		untrusted    *trust.Error
		refused      *refusedError
	)
	if in := host.InTheWay(err); in != "" && f.Next == "" { // of a purge: that of a run says it
		f.Next = fmt.Sprintf("drop or change %s first", in)
	}
	switch {
	case errors.As(err, &refusal):
		f.Kind, f.Grant = kindDenied, refusal.Needs
		if f.Position == 0 {
			f.Position = refusal.At
		}
		if refusal.Needs != "" {
			f.Next = fmt.Sprintf("to allow it, bring %s into [plugins.%s] of sandpiper.toml, and run `sandpiper plugin update %s`", refusal.Missing(), refusal.Line, refusal.Line)
		}
	case errors.As(err, &refused):
		f.Kind, f.exit, f.Next = kindTrust, exitProblems, refused.next
	case errors.As(err, &untrusted):
		f.Kind, f.exit, f.Next = kindTrust, exitProblems, untrusted.Next
	case errors.Is(err, host.ErrLocked):
		f.Kind, f.exit = kindLocked, exitLocked
		f.Next = cmp.Or(f.Next, "wait until it is done, or raise --lock-wait")
	case errors.As(err, &edited):
		f.Kind, f.exit = kindChanged, exitProblems
		f.File = edited.Edited[0].Revision.Source
		f.Next = fmt.Sprintf("put the file back and write a new migration for the change; if the edit is meant, run `sandpiper rehash %s --reason …`, or say --allow-changed",
			edited.Edited[0].Revision.Key)
		f.Revision = edited.Edited[0].Revision.Key.String()
	case errors.As(err, &changed):
		f.Kind = kindChanged
	case errors.As(err, &pending):
		f.Kind, f.Revision = kindPending, pending.Pending.Key.String()
		f.Next = fmt.Sprintf("finish it first: `%s`", pending.Pending.Command())
		_, phased := pending.Pending.Phases()
		switch {
		case phased && pending.Known:
			f.Next = fmt.Sprintf("finish it with `sandpiper upgrade`, and downgrade then; or undo by hand what its phases did so far, and give it up with `sandpiper repair --abandon %s --reason …`", pending.Pending.Key)
		case !pending.Known:
			f.Next = fmt.Sprintf("these migrations do not have it: finish it with the ones that began it, or give it up with `sandpiper repair --abandon %s --reason …`", pending.Pending.Key)
		}
	case errors.As(err, &irreversible):
		f.Kind, f.Revision, f.File = kindTarget, irreversible.Revision.Key.String(), irreversible.Revision.Source
		f.Next = "nothing was changed; restore a backup, or write a new migration that undoes it"
	case errors.As(err, &target):
		f.Kind, f.exit = kindTarget, exitUsage
	case errors.As(err, &unknown):
		f.Kind, f.Revision = kindUnknown, unknown.Keys[0].String()
		f.Next = fmt.Sprintf("if it is gone for good: sandpiper repair --forget %s --reason …", f.Revision)
		if lost := unknown.OfPlugin(); len(lost) > 0 {
			f.Revision = lost[0].String()
			f.Next = fmt.Sprintf("bring back the module of plugin %s that has %s: `sandpiper plugin update %s FILE.wasm`", unknown.Plugin, f.Revision, unknown.Plugin)
		}
	case errors.As(err, &parse):
		f.Kind, f.File, f.Line = kindChain, parse.Path, parse.Line
	case errors.As(err, &schemaFile):
		f.Kind, f.File, f.Line = kindSchema, schemaFile.File, schemaFile.Line
	case errors.As(err, &graph):
		f.Kind, f.File, f.Revision = kindChain, graph.Path, graph.Key.String()
	case errors.As(err, &notWasm), errors.As(err, &format), errors.As(err, &abiVersion),
		errors.As(err, &wrong), errors.As(err, &manifest), errors.Is(err, wasmfile.ErrNoManifest):
		f.Kind = kindModule
	}
}

// print prints the failure for people.
func (f failure) print(w io.Writer, colors bool) {
	bold := func(s string) string { return s }
	if colors {
		bold = func(s string) string { return text.Colors{text.FgRed, text.Bold}.Sprint(s) }
	}
	head, message := f.head, f.Message
	if head == "" {
		head, message = message, ""
	}
	fmt.Fprintf(w, "%s %s\n", bold("error:"), under("       ", printable(head)))
	f.field(w, "where", f.place())
	if f.SQL != "" && (f.Statement > 0 || f.Position > 0) {
		f.field(w, "statement", excerpt(f.SQL, f.Position))
	}
	f.field(w, "error", message)
	f.field(w, "hint", f.Hint)
	if n := len(f.Applied); n > 0 {
		f.field(w, "applied", count(n, "migration")+" before it, by this run")
	}
	f.field(w, "database", f.State)
	f.field(w, "next", f.Next)
}

// printable writes control characters, separators of lines and what turns the
// direction of text as Go does: what a module says must not steer the terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func steers(r rune) bool { return abi.Steers(r) && r != '\n' && r != '\t' }

// under puts the further lines of a text below its first, so that none of them
// passes for a line of ours.
func under(indent, text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+indent)
}

// field prints one line of a failure, further lines of it below the first.
func (f failure) field(w io.Writer, name, value string) {
	if value = printable(value); value != "" {
		fmt.Fprintf(w, "  %-10s %s\n", name, under("             ", value))
	}
}

// place is the file, line and statement, as far as they are known.
func (f failure) place() string {
	var parts []string
	if f.File != "" && f.Line > 0 {
		parts = append(parts, fmt.Sprintf("%s, line %d", f.File, f.Line))
	} else if f.File != "" {
		parts = append(parts, f.File)
	}
	if f.Statement > 0 {
		parts = append(parts, fmt.Sprintf("statement %d", f.Statement))
	}
	return strings.Join(parts, ", ")
}

const (
	excerptLines = 6
	excerptWidth = 120
)

// excerpt is the part of a statement that fits an error message: its first
// lines, or those up to the position, with a caret under the character.
func excerpt(sql string, position int) string {
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(sql, " \t\r\n"), "\t", " "), "\n")
	at, column := -1, 0
	if position > 0 {
		rest := position - 1
		for i, line := range lines {
			if n := utf8.RuneCountInString(line); rest <= n {
				at, column = i, rest
				break
			} else {
				rest -= n + 1
			}
		}
	}
	first, last := 0, min(len(lines), excerptLines)
	if at >= last {
		first, last = at-excerptLines+1, at+1
	}
	var b strings.Builder
	if first > 0 {
		b.WriteString("…\n")
	}
	for i := first; i < last; i++ {
		line, shift := []rune(lines[i]), 0
		if i == at && column >= excerptWidth {
			shift = column - excerptWidth/2
			line = line[shift:]
		}
		if len(line) > excerptWidth {
			line = append(line[:excerptWidth:excerptWidth], '…')
		}
		b.WriteString(strings.TrimRight(string(line), " \r") + "\n")
		if i == at {
			b.WriteString(strings.Repeat(" ", column-shift) + "^\n")
		}
	}
	if last < len(lines) {
		b.WriteString("…\n")
	}
	return b.String()
}
