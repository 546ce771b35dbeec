package postgres_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// confinedDatabase is a database whose connections are behind a plugin's role,
// with no verdicts on statements: the suite sends much that no plugin may.
type confinedDatabase struct {
	host.Database
	t     *testing.T
	admin func(sql string) string
}

func (db confinedDatabase) Connect(ctx context.Context) (host.Conn, error) {
	conn, err := db.Database.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c, err := conn.Confine(ctx, host.Confinement{Grants: grants(db.t, abi.Capabilities{Shared: true, Owns: ownAll()})})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	postgres.WithoutWall(c)
	db.admin(`DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), (` + myRole + `)); END $$`) // for extensions
	return confinedConn{c, conn, db.t}, nil
}

// confinedConn leaves to the runner what no plugin does.
type confinedConn struct {
	host.Confined
	runner host.Conn
	t      *testing.T
}

func (c confinedConn) Close() error                    { return errors.Join(c.Confined.Close(), c.runner.Close()) }
func (c confinedConn) Reset(ctx context.Context) error { return c.runner.Reset(ctx) }
func (c confinedConn) RunsOutside(sql string) bool     { return c.runner.RunsOutside(sql) }

func (c confinedConn) Render(op host.Operation) (host.Statement, error) { return c.runner.Render(op) }

func (c confinedConn) Outside(ctx context.Context, fence host.Fence, stmt host.Statement, unit host.Unit, began bool) (int64, error) {
	return c.runner.Outside(ctx, fence, stmt, unit, began)
}

// What a connection promises holds behind a plugin's role as well.
func TestDatabaseConfined(t *testing.T) {
	h := harness()
	h.Confined = true
	h.Objects = []string{"CREATE TABLE a (id bigserial PRIMARY KEY)", "CREATE VIEW v AS SELECT id FROM a"}
	h.Open = func(t *testing.T) host.Database {
		url := postgrestest.URL(t)
		admin := psql(t, url)
		t.Cleanup(func() {
			admin(`DO $$ DECLARE r text := (` + myRole + `); BEGIN IF r IS NOT NULL THEN EXECUTE format('DROP OWNED BY %1$I CASCADE; DROP ROLE %1$I', r); END IF; END $$`)
		})
		return confinedDatabase{open(t, url), t, admin}
	}
	hosttest.TestDatabase(t, h)
}

// Apply has each operation judged, and then goes on as if all were allowed: what
// is refused has left the transaction as it was.
func (c confinedConn) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) error {
	for _, operation := range operations {
		err := postgres.ApplyJudged(ctx, c.Confined, tx, []host.Operation{operation})
		var refused *policy.Refusal
		if errors.As(err, &refused) {
			if !refusable.MatchString(refused.Reason) {
				c.t.Errorf("%s: %v", operation.Operation.Kind(), err)
			}
			err = c.Confined.Apply(ctx, tx, []host.Operation{operation})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refusable is why operations of the suite are refused to plugins: what they
// need is not to be had, or they are about a name that the grants can't have.
var refusable = regexp.MustCompile(`EXTENSION|FUNCTION|TRIGGER|extension|trigger|a materialized view|DROP of that kind|"|the view|nowhere`)

// ownAll names what the suite calls its tables.
func ownAll() (names []string) {
	for c := 'a'; c <= 'z'; c++ {
		names = append(names, string(c))
	}
	return append(names, "state", "select", "order", "tmp", "old", "the_index", "the_view")
}
