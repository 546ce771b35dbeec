package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name, sql string
		position  int
		want      string
	}{
		{"one line", "SELECT x", 0, "SELECT x\n"},
		{"caret", "SELECT nope FROM t", 8, "SELECT nope FROM t\n       ^\n"},
		{"caret on a later line", "SELECT\n\tnope\nFROM t", 9, "SELECT\n nope\n ^\nFROM t\n"},
		{"characters, not bytes", "SELECT 'é', nope", 13, "SELECT 'é', nope\n            ^\n"},
		{"at the end", "SELECT", 7, "SELECT\n      ^\n"},
		{"beyond the end", "SELECT", 99, "SELECT\n"},
		{"many lines", "1\n2\n3\n4\n5\n6\n7\n8", 0, "1\n2\n3\n4\n5\n6\n…\n"},
		{"many lines before the caret", "1\n2\n3\n4\n5\n6\n7\n8", 15, "…\n3\n4\n5\n6\n7\n8\n^\n"},
		{"wide", long, 0, long[:120] + "…\n"},
		{"wide, caret far out", long, 200, long[:120] + "…\n" + strings.Repeat(" ", 60) + "^\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := excerpt(c.sql, c.position); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestFailurePrintsAllThatIsKnown(t *testing.T) {
	err := &host.RunError{
		Applied:   []host.Entry{{Key: chain.Key{ID: "000000000001"}}},
		Failed:    chain.Revision{Key: chain.Key{Line: "main", ID: "000000000002"}, Slug: "add_b"},
		Source:    "versions/sqlite/b.sql",
		Line:      7,
		Statement: 2,
		SQL:       "INSERT INTO nope\nVALUES (1)",
		State:     "at 000000000001",
		Next:      "mend the statement",
		Err:       &host.SQLError{Code: "42P01", Message: "no such table", Hint: "look again", Position: 13, SQL: "INSERT INTO nope\nVALUES (1)", Ordinal: 2},
	}
	f := explain(err)
	var out bytes.Buffer
	f.print(&out, false)
	want := `error: upgrade of 000000000002 add_b failed
  where      versions/sqlite/b.sql, line 7, statement 2
  statement  INSERT INTO nope
                         ^
             VALUES (1)
  error      no such table (42P01)
  hint       look again
  applied    1 migration before it, by this run
  database   at 000000000001
  next       mend the statement
`
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", &out, want)
	}
	if f.Kind != kindMigration || f.exit != exitFailed || len(f.Applied) != 1 {
		t.Errorf("kind %q, exit code %d, applied %q", f.Kind, f.exit, f.Applied)
	}
}

func TestExitCodes(t *testing.T) {
	run := func(err error) error { return &host.RunError{Err: err} }
	for _, c := range []struct {
		err  error
		kind string
		code int
	}{
		{errors.New("x"), kindOther, exitFailed},
		{run(errors.New("x")), kindMigration, exitFailed},
		{run(host.ErrLocked), kindLocked, exitLocked},
		{run(interruption{}), kindInterrupted, exitInterrupted},
		{&chain.TargetError{Target: "x"}, kindTarget, exitUsage},
		{&chain.UnknownError{Keys: []chain.Key{{ID: "000000000001"}}}, kindUnknown, exitFailed},
		{&chain.ParseError{Path: "x.sql", Line: 3}, kindChain, exitFailed},
		{&host.EditedError{Edited: []host.Edited{{}}}, kindChanged, exitProblems},
		{&trust.Error{Fault: trust.Bad, Msg: "x"}, kindTrust, exitProblems},
		{&refusedError{usage("", "the module cannot be read"), "look"}, kindTrust, exitProblems},
		{run(&host.RefusedError{Refusal: &policy.Refusal{Line: "acme", Reason: "x", Needs: "y"}}), kindDenied, exitFailed},
		{usage("", "x"), kindUsage, exitUsage},
		{outcome(exitBehind, kindBehind, "x"), kindBehind, exitBehind},
	} {
		f := explain(c.err)
		if f.Kind != c.kind || f.exit != c.code {
			t.Errorf("%T %v: kind %q, exit code %d, want %q and %d", c.err, c.err, f.Kind, f.exit, c.kind, c.code)
		}
	}
}
