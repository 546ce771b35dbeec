package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
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
	c, err := conn.Confine(ctx, host.Confinement{Grants: grants(db.t, abi.Capabilities{Shared: true, Owns: []string{"t"}})})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	postgres.WithoutWall(c)
	db.admin(`DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), (` + myRole + `)); END $$`) // for extensions
	return confinedConn{c, conn}, nil
}

// confinedConn leaves to the runner what no plugin does.
type confinedConn struct {
	host.Confined
	runner host.Conn
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
