package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A workshop is a database that operations are applied to.
type workshop struct {
	*testing.T
	url   string
	conn  host.Conn
	other func(sql string) string
}

func newWorkshop(t *testing.T, sqls ...string) *workshop {
	t.Helper()
	w := &workshop{T: t, url: postgrestest.URL(t)}
	w.conn, w.other = connect(t, w.url), psql(t, w.url)
	for _, sql := range sqls {
		w.other(sql)
	}
	return w
}

// try applies operations in one transaction, with the names that a session
// would give them.
func (w *workshop) try(operations ...schema.Operation) error {
	w.Helper()
	requests := make([]schema.Request, len(operations))
	for i, op := range operations {
		requests[i] = schema.Request{Operation: op}
	}
	return w.request(requests...)
}

func (w *workshop) request(requests ...schema.Request) error {
	w.Helper()
	ctx := context.Background()
	tx, err := w.conn.Begin(ctx, host.Fence{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i, q := range requests {
		q = schema.Naming{}.Fill(q)
		if err := q.Check(schema.PostgreSQL); err != nil {
			return err
		}
		if err := w.conn.Apply(ctx, tx, []host.Operation{{Request: q, Ordinal: i + 1}}); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

func (w *workshop) apply(operations ...schema.Operation) {
	w.Helper()
	if err := w.try(operations...); err != nil {
		w.Fatal(describe(err))
	}
}

// refused wants the last operation to be refused with a code, and the error to
// say all of words.
func (w *workshop) refused(err error, ordinal int, code string, words ...string) {
	w.Helper()
	var refused *host.SQLError
	if !errors.As(err, &refused) {
		w.Fatalf("got %v, want a SQLError", err)
	}
	said := describe(err)
	if refused.Code != code || refused.Ordinal != ordinal {
		w.Errorf("got code %s of operation %d, want %s of %d: %s", refused.Code, refused.Ordinal, code, ordinal, said)
	}
	for _, word := range words {
		if !strings.Contains(said, word) {
			w.Errorf("the error does not say %q: %s", word, said)
		}
	}
}

func describe(err error) string {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		return err.Error() + " | hint: " + refused.Hint + " | sql: " + refused.SQL
	}
	return err.Error()
}

func (w *workshop) want(sql, want string) {
	w.Helper()
	if got := w.other(sql); got != want {
		w.Errorf("%s\ngot  %s\nwant %s", sql, got, want)
	}
}

func typed(name string, t schema.Type) schema.Column { return schema.Column{Name: name, Type: t} }

func of(name string, base schema.Base) schema.Column { return typed(name, schema.TypeOf(base)) }

// columns lists the columns of a table with types, NOT NULL and defaults.
func columnsOf(table string) string {
	return `SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
		CASE WHEN a.attnotnull THEN ' not null' ELSE '' END ||
		CASE a.attidentity WHEN 'd' THEN ' identity' ELSE '' END ||
		coalesce(CASE a.attgenerated WHEN 's' THEN ' generated ' ELSE ' default ' END || pg_get_expr(d.adbin, d.adrelid), ''), E'\n' ORDER BY a.attnum)
		FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = to_regclass('` + table + `') AND a.attnum > 0 AND NOT a.attisdropped`
}

func constraintsOf(table string) string {
	return `SELECT string_agg(conname || ': ' || pg_get_constraintdef(oid), E'\n' ORDER BY conname) FROM pg_constraint
		WHERE conrelid = to_regclass('` + table + `') AND contype <> 'n'`
}

func TestCreateTable(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE parent (id int PRIMARY KEY)")
	columns := []schema.Column{
		{Name: "id", Type: schema.TypeOf(schema.BaseBigint), PrimaryKey: true, Autoincrement: true},
		{Name: "we \"ird", Type: schema.StringOf(10), NotNull: true, Default: schema.DefaultOf(schema.Text("it's")), Comment: "it's"},
		{Name: "s", Type: schema.EnumOf("State"), Default: schema.DefaultOf(schema.Text("A"))},
		{Name: "free", Type: schema.TypeOf(schema.BaseString)},
		{Name: "body", Type: schema.TypeOf(schema.BaseText), Collate: schema.Expr("C")},
		of("small", schema.BaseSmallint),
		{Name: "n", Type: schema.TypeOf(schema.BaseInteger), Default: schema.DefaultOf(schema.Int(-5))},
		{Name: "twice", Type: schema.TypeOf(schema.BaseInteger), Generated: schema.Expr("n * 2")},
		{Name: "b", Type: schema.TypeOf(schema.BaseBoolean), Default: schema.DefaultOf(schema.Bool(true))},
		of("f", schema.BaseFloat), typed("d", schema.NumericOf(10, 2)), of("any", schema.BaseNumeric),
		{Name: "ts", Type: schema.TypeOf(schema.BaseTimestamp), Default: schema.DefaultNow()},
		{Name: "tz", Type: schema.TypeOf(schema.BaseTimestampTZ), Default: schema.DefaultNow()},
		{Name: "day", Type: schema.TypeOf(schema.BaseDate), Default: schema.DefaultNow()},
		{Name: "clock", Type: schema.TypeOf(schema.BaseTime), Default: schema.DefaultNow()},
		of("span", schema.BaseInterval),
		{Name: "u", Type: schema.TypeOf(schema.BaseUUID), Default: schema.DefaultUUID()},
		{Name: "j", Type: schema.TypeOf(schema.BaseJSON), Default: &schema.Default{Function: schema.FunctionJSON}},
		{Name: "jb", Type: schema.TypeOf(schema.BaseJSONB), Default: &schema.Default{Function: schema.FunctionJSONArray}},
		{Name: "bin", Type: schema.TypeOf(schema.BaseBinary), Default: schema.DefaultOf(schema.Bytes([]byte{0, 255}))},
		typed("list", schema.ArrayOf(schema.TypeOf(schema.BaseUUID))),
		typed("net", schema.NativeType("int4range", "TEXT")),
		{Name: "expr", Type: schema.TypeOf(schema.BaseText), Default: schema.DefaultSQL(schema.PerDialect("lower('X')", "1"))},
		{Name: "none", Type: schema.TypeOf(schema.BaseText), Default: schema.DefaultOf(schema.Null())},
		of("p", schema.BaseInteger),
	}
	w.apply(&schema.CreateEnum{Name: "State", Values: []string{"A", "it's"}}, &schema.CreateTable{
		Name: "My Table", Columns: columns, Comment: "a table",
		Constraints: []schema.Constraint{
			{Unique: []string{"n", "small"}, NullsNotDistinct: true},
			{ForeignKey: []string{"p"}, References: "parent", OnDelete: schema.SetNull, OnUpdate: schema.Cascade, Deferrable: true, InitiallyDeferred: true},
			{Name: "positive", Check: schema.Expr("f > 0")},
			{Name: "one day", Exclude: []schema.Exclusion{{Column: "net", With: "&&"}}, Where: schema.Expr("n > 0")},
		},
	})
	w.want(columnsOf(`"My Table"`), `id bigint not null identity
we "ird character varying(10) not null default 'it''s'::character varying
s "State" default 'A'::"State"
free character varying
body text
small smallint
n integer default '-5'::integer
twice integer generated (n * 2)
b boolean default true
f double precision
d numeric(10,2)
any numeric
ts timestamp without time zone default CURRENT_TIMESTAMP
tz timestamp with time zone default CURRENT_TIMESTAMP
day date default CURRENT_DATE
clock time without time zone default CURRENT_TIME
span interval
u uuid default gen_random_uuid()
j json default '{}'::json
jb jsonb default '[]'::jsonb
bin bytea default '\x00ff'::bytea
list uuid[]
net int4range
expr text default lower('X'::text)
none text
p integer`)
	w.want(constraintsOf(`"My Table"`), `My Table_pkey: PRIMARY KEY (id)
fk_My Table__p__parent: FOREIGN KEY (p) REFERENCES parent(id) ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
one day: EXCLUDE USING gist (net WITH &&) WHERE ((n > 0))
positive: CHECK ((f > (0)::double precision))
uq_My Table__n_small: UNIQUE NULLS NOT DISTINCT (n, small)`)
	w.want(`SELECT obj_description('"My Table"'::regclass, 'pg_class') || '/' || col_description('"My Table"'::regclass, 2)`, "a table/it's")
	w.want(`SELECT collname FROM pg_attribute a JOIN pg_collation c ON c.oid = attcollation WHERE attrelid = '"My Table"'::regclass AND attname = 'body'`, "C")
	w.want(`INSERT INTO "My Table" DEFAULT VALUES RETURNING id || '/' || "we ""ird" || '/' || s || '/' || encode(bin, 'hex') || '/' || twice`, "1/it's/A/00ff/-10")

	// A table that is there stays as it is.
	w.apply(&schema.CreateTable{Name: "My Table", IfNotExists: true, Comment: "another", Columns: []schema.Column{
		{Name: "new", Type: schema.TypeOf(schema.BaseText), Comment: "nobody's"},
	}})
	w.want(`SELECT obj_description('"My Table"'::regclass, 'pg_class')`, "a table")
}

// A migration of operations costs one round trip, whatever may have to be said
// of their errors.
func TestOperationsAreOneRoundTrip(t *testing.T) {
	p := newProxy(t, postgrestest.URL(t), false)
	conn := connect(t, p.url)
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.reset()
	column := of("a", schema.BaseText)
	err := migrate(t.Context(), conn, "aaaaaaaaaaaa", func(tx host.Tx) error {
		for i, op := range []schema.Operation{
			&schema.CreateEnum{Name: "state", Values: []string{"A"}},
			&schema.CreateTable{Name: "t", Columns: []schema.Column{{Name: "id", Type: schema.TypeOf(schema.BaseUUID), PrimaryKey: true}, column}, Comment: "t"},
			&schema.AddColumn{Table: "t", Column: schema.Column{Name: "s", Type: schema.EnumOf("state"), NotNull: true, Default: schema.DefaultOf(schema.Text("A"))}},
			&schema.CreateIndex{Name: "ix", Table: "t", Columns: schema.IndexOn("a"), Unique: true},
			&schema.AlterColumn{Table: "t", Name: "a", NotNull: ptr(true), Default: schema.DefaultNow()},
			&schema.AddConstraint{Table: "t", Constraint: schema.Constraint{Name: "ck", Check: schema.Expr("a <> ''")}},
			&schema.DropIndex{Table: "t", Name: "ix"}, &schema.DropConstraint{Table: "t", Name: "ck"},
			&schema.DropColumn{Table: "t", Name: "a"},
			&schema.Insert{Table: "t", Columns: []string{"id"}, Rows: []schema.Row{{schema.Text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")}}},
		} {
			if err := conn.Apply(t.Context(), tx, []host.Operation{{Request: schema.Request{Operation: op, LockTimeout: 5000}, Ordinal: i + 1}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.count('S'); n != 1 {
		t.Errorf("%d round trips, want 1", n)
	}
}

// A savepoint of the migration still mends what a diagnosis has looked at. The
// error comes while the savepoint is open.
func TestSavepointAfterRefusedOperation(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (NULL)")
	ctx := t.Context()
	tx, err := w.conn.Begin(ctx, host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	apply := func(op schema.Operation, ordinal int) error {
		return w.conn.Apply(ctx, tx, []host.Operation{{Request: schema.Request{Operation: op}, Ordinal: ordinal}})
	}
	if err := tx.Savepoint(ctx, host.SavepointSet, "sandpiper"); err != nil {
		t.Fatal(err)
	}
	w.refused(apply(&schema.AlterColumn{Table: "t", Name: "a", NotNull: ptr(true)}, 1), 1, "23502", "Rows")
	if _, err := tx.Exec(ctx, host.Statement{SQL: "SELECT 1", Ordinal: 2}); err == nil {
		t.Error("the transaction goes on after a refused operation")
	}
	if err := tx.Savepoint(ctx, host.SavepointRollback, "sandpiper"); err != nil {
		t.Fatal(err)
	}
	if err := apply(addB, 3); err != nil {
		t.Fatal(err)
	}
	if err := tx.Savepoint(ctx, host.SavepointRelease, "sandpiper"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	w.want(columnsOf("t"), "a integer\nb text")
}
