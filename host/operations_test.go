package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// withOperations gives the fixture a module of schema operations, and nothing
// else: one revision for each list of documents, with the downgrade that they
// derive, if they do.
func (f *fixture) withOperations(revisions ...[]string) {
	f.t.Helper()
	m := abi.Manifest{Manifest: 1, ABI: abi.Version, Name: "operations", Line: chain.DefaultLine}
	var steps []wasmfile.Step
	for i, docs := range revisions {
		r := abi.Revision{Step: int32(i), Dialect: string(f.dialect), ID: fmt.Sprintf("%012x", i+1), Slug: "m"}
		if i > 0 {
			r.Revises = []string{m.Revisions[i-1].ID}
		}
		requests := make([]schema.Request, len(docs))
		for k, doc := range docs {
			var err error
			if requests[k], err = schema.Decode([]byte(doc)); err != nil {
				f.t.Fatalf("%s: %v", doc, err)
			}
		}
		step := wasmfile.Step{Upgrade: operations(requests)}
		if back, err := schema.Reverse(requests); err == nil {
			step.Downgrade = operations(back)
		} else {
			r.Irreversible = true
		}
		steps = append(steps, step)
		m.Revisions = append(m.Revisions, r)
	}
	module, err := wasmfile.Assemble(steps, m)
	if err != nil {
		f.t.Fatal(err)
	}
	f.files = fstest.MapFS{"versions/m.wasm": &fstest.MapFile{Data: module}}
}

func operations(requests []schema.Request) []wasmfile.Op {
	ops := make([]wasmfile.Op, len(requests))
	for i, q := range requests {
		ops[i] = wasmfile.Op{Kind: wasmfile.OpSchema, Text: string(schema.Append(nil, q))}
	}
	return ops
}

// exec runs statements as somebody else would, in one transaction.
func (f *fixture) exec(statements ...string) {
	f.t.Helper()
	f.begin(func(tx host.Tx) {
		for i, sql := range statements {
			if _, err := tx.Exec(context.Background(), host.Statement{SQL: sql, Ordinal: i + 1}); err != nil {
				f.t.Fatalf("%s: %v", sql, err)
			}
		}
		if err := tx.Commit(context.Background()); err != nil {
			f.t.Fatal(err)
		}
	})
}

const (
	opTable  = `{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"text"}]}}`
	opEnum   = `{"create_enum":{"name":"state","values":["A","B"]}}`
	opState  = `{"add_column":{"table":"t","column":{"name":"s","type":"enum(state)","default":"A"}}}`
	opColumn = `{"add_column":{"table":"t","column":{"name":"%s","type":"integer"}}}`
)

func TestOperationsOfAModule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations(
			[]string{opTable, opEnum, opState, `{"insert":{"table":"t","columns":["id","s"],"rows":[[1,"B"]]}}`},
			[]string{`{"create_index":{"table":"t","columns":["a"],"unique":true}}`, `{"rename_column":{"table":"t","name":"a","to":"b"}}`},
		)
		r := f.runner(host.Config{})
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "SELECT count(*) FROM t WHERE s = 'B' AND b IS NULL")
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "SELECT count(*) FROM t WHERE s = 'B' AND a IS NULL")
		if _, err := r.Downgrade(t.Context(), "base"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(-1, "SELECT count(*) FROM t")
	})
}

// What is called by the convention is called by the project's.
func TestOperationsAreNamedByTheProject(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations([]string{opTable}, []string{
			`{"create_index":{"table":"t","columns":["a"]}}`,
			`{"add_constraint":{"table":"t","constraint":{"unique":["a"]}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"long","check":"length(a) > 1"}}}`,
		})
		cfg := host.Config{Naming: schema.Naming{Index: "index_{columns}_of_{table}", Unique: "only_{columns}", Check: "check_{table}_{name}"}}
		r := f.runner(cfg)
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		found := map[chain.Dialect]string{
			chain.PostgreSQL: "SELECT (SELECT count(*) FROM pg_indexes WHERE indexname IN ('index_a_of_t', 'only_a')) + (SELECT count(*) FROM pg_constraint WHERE conname IN ('only_a', 'check_t_long'))",
			chain.SQLite:     "SELECT (SELECT count(*) FROM sqlite_schema WHERE name = 'index_a_of_t') + (SELECT 3 * count(*) FROM sqlite_schema WHERE name = 't' AND sql LIKE '%only_a%' AND sql LIKE '%check_t_long%')",
		}[f.dialect]
		f.wantCount(4, found)
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, found)
	})
}

// Operations on one table in a row are one rebuild of it, in a run and in a plan.
func TestOperationsOnOneTableAreOneRebuild(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations([]string{opTable, `{"insert":{"table":"t","columns":["id","a"],"rows":[[1,"x"]]}}`}, []string{
			`{"alter_column":{"table":"t","name":"a","not_null":true,"was":{"not_null":false}}}`,
			`{"add_constraint":{"table":"t","constraint":{"unique":["a"]}}}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"long","check":"length(a) > 0"}}}`,
			`{"alter_column":{"table":"t","name":"a","default":"y","was":{"no_default":true}}}`,
			`{"create_index":{"table":"t","columns":["a"]}}`,
		})
		rebuilds := 0
		rebuild := func(sql string) int {
			if strings.HasPrefix(sql, "CREATE TABLE") && strings.Contains(sql, "sandpiper_new") {
				return 1
			}
			return 0
		}
		cfg := host.Config{Statements: true, OnEvent: func(e host.Event) {
			if e.Kind == host.EventStatement {
				rebuilds += rebuild(e.Text)
			}
		}}
		want := 0
		if f.dialect == chain.SQLite {
			want = 1
		}
		r := f.runner(cfg)
		rehearsal, err := r.Rehearse(t.Context(), chain.Upgrade, "heads")
		if err != nil {
			t.Fatal(err)
		}
		planned := 0
		for _, s := range rehearsal.Statements {
			planned += rebuild(s.SQL)
		}
		if planned != want {
			t.Errorf("the plan shows %d rebuilds, want %d", planned, want)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if rebuilds != want {
			t.Errorf("%d rebuilds of the table, want %d", rebuilds, want)
		}
		f.wantCount(1, "SELECT count(*) FROM t WHERE a = 'x'")
		rebuilds = 0
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		if rebuilds != want {
			t.Errorf("%d rebuilds of the table on the way back, want %d", rebuilds, want)
		}
	})
}

// A value is there for what comes after it in the same migration.
func TestAnEnumValueIsUsedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations([]string{opTable, opEnum, opState}, []string{
			fmt.Sprintf(opColumn, "before"),
			`{"add_enum_value":{"enum":"state","value":"C"}}`,
			`{"insert":{"table":"t","columns":["id","s"],"rows":[[1,"C"]],"key":["id"]}}`,
			`{"alter_column":{"table":"t","name":"s","default":"C","was":{"default":"A"}}}`,
		})
		r := f.runner(host.Config{})
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantHeads(rev2)
		f.wantCount(1, "SELECT count(*) FROM t WHERE s = 'C'")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, "SELECT count(*) FROM t")
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "SELECT count(*) FROM t WHERE s = 'C'")
	})
}

// What failed behind an enum value that had to be committed is mended, and goes
// on from there.
func TestAMendedOperationGoesOn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		first := []string{opTable, opEnum, opState}
		second := func(table string) []string {
			return []string{
				fmt.Sprintf(opColumn, "n"),
				`{"add_enum_value":{"enum":"state","value":"C"}}`,
				`{"insert":{"table":"t","columns":["id","s"],"rows":[[1,"C"]],"key":["id"]}}`,
				`{"rename_column":{"table":"` + table + `","name":"n","to":"m"}}`,
			}
		}
		f.withOperations(first, second("nowhere"))
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Statement != 4 {
			t.Fatalf("got %v, want statement 4 to fail", err)
		}
		f.wantHeads(rev1)
		committed := f.dialect == chain.PostgreSQL
		if got := strings.Contains(failed.State, "2 recorded"); got != committed {
			t.Errorf("state: %s", failed.State)
		}
		f.wantCount(0, "SELECT count(*) FROM t WHERE CAST(s AS text) = 'C'")

		f.withOperations(first, second("t"))
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantHeads(rev2)
		f.wantCount(1, "SELECT count(*) FROM t WHERE s = 'C' AND m IS NULL")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}

// A unique index that is built concurrently and finds two rows that are the same
// is built again once they are not.
func TestAConcurrentIndexInTheMiddle(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations([]string{opTable, `{"insert":{"table":"t","columns":["id","a"],"rows":[[1,"x"],[2,"x"]]}}`}, []string{
			fmt.Sprintf(opColumn, "before"),
			`{"create_index":{"name":"i","table":"t","columns":["a"],"unique":true,"concurrently":true}}`,
			fmt.Sprintf(opColumn, "after"),
		})
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Statement != 2 {
			t.Fatalf("got %v, want statement 2 to fail", err)
		}
		f.wantHeads(rev1)
		before := map[chain.Dialect]int64{chain.PostgreSQL: 2, chain.SQLite: -1}[f.dialect]
		f.wantCount(before, "SELECT count(*) FROM t WHERE before IS NULL")

		f.exec("UPDATE t SET a = 'y' WHERE id = 2")
		r := f.runner(host.Config{})
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantHeads(rev2)
		f.wantCount(2, "SELECT count(*) FROM t WHERE before IS NULL AND after IS NULL")
		there := map[chain.Dialect]string{
			chain.PostgreSQL: "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('i') AND indisvalid AND indisunique",
			chain.SQLite:     "SELECT count(*) FROM pragma_index_list('t') WHERE name = 'i' AND \"unique\"",
		}[f.dialect]
		f.wantCount(1, there)
		if _, err := r.Downgrade(t.Context(), "-1"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, there)
	})
}

// TestAnomalyInOperations lets the database go away at every call in turn.
func TestAnomalyInOperations(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for n := 0; ; n += cutStep {
			f := base.fresher()
			f.withOperations([]string{opTable, opEnum, opState}, []string{
				fmt.Sprintf(opColumn, "n"),
				`{"add_enum_value":{"enum":"state","value":"C"}}`,
				`{"insert":{"table":"t","columns":["id","s"],"rows":[[1,"C"]],"key":["id"]}}`,
				`{"create_index":{"name":"i","table":"t","columns":["n"],"concurrently":true}}`,
				`{"rename_column":{"table":"t","name":"n","to":"m"}}`,
			})
			left := n
			_, err := f.runnerOn(brittle{f.open(), &left}, host.Config{}).Upgrade(t.Context(), "heads")
			if err == nil {
				if n < 10 {
					t.Errorf("the upgrade made only %d calls: this test has lost its hooks", n)
				}
				break
			}
			if !errors.Is(err, errBroken) {
				t.Fatalf("call %d: %v", n, err)
			}
			if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err != nil {
				t.Fatalf("after a failure at call %d: %v", n, err)
			}
			f.wantHeads(rev2)
			f.wantCount(1, "SELECT count(*) FROM t WHERE s = 'C' AND m IS NULL")
			f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
		}
	})
}

// An operation that the dialect can't do leaves the database as it was, whatever
// ran before it in the migration, and says what to do.
func TestAnUnsupportedOperation(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		no := map[chain.Dialect]string{
			chain.PostgreSQL: `{"add_column":{"table":"t","column":{"name":"v","type":"integer","generated":"id","virtual":true}}}`,
			chain.SQLite:     `{"create_extension":{"name":"citext"}}`,
		}[f.dialect]
		f.withOperations([]string{opTable, no})
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var unsupported *schema.UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Instead == "" || !strings.Contains(err.Error(), unsupported.Instead) {
			t.Fatalf("got %v, want an UnsupportedError with a way out", err)
		}
		f.wantCount(-1, "SELECT count(*) FROM t")
		f.wantHeads()
	})
}

// The error of an operation that waited for others is the operation's own.
func TestAFailedOperationIsTold(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		second := []string{
			fmt.Sprintf(opColumn, "n"),
			`{"rename_column":{"table":"t","name":"nowhere","to":"m"}}`,
			fmt.Sprintf(opColumn, "o"),
			`{"execute":{"sql":"UPDATE t SET n = 1","no_reverse":true}}`,
		}
		f.withOperations([]string{opTable}, second)
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Failed.ID != rev2 || failed.Statement != 2 {
			t.Fatalf("got %v, want statement 2 of %s to fail", err, rev2)
		}
		if !strings.Contains(err.Error(), "nowhere") || !strings.Contains(failed.State, "rolled back") {
			t.Errorf("error %v, state %s", err, failed.State)
		}
		f.wantHeads(rev1)
		f.wantCount(-1, "SELECT n FROM t")
	})
}

// A migration of operations that cannot be taken back says so before it begins.
func TestOperationsWithoutAWayBack(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.withOperations([]string{opTable}, []string{`{"drop_column":{"table":"t","name":"a"}}`})
		r := f.runner(host.Config{})
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		_, err := r.Downgrade(t.Context(), "base")
		var irreversible *host.IrreversibleError
		if !errors.As(err, &irreversible) || irreversible.Revision.ID != rev2 {
			t.Fatalf("got %v, want an IrreversibleError for %s", err, rev2)
		}
		f.wantCount(0, "SELECT count(*) FROM t")
	})
}
