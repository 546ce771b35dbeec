package postgres_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func TestTables(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c (p int, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p)")
	w.refused(w.try(&schema.DropTable{Name: "p"}), 1, "2BP01", "constraint fk on table c", "cascade")
	w.apply(&schema.DropTable{Name: "p", Cascade: true}, &schema.RenameTable{Name: "c", To: "C c"})
	w.want(`SELECT to_regclass('p') IS NULL AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"C c"'::regclass)`, "t")
	w.refused(w.try(&schema.DropTable{Name: "p"}), 1, "42P01", `"p"`)
	w.refused(w.try(&schema.RenameTable{Name: "p", To: "q"}), 1, "42P01", `"p"`)
	w.apply(&schema.DropTable{Name: "p", IfExists: true}, &schema.DropTable{Name: "C c"})

	q := &schema.CreateTable{Name: "t", Columns: []schema.Column{typed("s", schema.EnumOf("state"))}}
	w.refused(w.try(q), 1, "42704", `"state"`, "create_enum")
}

func TestComments(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int)")
	w.apply(&schema.Comment{Table: "t", Text: "it's"}, &schema.Comment{Table: "t", Column: "a", Text: "a"})
	const comments = "SELECT coalesce(obj_description('t'::regclass, 'pg_class'), '-') || '/' || coalesce(col_description('t'::regclass, 1), '-')"
	w.want(comments, "it's/a")
	w.apply(&schema.Comment{Table: "t"}, &schema.Comment{Table: "t", Column: "a"})
	w.want(comments, "-/-")
	w.refused(w.try(&schema.Comment{Table: "t", Column: "b", Text: "x"}), 1, "42703", `The columns of "t" are "a".`)
}

func TestViewsTriggersExtensions(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int)")
	const function = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := NEW.a + 1; RETURN NEW; END $$`
	w.apply(
		&schema.CreateView{Name: "V v", Query: schema.PerDialect("SELECT a, a + 1 FROM t", "SELECT 1"), Columns: []string{"x", "Y"}},
		&schema.CreateView{Name: "m", Query: schema.Expr("SELECT a FROM t"), Materialized: true},
		&schema.Execute{SQL: schema.PerDialect(function, "")},
		&schema.Execute{SQL: schema.PerDialect("", "not for this dialect")},
		&schema.CreateTrigger{Name: "tr", Table: "t", SQL: schema.PerDialect("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "")},
		&schema.CreateExtension{Name: "plpgsql", IfNotExists: true},
		&schema.Insert{Table: "t", Columns: []string{"a"}, Rows: []schema.Row{{schema.Int(1)}}},
	)
	w.want(`SELECT x || '/' || "Y" FROM "V v"`, "2/3")
	w.want("SELECT relkind FROM pg_class WHERE relname = 'm'", "m")
	w.refused(w.try(&schema.DropTable{Name: "t"}), 1, "2BP01", `view "V v"`, "materialized view m")
	w.apply(&schema.DropView{Name: "V v"}, &schema.DropView{Name: "m", Materialized: true}, &schema.DropTrigger{Name: "tr", Table: "t"},
		&schema.DropTrigger{Name: "tr", Table: "t", IfExists: true}, &schema.DropView{Name: "m", Materialized: true, IfExists: true},
		&schema.DropTable{Name: "t"}, &schema.DropExtension{Name: "nope", IfExists: true})
	w.refused(w.try(&schema.CreateExtension{Name: "nope"}), 1, "0A000", "nope")
}

func TestInsert(t *testing.T) {
	w := newWorkshop(t, "CREATE TYPE state AS ENUM ('A')", `CREATE TABLE t ("I d" int, s state, b boolean, j jsonb, u uuid, d timestamptz, n numeric, bin bytea, txt text, f float)`)
	w.apply(&schema.Insert{Table: "t", Columns: []string{"I d", "s", "b", "j", "u", "d", "n", "bin", "txt", "f"}, Rows: []schema.Row{
		{schema.Int(1), schema.Text("A"), schema.Bool(true), schema.Text(`{"a": "it's"}`), schema.Text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
			schema.Text("2020-01-01T00:00:00Z"), schema.Number("1.50"), schema.Bytes([]byte{0, 1}), schema.Text(`it's \ "`), schema.Number("1e3")},
		{schema.Int(2), schema.Null(), schema.Bool(false), schema.Number("2.5"), schema.Null(), schema.Null(), schema.Int(-1), schema.Null(), schema.Int(7), schema.Null()},
	}})
	w.want(`SELECT concat_ws('|', s, b, j, u, extract(epoch FROM d)::int, n, encode(bin, 'hex'), txt, f) FROM t WHERE "I d" = 1`,
		`A|t|{"a": "it's"}|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|1577836800|1.50|0001|it's \ "|1000`)
	w.want(`SELECT concat_ws('|', s, b, j, n, txt) FROM t WHERE "I d" = 2`, "f|2.5|-1|7")
	w.refused(w.try(&schema.Insert{Table: "t", Columns: []string{"nope"}, Rows: []schema.Row{{schema.Int(1)}}}), 1, "42703", `"nope"`, `The columns of "t" are "I d",`)
}

func TestInsertInPortions(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int, b text)")
	long := schema.Text(strings.Repeat("x", 1000))
	op := &schema.Insert{Table: "t", Columns: []string{"a", "b"}}
	for i := range 1200 {
		op.Rows = append(op.Rows, schema.Row{schema.Int(int64(i)), long})
	}
	p := newProxy(t, w.url, false)
	w.conn = connect(t, p.url)
	p.reset()
	w.apply(op)
	w.want("SELECT count(DISTINCT a) || ' ' || sum(length(b)) FROM t", "1200 1200000")
	if n := p.count('B'); n < 10 || n > 20 {
		t.Errorf("%d statements for 1.2 MB", n)
	}
}
