package host_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

const (
	firstID  = "00000000000a"
	secondID = "00000000000b"
	thirdID  = "00000000000c"
)

// stepwise runs a stepwise test of what the fixture has.
func (f *fixture) stepwise(seeds fstest.MapFS, test host.StepwiseTest) host.StepwiseReport {
	f.t.Helper()
	r := f.runner(host.Config{})
	if seeds != nil {
		var err error
		if test.Seeds, err = host.ReadSeeds(seeds, ".", r.Graph()); err != nil {
			f.t.Fatal(err)
		}
	}
	report, err := r.Stepwise(f.t.Context(), test)
	if err != nil {
		f.t.Fatal(err)
	}
	return report
}

// found writes findings down, each in one line: facts of which dialects have
// their own words are left out.
func found(report host.StepwiseReport) string {
	var list []string
	for _, f := range report.Findings {
		line := fmt.Sprintf("%s %s", f.Revision.ID, f.Stage)
		for _, d := range f.Differences {
			line += fmt.Sprintf(", %s %s in %s", d.Kind, d.Name, d.In)
		}
		for _, l := range f.Losses {
			line += fmt.Sprintf(", %s had %d has %d", l.Table, l.Had, l.Has)
			if l.Changed {
				line += " changed"
			}
		}
		if f.Err != nil {
			line += " failed"
		}
		list = append(list, line)
	}
	return strings.Join(list, "\n")
}

// stepwiseCases are chains of up to three revisions and what is wrong with them.
var stepwiseCases = []struct {
	name     string
	files    []string
	seeds    map[string]string
	test     host.StepwiseTest
	want     string
	irrev    int
	untested int
}{
	{name: "a good chain", files: []string{
		"-- +upgrade\nCREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 1);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nCREATE INDEX a_n ON a (n);\n-- +downgrade\nDROP INDEX a_n;",
	}},
	{name: "a downgrade that forgets an index", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER, m INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nCREATE INDEX a_n ON a (n);\nCREATE INDEX a_m ON a (m);\n-- +downgrade\nDROP INDEX a_n;",
		"-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nDROP TABLE a;\nDROP TABLE c;",
	}, want: secondID + " downgrade, index a_m in second\n" + // and what comes after it is tested all the same
		thirdID + " downgrade, index a_m in first, index a_n in first, table a in first"},
	{name: "a downgrade that loses a default", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER, m INTEGER DEFAULT 7);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nALTER TABLE a DROP COLUMN m;\n-- +downgrade\nALTER TABLE a ADD COLUMN m INTEGER;",
	}, want: secondID + " downgrade, table a in both"},
	{name: "a downgrade that leaves a row behind", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER UNIQUE);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nINSERT INTO a VALUES (1);\n-- +downgrade\n",
	}, want: secondID + " second upgrade failed"},
	{name: "a downgrade that fails", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE nothing;",
		"-- +upgrade\nCREATE TABLE b (n INTEGER);\n-- +downgrade\nDROP TABLE b;",
	}, want: firstID + " downgrade failed"},
	{name: "an upgrade that fails", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nDROP TABLE c;",
	}, want: secondID + " upgrade failed", untested: 1},
	{name: "an irreversible revision", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- Irreversible: the rows are gone\n-- +upgrade\nDROP TABLE a;",
		"-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nDROP TABLE c;",
	}, irrev: 1},
	{name: "rows that survive", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nALTER TABLE a ADD COLUMN m INTEGER DEFAULT 7;\nINSERT INTO a VALUES (3, 3);\n-- +downgrade\nDELETE FROM a WHERE n = 3;\nALTER TABLE a DROP COLUMN m;",
		"-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nDROP TABLE c;",
	}, seeds: map[string]string{
		firstID + ".sql": "INSERT INTO a VALUES (1), (2), (2);",
		"2026_01_01_000000_" + thirdID + "_rows.sql": "INSERT INTO c VALUES (1);",
	}},
	{name: "rows lost by a rebuild", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nDROP TABLE a;\nCREATE TABLE a (n INTEGER NOT NULL);\n-- +downgrade\nDROP TABLE a;\nCREATE TABLE a (n INTEGER);",
	}, seeds: map[string]string{firstID + "_rows.sql": "INSERT INTO a VALUES (1), (2);"},
		want: secondID + " upgrade, a had 2 has 0"},
	{name: "rows lost by a downgrade", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nALTER TABLE a ADD COLUMN m INTEGER;\n-- +downgrade\nDROP TABLE a;\nCREATE TABLE a (n INTEGER);",
	}, seeds: map[string]string{firstID + ".sql": "INSERT INTO a VALUES (1), (2);"},
		want: secondID + " downgrade, a had 2 has 0"},
	{name: "values lost on the way", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER, m TEXT);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nALTER TABLE a DROP COLUMN m;\n-- +downgrade\nALTER TABLE a ADD COLUMN m TEXT;",
	}, seeds: map[string]string{firstID + ".sql": "INSERT INTO a VALUES (1, 'x'), (2, NULL);"},
		want: secondID + " downgrade, a had 2 has 2 changed"},
	{name: "a loss that a seed allows", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER, m TEXT);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nALTER TABLE a DROP COLUMN m;\n-- +downgrade\nALTER TABLE a ADD COLUMN m TEXT;",
	}, seeds: map[string]string{
		firstID + ".sql":  "INSERT INTO a VALUES (1, 'x'), (2, NULL);",
		secondID + ".sql": "-- sandpiper:allow-loss m is a copy of n\n",
	}},
	{name: "a loss that the caller allows", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nDELETE FROM a;\n-- +downgrade\n",
	}, seeds: map[string]string{firstID + ".sql": "INSERT INTO a VALUES (1);"},
		test: host.StepwiseTest{MayLose: []chain.Key{{Line: chain.DefaultLine, ID: secondID}}}},
	{name: "a downgrade that its own rows stand in the way of", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER, m INTEGER);\nCREATE UNIQUE INDEX a_n ON a (n);\n-- +downgrade\nDROP TABLE a;",
		"-- +upgrade\nDROP INDEX a_n;\n-- +downgrade\nCREATE UNIQUE INDEX a_n ON a (n);",
	}, seeds: map[string]string{secondID + ".sql": "INSERT INTO a VALUES (1, 1), (1, 2);"},
		want: secondID + " downgrade with all rows failed"},
	{name: "what is before the test", files: []string{
		"-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nSELECT 1;",
		"-- +upgrade\nCREATE TABLE b (n INTEGER);\n-- +downgrade\nSELECT 1;",
		"-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nSELECT 1;",
	}, test: host.StepwiseTest{From: firstID, To: secondID}, want: secondID + " downgrade, table b in second"},
}

func TestStepwise(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for _, c := range stepwiseCases {
			t.Run(c.name, func(t *testing.T) {
				f := &fixture{t: t, dialect: f.dialect, url: f.url, files: fstest.MapFS{}}
				f.scratch()
				for i, sql := range c.files {
					f.write([]string{firstID, secondID, thirdID}[i], sql)
				}
				var seeds fstest.MapFS
				if c.seeds != nil {
					seeds = fstest.MapFS{}
					for name, sql := range c.seeds {
						seeds[name] = &fstest.MapFile{Data: []byte(sql)}
					}
				}
				report := f.stepwise(seeds, c.test)
				if got := found(report); got != c.want {
					t.Errorf("found\n%s\nwant\n%s\n%+v", got, c.want, report)
				}
				if report.Irreversible != c.irrev || report.Untested != c.untested {
					t.Errorf("%d were irreversible and %d untested, want %d and %d", report.Irreversible, report.Untested, c.irrev, c.untested)
				}
			})
		}
	})
}

// scratch gives the fixture an empty database: on SQLite in memory, on PostgreSQL
// its own without what is in it.
func (f *fixture) scratch() {
	f.t.Helper()
	if f.dialect == chain.SQLite {
		f.url = sqlite.Memory
		f.db = f.open()
		return
	}
	conn, err := f.open().Connect(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Reset(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// TestStepwiseRefuses: a database that is used, a target that leads nowhere, a
// context that is over.
func TestStepwiseRefuses(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(firstID, "-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;")
		r := f.runner(host.Config{})
		var target *chain.TargetError
		if _, err := r.Stepwise(t.Context(), host.StepwiseTest{From: firstID}); !errors.As(err, &target) {
			t.Errorf("got %v, want a *chain.TargetError", err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Stepwise(over, host.StepwiseTest{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
		f.upgrade()
		if _, err := r.Stepwise(t.Context(), host.StepwiseTest{}); err == nil || !strings.Contains(err.Error(), "is not empty") {
			t.Errorf("got %v, want a refusal", err)
		}
		f.wantHeads(firstID)
	})
}

// TestStepwiseUndoes: a role goes with no database, so that it is dropped before the
// chain is applied again after a finding, and in the end.
func TestStepwiseUndoes(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		if f.dialect == chain.SQLite {
			return // it has no server
		}
		f.scratch()
		role := "stepwise_" + strings.ToLower(rand.Text())
		f.write(firstID, "-- +upgrade\nCREATE ROLE "+role+";\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;\nDROP ROLE "+role+";")
		f.write(secondID, "-- +upgrade\nCREATE INDEX a_n ON a (n);\n-- +downgrade\nSELECT 1;")
		f.write(thirdID, "-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nDROP TABLE c;")
		report := f.stepwise(nil, host.StepwiseTest{Undo: true})
		if got, want := found(report), secondID+" downgrade, index a_n in second"; got != want {
			t.Errorf("found\n%s\nwant\n%s", got, want)
		}
		f.wantCount(0, "SELECT count(*) FROM pg_roles WHERE rolname = '"+role+"'")
	})
}

// TestStepwiseRepeats: what cannot be applied once more after a finding is a finding
// of its own, and what comes after it is untested.
func TestStepwiseRepeats(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		if f.dialect == chain.SQLite {
			return // it has no server
		}
		f.scratch()
		role := "stepwise_" + strings.ToLower(rand.Text())
		f.write(firstID, "-- +upgrade\nCREATE ROLE "+role+";\n-- +downgrade\nDROP ROLE "+role+";")
		f.write(secondID, "-- +upgrade\nCREATE TABLE b (n INTEGER);\n-- +downgrade\nDROP TABLE nothing;")
		f.write(thirdID, "-- +upgrade\nCREATE TABLE c (n INTEGER);\n-- +downgrade\nDROP TABLE c;")
		report := f.stepwise(nil, host.StepwiseTest{})
		if got, want := found(report), secondID+" downgrade failed\n"+firstID+" repeated upgrade failed"; got != want {
			t.Errorf("found\n%s\nwant\n%s", got, want)
		}
		if report.Untested != 1 {
			t.Errorf("%d are untested, want 1", report.Untested)
		}
		f.shell("DROP ROLE " + role)
	})
}

// TestStepwiseTells: events count the revisions, not the runs.
func TestStepwiseTells(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(firstID, "-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;")
		f.write(secondID, "-- +upgrade\nCREATE TABLE b (n INTEGER);\n-- +downgrade\nDROP TABLE b;")
		var got []string
		r := f.runner(host.Config{OnEvent: func(e host.Event) {
			if e.Kind != host.EventStarted {
				got = append(got, fmt.Sprint(e.Kind, " ", e.Action, " ", e.Step, "/", e.Steps))
			}
		}})
		if _, err := r.Stepwise(t.Context(), host.StepwiseTest{}); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"planned  0/2", "applied upgrade 1/2", "applied downgrade 1/2", "applied upgrade 1/2",
			"applied upgrade 2/2", "applied downgrade 2/2", "applied upgrade 2/2",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestReadSeeds(t *testing.T) {
	graph := func(d chain.Dialect, ids ...string) *chain.Graph {
		var list []chain.Revision
		for _, id := range ids {
			list = append(list, chain.Revision{Key: chain.Key{Line: chain.DefaultLine, ID: id}, Dialect: d, Source: id})
		}
		g, err := chain.NewGraph(d, list)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	mine, other := graph(chain.SQLite, firstID), graph(chain.PostgreSQL, secondID)
	for _, c := range []struct {
		name, text, want string
	}{
		{firstID + ".sql", "SELECT 1", ""},
		{"sqlite/" + firstID + "_more.sql", "SELECT 1", ""},
		{"README.md", "what this is", "holds no seed for sqlite: it has none at all"},
		{secondID + ".sql", "SELECT 1", "holds no seed for sqlite: the 1 in it are for another dialect"},
		{"sqlite/" + secondID + ".sql", "SELECT 1", "is one of postgresql: put the file in seeds/postgresql"},
		{thirdID + ".sql", "SELECT 1", "seeds/" + thirdID + ".sql: the chain has no such revision"},
		{"rows.sql", "SELECT 1", "seeds/rows.sql: the chain has no such revision"},
		{"postgres/" + firstID + ".sql", "SELECT 1", "seeds/postgres: no dialect is called so"},
		{firstID + ".sql", "SELECT 'x", "seeds/" + firstID + ".sql:1"},
		{firstID + ".sql", "-- sandpiper:allow-loss", "is not understood"},
		{firstID + ".sql", "-- sandpiper:allow-lost m", "is not understood"},
	} {
		seeds, err := host.ReadSeeds(fstest.MapFS{"seeds/" + c.name: {Data: []byte(c.text)}}, "seeds", mine, other)
		switch {
		case c.want == "" && (err != nil || len(seeds) != 1 || seeds[0].Revision.ID != firstID):
			t.Errorf("%s: got %v, %v", c.name, seeds, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
	pipe := fstest.MapFS{"seeds/" + firstID + ".sql": {Mode: fs.ModeNamedPipe}}
	if _, err := host.ReadSeeds(pipe, "seeds", mine); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := host.ReadSeeds(fstest.MapFS{}, "seeds", mine); err == nil {
		t.Error("a folder that is not there has seeds")
	}
}
