package postgres_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A rehearsal tells the SQL of operations, the adapter's own reads left out, and
// changes nothing.
func TestRehearsalOfOperations(t *testing.T) {
	url := postgrestest.URL(t)
	other := psql(t, url)
	other("CREATE TYPE state AS ENUM ('A', 'B'); CREATE TABLE t (a text DEFAULT 'A', s state DEFAULT 'A'); INSERT INTO t VALUES ('A')")
	before := other(columnsOf("t"))
	r, err := operator{
		{Operation: &schema.AlterColumn{Table: "t", Name: "a", Type: schema.EnumOf("state"), Using: schema.Expr("a::state"), NotNull: ptr(true)}},
		{Operation: &schema.DropEnumValue{Enum: "state", Value: "B"}},
		{Operation: &schema.DropColumn{Table: "t", Name: "a"}},
		{Operation: &schema.CreateIndex{Table: "t", Columns: schema.IndexOn("s"), Concurrently: true}},
	}.runner(t, url, host.Config{}).Rehearse(t.Context(), chain.Upgrade, "heads")
	if err != nil {
		t.Fatal(describe(err))
	}
	var sqls []string
	for _, s := range r.Statements {
		sqls = append(sqls, s.SQL)
	}
	want := `ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT, ALTER COLUMN "a" TYPE "state" USING a::state, ALTER COLUMN "a" SET DEFAULT 'A', ALTER COLUMN "a" SET NOT NULL
LOCK TABLE public.t
ALTER TYPE public.state RENAME TO "state_sandpiper_old"
CREATE TYPE public.state AS ENUM ('A')
ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT, ALTER COLUMN a TYPE public.state USING a::text::public.state, ALTER COLUMN a SET DEFAULT 'A'::state, ALTER COLUMN s DROP DEFAULT, ALTER COLUMN s TYPE public.state USING s::text::public.state, ALTER COLUMN s SET DEFAULT 'A'::state
DROP TYPE public."state_sandpiper_old"
ALTER TABLE "t" DROP COLUMN "a"
CREATE INDEX CONCURRENTLY "ix_t__s" ON "t" ("s")`
	if got := strings.Join(sqls, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if after := other(columnsOf("t")); after != before {
		t.Errorf("the rehearsal has changed the table to %s", after)
	}
}
