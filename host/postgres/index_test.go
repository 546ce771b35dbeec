package postgres_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func TestIndexes(t *testing.T) {
	w := newWorkshop(t, `CREATE TABLE "T" (a text, b int, c jsonb, d text)`)
	for _, c := range []struct {
		index schema.CreateIndex
		want  string
	}{
		{schema.CreateIndex{Columns: schema.IndexOn("a", "b")}, `CREATE INDEX "ix_T__a_b" ON public."T" USING btree (a, b)`},
		{schema.CreateIndex{Name: "I x", Unique: true, NullsNotDistinct: true, Columns: schema.IndexOn("b"), Where: schema.Expr("a = 'x' OR b > 1")},
			`CREATE UNIQUE INDEX "I x" ON public."T" USING btree (b) NULLS NOT DISTINCT WHERE ((a = 'x'::text) OR (b > 1))`},
		{schema.CreateIndex{Columns: []schema.IndexColumn{
			{Expr: schema.Expr("lower(a)"), Order: schema.Desc, Nulls: schema.NullsLast},
			{Column: "d", Collate: schema.Expr("C"), Opclass: "text_pattern_ops", Order: schema.Asc, Nulls: schema.NullsFirst},
			{Expr: schema.Expr("b + 1"), Order: schema.Desc},
		}}, `CREATE INDEX "ix_T__expr_d_expr" ON public."T" USING btree (lower(a) DESC NULLS LAST, d COLLATE "C" text_pattern_ops NULLS FIRST, ((b + 1)) DESC)`},
		{schema.CreateIndex{Using: "gin", Columns: []schema.IndexColumn{{Column: "c", Opclass: "jsonb_path_ops"}}, With: []schema.Parameter{{Name: "fastupdate", Value: "off"}}},
			`CREATE INDEX "ix_T__c" ON public."T" USING gin (c jsonb_path_ops) WITH (fastupdate=off)`},
		{schema.CreateIndex{Columns: schema.IndexOn("d"), Include: []string{"a", "b"}, With: []schema.Parameter{{Name: "fillfactor", Value: "70"}, {Name: "deduplicate_items", Value: "off"}}},
			`CREATE INDEX "ix_T__d" ON public."T" USING btree (d) INCLUDE (a, b) WITH (fillfactor='70', deduplicate_items=off)`},
	} {
		c.index.Table = "T"
		named := schema.Naming{}.Fill(schema.Request{Operation: &c.index}).Operation.(*schema.CreateIndex)
		definition := "SELECT pg_get_indexdef(to_regclass('\"" + named.Name + "\"'))"
		w.apply(&c.index)
		w.want(definition, c.want)
		again := c.index
		again.IfNotExists = true
		w.apply(&again)
		w.apply(&schema.RenameIndex{Table: "T", Name: named.Name, To: `re"named`})
		w.want(definition+" IS NULL", "t")
		w.apply(&schema.DropIndex{Table: "T", Name: `re"named`}, &schema.DropIndex{Table: "T", Name: named.Name, IfExists: true})

		// Concurrently it is the same index.
		again.Concurrently = true
		w.outside(&again)
		w.want(definition, c.want)
		w.outside(&schema.DropIndex{Table: "T", Name: named.Name, Concurrently: true})
		w.want(definition+" IS NULL", "t")
		w.outside(&schema.DropIndex{Table: "T", Name: named.Name, Concurrently: true, IfExists: true})
	}
}

// outside runs an operation outside transactions.
func (w *workshop) outside(op schema.Operation) {
	w.Helper()
	if err := w.tryOutside(op, false); err != nil {
		w.Fatal(describe(err))
	}
}

func (w *workshop) tryOutside(op schema.Operation, began bool) error {
	w.Helper()
	if err := w.conn.CreateLedger(w.Context()); err != nil {
		w.Fatal(err)
	}
	q := schema.Naming{}.Fill(schema.Request{Operation: op})
	if mode := q.Mode(schema.PostgreSQL); mode != schema.Outside {
		w.Fatalf("the mode is %d", mode)
	}
	stmt, err := w.conn.Render(host.Operation{Request: q, Ordinal: 1})
	if err != nil {
		return err
	}
	if !w.conn.RunsOutside(stmt.SQL) || stmt.Ordinal != 1 {
		w.Errorf("the statement %q does not run outside transactions", stmt.SQL)
	}
	defer w.other("DELETE FROM sandpiper_progress")
	return outside(w.Context(), w.conn, stmt.SQL, began)
}

// An INVALID index that a failed build has left is never taken for a finished
// one, however its name is written.
func TestConcurrentIndexOverInvalidLeftover(t *testing.T) {
	for _, name := range []string{"ix", `I "x"`, "on", "concurrently"} {
		for _, ifNotExists := range []bool{false, true} {
			for _, began := range []bool{false, true} {
				w := newWorkshop(t, `CREATE TABLE "T t" (a int)`, `INSERT INTO "T t" VALUES (1), (1)`)
				op := &schema.CreateIndex{Name: name, Table: "T t", Columns: schema.IndexOn("a"), Unique: true, Concurrently: true, IfNotExists: ifNotExists}
				stmt, err := w.conn.Render(host.Operation{Request: schema.Request{Operation: op}})
				if err != nil {
					t.Fatal(err)
				}
				if err := attempt(t, w.url, stmt.SQL); err == nil {
					t.Fatal("the index was built on duplicates")
				}
				invalid := `SELECT count(*) FROM pg_index WHERE indrelid = '"T t"'::regclass AND NOT indisvalid`
				w.want(invalid, "1")
				w.other(`DELETE FROM "T t" WHERE ctid = (SELECT max(ctid) FROM "T t")`)
				if err := w.tryOutside(op, began); err != nil {
					t.Fatal(err)
				}
				w.want(invalid, "0")
				w.want(`SELECT count(*) FROM pg_index WHERE indrelid = '"T t"'::regclass AND indisvalid`, "1")
			}
		}
	}
}

func TestIndexRefused(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int, b text, CONSTRAINT uq UNIQUE (a))", "INSERT INTO t VALUES (1, 'x'), (2, 'X'), (3, NULL), (4, NULL), (5, 'skip'), (6, 'skip')")
	unique := func(c ...schema.IndexColumn) *schema.CreateIndex {
		return &schema.CreateIndex{Table: "t", Columns: c, Unique: true, Where: schema.Expr("a < 5")}
	}
	lower := schema.IndexColumn{Expr: schema.Expr("lower(b)"), Order: schema.Desc}
	w.refused(w.try(unique(lower)), 1, "23505", `Rows of "t" that share (lower(b)) with another one: 2.`)
	nulls := unique(lower)
	nulls.NullsNotDistinct = true
	w.refused(w.try(nulls), 1, "23505", "with another one: 4.")
	w.refused(w.try(unique(schema.IndexColumn{Column: "nope"})), 1, "42703", `"nope"`, `The columns of "t" are "a", "b".`)
	w.refused(w.try(&schema.CreateIndex{Table: "no", Columns: schema.IndexOn("a")}), 1, "42P01", `"no"`)
	w.refused(w.try(&schema.DropIndex{Table: "t", Name: "nope"}), 1, "42704", `"nope"`)
	w.refused(w.try(&schema.DropIndex{Table: "t", Name: "uq"}), 1, "2BP01", "constraint uq on table t")
	w.refused(w.try(&schema.RenameIndex{Table: "t", Name: "nope", To: "x"}), 1, "42P01", `"nope"`)
}
