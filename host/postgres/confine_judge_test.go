package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A name that the grants name is the plugin's only if the object is: what was
// there before, or is somebody else's, is refused before the database sees it.
// With a role the owner tells them apart, without one a table beside the ledger.
func TestConfinedOwnsNothingOfOthers(t *testing.T) {
	for _, without := range []bool{false, true} {
		t.Run(fmt.Sprintf("without a role: %v", without), func(t *testing.T) {
			l := newLodge(t, "CREATEROLE")
			c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Shared: true}), WithoutRole: without})
			l.plug(c, "CREATE TABLE acme_t (id serial PRIMARY KEY)", "CREATE TABLE acme_u (id int)", "ALTER TABLE acme_u RENAME TO acme_w")
			for _, sql := range []string{
				"SELECT k FROM acme_tools_keys", "INSERT INTO acme_tools_keys VALUES ('x')", "DROP TABLE acme_tools_keys",
				"ALTER TABLE acme_tools_keys ADD x int", "CREATE TABLE acme_tools_keys (k text)", "CREATE VIEW acme_tools_keys AS SELECT 1 AS one",
				"ALTER TABLE acme_t RENAME TO acme_tools_keys",
			} {
				var refused *policy.Refusal
				if err := l.try(c, sql); !errors.As(err, &refused) {
					t.Errorf("%s: got %v, want a refusal", sql, err)
				}
			}
			for _, sql := range []string{
				"DROP TABLE acme_w", "ALTER TABLE acme_t ADD x int", "CREATE TABLE acme_u (id int)",
				"CREATE INDEX ON acme_t (id)", "ALTER TABLE acme_w RENAME TO acme_x",
			} {
				if err := l.try(c, sql); err != nil {
					t.Errorf("%s: %v", sql, err)
				}
			}
			// What somebody else makes between two transactions is not the plugin's.
			l.admin("CREATE TABLE acme_late (secret text)")
			if err := l.try(c, "SELECT secret FROM acme_late"); err == nil {
				t.Error("the plugin reads a table that somebody else has made under its name")
			}
		})
	}
}

// What is refused leaves the transaction as it was, be it a statement or half of
// an operation.
func TestRefusalsSpoilNothing(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})})
	err := plug(t.Context(), c, nil, acme.ID, func(tx host.Tx) error {
		if err := exec("CREATE TABLE acme_t (id int PRIMARY KEY)")(tx); err != nil {
			return err
		}
		for _, do := range []func() error{
			func() error { return exec("SELECT secret FROM flow_run")(tx) },
			func() error { return exec("RESET ROLE")(tx) },
			func() error { return tx.Defer(t.Context(), host.Statement{SQL: "COMMIT", Ordinal: 1}) },
			func() error {
				_, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT pg_read_file('PG_VERSION')", Ordinal: 1})
				return err
			},
			func() error {
				return apply(t, c, tx, &schema.AddColumn{Table: "acme_t", Column: schema.Column{Name: "n", Type: schema.TypeOf(schema.BaseText),
					Default: schema.DefaultSQL(schema.Expr("pg_read_file('PG_VERSION')"))}})
			},
			func() error {
				return apply(t, c, tx, &schema.AddConstraint{Table: "acme_t", Constraint: schema.Constraint{Name: "acme_t_check", Check: schema.Expr("pg_sleep(9) IS NULL")}})
			},
			func() error { return apply(t, c, tx, &schema.DropTable{Name: "flow_run"}) },
		} {
			var refused *policy.Refusal
			if err := do(); !errors.As(err, &refused) {
				return fmt.Errorf("got %v, want a refusal", err)
			}
		}
		return exec("INSERT INTO acme_t VALUES (1)")(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	l.want(columnsOf("acme.acme_t"), "id integer not null")
	l.want("SELECT count(*) FROM acme.acme_t", "1")
}

func apply(t *testing.T, c host.Conn, tx host.Tx, operations ...schema.Operation) error {
	t.Helper()
	for i, op := range operations {
		q := schema.Naming{}.Fill(schema.Request{Operation: op})
		if err := q.Check(schema.PostgreSQL); err != nil {
			t.Fatal(err)
		}
		if err := c.Apply(t.Context(), tx, []host.Operation{{Request: q, Ordinal: i + 1}}); err != nil {
			return err
		}
	}
	return nil
}

// A diagnosis looks at the plugin's tables beneath the wall, and an operation's
// lock_timeout is the runner's to set.
func TestConfinedOperations(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	l.conn = connect(t, l.url, postgres.LockTimeout(patience))
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{Owns: []string{"acme_t", "acme_mood"}})})
	l.plug(c, "CREATE TABLE acme_t (id int PRIMARY KEY, a int, b int)", "INSERT INTO acme_t VALUES (1, 1, -1), (2, 1, 2)",
		"CREATE INDEX acme_t_b_idx ON acme_t (b)")
	attempt := func(operations ...schema.Operation) error {
		tx, err := c.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := apply(t, c, tx, operations...); err != nil {
			return err
		}
		return tx.Commit(t.Context())
	}
	for _, f := range []struct {
		op   schema.Operation
		says string
	}{
		{&schema.AddConstraint{Table: "acme_t", Constraint: schema.Constraint{Name: "acme_t_a_key", Unique: []string{"a"}}}, "share"},
		{&schema.AddConstraint{Table: "acme_t", Constraint: schema.Constraint{Name: "acme_t_c", Check: schema.Expr("b > 0")}}, "for which it is false: 1"},
		{&schema.DropColumn{Table: "acme_t", Name: "b"}, "acme_t_b_idx"},
		{&schema.RenameColumn{Table: "acme_t", Name: "nix", To: "x"}, `"id", "a", "b"`},
	} {
		err := attempt(f.op)
		var refused *host.SQLError
		if !errors.As(err, &refused) || !strings.Contains(refused.Detail+refused.Hint, f.says) {
			t.Errorf("%s: got %v (%+v), want the server's refusal, and that it says %q", f.op.Kind(), err, refused, f.says)
		}
	}
	if err := attempt(
		&schema.CreateEnum{Name: "acme_mood", Values: []string{"sad", "ok", "gone"}},
		&schema.AddColumn{Table: "acme_t", Column: typed("m", schema.EnumOf("acme_mood"))},
		&schema.DropEnumValue{Enum: "acme_mood", Value: "gone"},
	); err != nil {
		t.Fatal(err)
	}
	l.want("SELECT string_agg(enumlabel || ' ' || typowner::regrole, ', ' ORDER BY enumsortorder) FROM pg_enum e JOIN pg_type t ON t.oid = enumtypid",
		fmt.Sprintf("sad %[1]s, ok %[1]s", l.admin(myRole)))

	l.admin("BEGIN; LOCK TABLE acme.acme_t")
	defer l.admin("ROLLBACK")
	tx, err := c.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	began := time.Now()
	err = c.Apply(t.Context(), tx, []host.Operation{{Request: schema.Request{LockTimeout: 20,
		Operation: &schema.AddColumn{Table: "acme_t", Column: of("x", schema.BaseText)}}}})
	if err == nil {
		err = tx.Commit(t.Context())
	}
	if !errors.Is(err, host.ErrLockTimeout) || time.Since(began) > patience/2 {
		t.Errorf("got %v after %s, want a lock timeout after 20ms", err, time.Since(began))
	}
}

// Behind a pooler, which hands the session to others between two transactions, a
// plugin runs as it does without.
func TestConfinedBehindAPooler(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	p := newProxy(t, l.url, true)
	l.conn = connect(t, p.url)
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})})
	p.reset()
	l.plug(c, honest...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.named > 0 {
		t.Errorf("%d prepared statements have names, which outlive their transaction", p.named)
	}
}
