package postgres_test

import (
	"errors"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

const values = `SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = to_regtype('"State"')`

func TestEnum(t *testing.T) {
	w := newWorkshop(t)
	w.apply(&schema.CreateEnum{Name: "State", Values: []string{"B", "it's"}})
	w.apply(&schema.AddEnumValue{Enum: "State", Value: "Z"})
	w.apply(&schema.AddEnumValue{Enum: "State", Value: "A", Before: "B"})
	w.apply(&schema.AddEnumValue{Enum: "State", Value: "C", After: "it's"})
	w.apply(&schema.AddEnumValue{Enum: "State", Value: "C", IfNotExists: true})
	w.apply(&schema.RenameEnumValue{Enum: "State", Value: "it's", To: "BB"})
	w.want(values, "A B BB C Z")
	w.refused(w.try(&schema.AddEnumValue{Enum: "State", Value: "C"}), 1, "42710", `"C"`)
	w.refused(w.try(&schema.AddEnumValue{Enum: "State", Value: "D", After: "nope"}), 1, "22023", `"nope"`)
	w.refused(w.try(&schema.RenameEnumValue{Enum: "State", Value: "nope", To: "D"}), 1, "22023", `"nope"`)
	w.refused(w.try(&schema.AddEnumValue{Enum: "nope", Value: "D"}), 1, "42704", `"nope"`)

	w.other(`CREATE TABLE t (a "State", b "State"[])`)
	w.refused(w.try(&schema.DropEnum{Name: "State"}), 1, "2BP01", "column a of table t", "column b of table t", "before the enum")
	w.other("DROP TABLE t")
	w.apply(&schema.DropEnum{Name: "State"}, &schema.DropEnum{Name: "State", IfExists: true})
	w.want(values, "")
}

func TestDropEnumValue(t *testing.T) {
	w := newWorkshop(t, `CREATE TYPE "State" AS ENUM ('A', 'B', 'C')`, `COMMENT ON TYPE "State" IS 'it''s'`,
		`CREATE TABLE "T t" (a "State" NOT NULL DEFAULT 'A', "l l" "State"[] DEFAULT '{A,C}', n int, x "State", CHECK (a <> x))`,
		`CREATE TABLE empty (a "State" DEFAULT NULL)`, `CREATE SCHEMA other`, `CREATE TABLE other.t (s "State" DEFAULT 'C')`,
		`CREATE TABLE parts (s "State", n int) PARTITION BY LIST (n)`, `CREATE TABLE part PARTITION OF parts FOR VALUES IN (1)`,
		`CREATE INDEX ix ON "T t" (a, x)`, `CREATE UNIQUE INDEX ux ON "T t" (a) WHERE n > 5`,
		`INSERT INTO "T t" VALUES ('A', '{A,C}', 1, NULL), ('C', NULL, 2, 'A')`, `INSERT INTO other.t VALUES ('A')`, `INSERT INTO parts VALUES ('C', 1)`)
	w.apply(&schema.DropEnumValue{Enum: "State", Value: "B"})
	w.want(values, "A C")
	w.want(constraintsOf(`"T t"`), "T t_check: CHECK ((a <> x))")
	w.want(columnsOf(`"T t"`), `a "State" not null default 'A'::"State"
l l "State"[] default '{A,C}'::"State"[]
n integer
x "State"`)
	w.want(columnsOf("other.t"), `s "State" default 'C'::"State"`)
	w.want(`SELECT string_agg(t::text, ' ' ORDER BY n) FROM "T t" t`, `(A,"{A,C}",1,) (C,,2,A)`)
	w.want(`SELECT s::text FROM part`, "C")
	w.want(`SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'T t'`, "ix ux")
	w.want(`SELECT count(*) FROM pg_type WHERE typtype = 'e'`, "1")
	w.want(`SELECT obj_description('"State"'::regtype, 'pg_type')`, "it's")

	w.apply(&schema.DropTable{Name: "parts"}, &schema.Execute{SQL: schema.Expr(`UPDATE "T t" SET a = 'A', "l l" = NULL, x = NULL`)},
		&schema.AlterColumn{Table: "T t", Name: "l l", DropDefault: true}, &schema.Execute{SQL: schema.Expr("DROP SCHEMA other CASCADE")},
		&schema.DropEnumValue{Enum: "State", Value: "C"},
		&schema.AddColumn{Table: "empty", Column: typed("b", schema.EnumOf("State"))})
	w.want(values, "A")
}

func TestDropEnumValueRefused(t *testing.T) {
	w := newWorkshop(t, `CREATE TYPE "State" AS ENUM ('A', 'B')`)
	drop := &schema.DropEnumValue{Enum: "State", Value: "B"}
	w.refused(w.try(&schema.DropEnumValue{Enum: "nope", Value: "B"}), 1, "42704", `"nope"`)
	w.refused(w.try(&schema.DropEnumValue{Enum: "State", Value: "nope"}), 1, "42704", `"nope"`, "'A', 'B'")
	for _, c := range []struct {
		name, sql string
		words     []string
	}{
		{"rows", `INSERT INTO t VALUES ('B'), ('A'), ('B')`, []string{"2 in t.a"}},
		{"rows of arrays", `INSERT INTO t (l) VALUES ('{A,B}')`, []string{"1 in t.l"}},
		{"rows of several columns", `INSERT INTO t VALUES ('B', '{B}'); INSERT INTO "U u" VALUES ('B')`, []string{"1 in t.a", "1 in t.l", "1 in U u.a"}},
		{"a default", `ALTER TABLE t ALTER a SET DEFAULT 'B'`, []string{"the default of t.a", `'B'::"State"`}},
		{"a default of an array", `ALTER TABLE t ALTER l SET DEFAULT '{A,B}'`, []string{"the default of t.l"}},
		{"a computed default", `ALTER TABLE t ALTER l SET DEFAULT ARRAY['B'::"State"]`, []string{"the default of t.l"}},
		{"a check", `ALTER TABLE t ADD CONSTRAINT ck CHECK (a <> 'A')`, []string{"constraint ck on table t"}},
		{"a partial index", `CREATE INDEX ix ON t (n) WHERE a = 'A'`, []string{"index ix"}},
		{"a view", `CREATE VIEW v AS SELECT a FROM t`, []string{"view v"}},
		{"a view without the value", `CREATE VIEW v AS SELECT n FROM t WHERE a IS NULL`, []string{"view v"}},
		{"a generated column", `ALTER TABLE t ADD g bool GENERATED ALWAYS AS (a = 'A') STORED`, []string{"column g of table t"}},
		{"a generated column without the value", `ALTER TABLE t ADD g bool GENERATED ALWAYS AS (a IS NULL) STORED`, []string{`"g"`}},
		{"a function", `CREATE FUNCTION f("State") RETURNS int LANGUAGE sql AS 'SELECT 1'`, []string{"function f("}},
		{"a domain", `CREATE DOMAIN dom AS "State"`, []string{"type dom"}},
		{"a composite type", `CREATE TYPE pair AS (a "State")`, []string{"pair"}},
		{"a default that is computed", `CREATE FUNCTION def() RETURNS "State"[] LANGUAGE sql AS 'SELECT NULL::"State"[]'; ALTER TABLE t ALTER l SET DEFAULT def()`, []string{"function def()"}},
		{"rights", `CREATE ROLE sandpiper_enum_test; GRANT USAGE ON TYPE "State" TO sandpiper_enum_test`, []string{"rights"}},
		{"a default of another column", `ALTER TABLE t ALTER n SET DEFAULT length(('A'::"State")::text)`, []string{"column n of table t"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorkshop(t, `CREATE TYPE "State" AS ENUM ('A', 'B')`, `CREATE TABLE t (a "State", l "State"[], n int)`, `CREATE TABLE "U u" (a "State")`)
			w.other(c.sql)
			err := w.try(drop)
			if code := codeOf(err); code != "2BP01" && code != "0A000" {
				t.Errorf("got %v", err)
			}
			w.refused(err, 1, codeOf(err), append(c.words, "before")...)
			w.want(values, "A B")
			if c.name == "rights" {
				w.other("DROP OWNED BY sandpiper_enum_test; DROP ROLE sandpiper_enum_test")
			}
		})
	}
}

func codeOf(err error) string {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// The type that takes an enum's place is where it was, and whose it was.
func TestDropEnumValueKeepsSchemaAndOwner(t *testing.T) {
	w := newWorkshop(t, `CREATE SCHEMA "Far"`, `CREATE TYPE "Far"."State" AS ENUM ('A', 'B')`, `CREATE TABLE t (a "Far"."State" DEFAULT 'A')`,
		`CREATE ROLE "sandpiper Owner"`, `GRANT ALL ON SCHEMA "Far" TO "sandpiper Owner"`, `ALTER TYPE "Far"."State" OWNER TO "sandpiper Owner"`)
	defer w.other(`DROP OWNED BY "sandpiper Owner" CASCADE; DROP ROLE "sandpiper Owner"`)
	w.other(`ALTER DATABASE ` + w.other("SELECT current_database()") + ` SET search_path = public, "Far"`)
	w.conn = connect(t, w.url)
	w.apply(&schema.DropEnumValue{Enum: "State", Value: "B"})
	w.want(columnsOf("t"), `a "Far"."State" default 'A'::"Far"."State"`)
	w.want(`SELECT string_agg(n.nspname || ' ' || pg_get_userbyid(typowner), ', ') FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype = 'e'`,
		"Far sandpiper Owner")
}
