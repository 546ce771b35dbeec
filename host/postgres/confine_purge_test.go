package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// rich is a plugin's schema in which objects depend on each other in all ways.
var rich = []string{
	"CREATE TYPE acme_mood AS ENUM ('sad', 'ok')",
	"CREATE TYPE acme_pair AS (a int, m acme_mood)",
	"CREATE SEQUENCE acme_numbers",
	"CREATE TABLE acme_a (id bigserial PRIMARY KEY, m acme_mood, p acme_pair, n int DEFAULT nextval('acme_numbers'))",
	"CREATE TABLE acme_b (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, a bigint REFERENCES acme_a)",
	"ALTER TABLE acme_a ADD b int REFERENCES acme_b",
	"CREATE TABLE acme_parted (d int) PARTITION BY RANGE (d)",
	"CREATE TABLE acme_part PARTITION OF acme_parted FOR VALUES FROM (1) TO (9)",
	"CREATE INDEX acme_i ON acme_parted (d)",
	"CREATE VIEW acme_v AS SELECT id FROM acme_a",
	"CREATE MATERIALIZED VIEW acme_w AS SELECT id FROM acme_v",
	"CREATE VIEW acme_x AS SELECT id FROM acme_w",
}

func purged() host.Entry {
	return host.Entry{Key: chain.Key{Line: "acme", ID: acme.ID}, Action: host.ActionPurge, Started: time.Now(), Runner: "test"}
}

// A purge leaves nothing of the plugin's and everything else.
func TestPurge(t *testing.T) {
	uses := []abi.Use{{Table: "flow_run", Verbs: []string{"select", "insert"}}}
	for _, c := range []struct {
		name, attributes string
		named            bool
		how              host.Confinement
	}{
		{"own schema", "CREATEROLE", false, host.Confinement{Grants: grants(t, abi.Capabilities{Uses: uses})}},
		{"superuser", "SUPERUSER", false, host.Confinement{Grants: grants(t, abi.Capabilities{Uses: uses})}},
		{"does not inherit", "CREATEROLE NOINHERIT", false, host.Confinement{Grants: grants(t, abi.Capabilities{})}},
		{"shared", "CREATEROLE", false, host.Confinement{Grants: grants(t, abi.Capabilities{Shared: true, Uses: uses})}},
		{"without a role", "", false, host.Confinement{WithoutRole: true, Grants: grants(t, abi.Capabilities{Uses: uses})}},
		{"shared, without a role", "", false, host.Confinement{WithoutRole: true, Grants: grants(t, abi.Capabilities{Shared: true, Uses: uses})}},
		{"a named role", "", true, host.Confinement{Grants: grants(t, abi.Capabilities{Uses: uses})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLodge(t, c.attributes)
			if c.named {
				c.how.Role = l.host + "_plugin"
				l.admin("CREATE ROLE " + c.how.Role + " NOLOGIN; GRANT " + c.how.Role + " TO " + l.host)
				t.Cleanup(func() { l.admin("DROP OWNED BY " + c.how.Role + " CASCADE; DROP ROLE " + c.how.Role) })
			}
			everything := `SELECT concat_ws(' ', (SELECT string_agg(concat_ws(' ', relname, relowner), ', ' ORDER BY oid) FROM pg_class
					WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND relname NOT LIKE 'pg\_toast%' AND relname NOT LIKE 'sandpiper\_owned%'),
				(SELECT string_agg(typname, ', ' ORDER BY oid) FROM pg_type WHERE typname LIKE '%acme%'),
				(SELECT string_agg(nspname, ', ' ORDER BY oid) FROM pg_namespace WHERE nspname NOT LIKE 'pg%temp%'),
				(SELECT count(*) FROM pg_class, aclexplode(relacl) a WHERE a.grantee NOT IN (0, 10, relowner) AND pg_get_userbyid(a.grantee) NOT LIKE 'pg\_%'),
				(SELECT count(*) FROM sandpiper_heads), (SELECT count(*) FROM sandpiper_progress), (` + myRole + `))`
			before := l.admin(everything)
			confined := l.confine(c.how)
			postgres.WithoutWall(confined)
			l.plug(confined, rich...)
			l.admin("INSERT INTO sandpiper_progress VALUES ('acme', 'bbbbbbbbbbbb', 'upgrade', 1, 'begin', '', '', 0, false, NULL, 0, 0, now())")
			owned, err := confined.Owned(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done, err := confined.Purge(t.Context(), purged())
			if err != nil {
				t.Fatal(err)
			}
			if list(done.Dropped) != list(owned) || len(owned) < 15 || len(done.Kept) > 0 {
				t.Errorf("dropped is\n%s, kept is %v, owned was\n%s", list(done.Dropped), done.Kept, list(owned))
			}
			if after := l.admin(everything); after != before {
				t.Errorf("before the plugin there was\n%s\nafter it\n%s", before, after)
			}
			l.want("SELECT string_agg(action || ' ' || line || ' ' || runner, ', ' ORDER BY id) FROM sandpiper_history", "upgrade acme , purge acme test")

			// And it can come again.
			l.plug(l.confine(c.how), "CREATE TABLE acme_a (id bigserial PRIMARY KEY)")
		})
	}
}

// What somebody else has made of the plugin's tables ends a purge before it begins.
func TestPurgeDropsNothingOfOthers(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})})
	postgres.WithoutWall(c)
	l.plug(c, rich...)
	l.admin("CREATE VIEW report AS SELECT id FROM acme.acme_a")
	_, err := c.Purge(t.Context(), purged())
	if err == nil || !strings.Contains(err.Error(), "nothing is dropped") || codeOf(err) != "2BP01" {
		t.Fatalf("got %v, want an error about what depends on it", err)
	}
	l.want("SELECT count(*) FROM acme.acme_x", "0")
	l.want("SELECT count(*) FROM sandpiper_history", "1")
	l.admin("DROP VIEW report; CREATE TABLE acme.theirs (a int)")
	done, err := c.Purge(t.Context(), purged())
	if err != nil {
		t.Fatal(err)
	}
	if got := list(done.Dropped); strings.Contains(got, "schema") || strings.Contains(got, "role") || !strings.Contains(got, "table acme_a") {
		t.Errorf("dropped is %s, want the tables, and not the schema in which something of others is, nor its owner", got)
	}
	l.want("SELECT count(*) FROM acme.theirs", "0")
	if len(done.Kept) != 2 || done.Kept[0].Kind != "schema" || !strings.Contains(done.Kept[0].Reason, "acme.theirs") || done.Kept[1].Kind != "role" {
		t.Errorf("kept is %+v, want the schema, for what is in it, and the role", done.Kept)
	}
}

// What a runner may not drop or take back an administrator does, who is told how.
func TestPurgeLeavesTheRestToAnAdministrator(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	how := host.Confinement{Grants: grants(t, abi.Capabilities{Uses: []abi.Use{{Table: "flow_run", Verbs: []string{"select"}}}})}
	l.plug(l.confine(how), "CREATE TABLE acme_t (n int)")
	role := l.admin(myRole)
	l.admin("CREATE TABLE not_ours (n int); GRANT SELECT ON not_ours TO " + role + "; ALTER ROLE " + l.host + " NOCREATEROLE")
	how.Leaving = true
	done, err := l.confine(how).Purge(t.Context(), purged())
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Kept) != 1 || done.Kept[0].Name != role || !strings.Contains(done.Kept[0].Reason, "permission denied") {
		t.Fatalf("kept is %+v, want the role", done.Kept)
	}
	l.admin(done.Kept[0].SQL)
	l.want("SELECT count(*) FROM pg_roles WHERE rolname = '"+role+"'", "0")

	// Where nothing is, nothing is made, and nobody is asked for it.
	if done, err = l.confine(how).Purge(t.Context(), purged()); err != nil || len(done.Dropped)+len(done.Kept) > 0 {
		t.Errorf("got %+v, %v", done, err)
	}
}

// A role that has something in another database stays.
func TestPurgeLeavesARoleThatIsNeeded(t *testing.T) {
	l, other := newLodge(t, "CREATEROLE"), newLodge(t, "")
	c := l.confine(host.Confinement{Grants: grants(t, abi.Capabilities{})})
	postgres.WithoutWall(c)
	l.plug(c, rich...)
	role := l.admin(myRole)
	other.admin("CREATE TABLE theirs (a int); ALTER TABLE theirs OWNER TO " + role)
	t.Cleanup(func() { other.admin("DROP TABLE theirs") })
	done, err := c.Purge(t.Context(), purged())
	if err != nil {
		t.Fatal(err)
	}
	if got := list(done.Dropped); strings.Contains(got, "role") || !strings.Contains(got, "schema acme") {
		t.Errorf("dropped is %s, want all but the role", got)
	}
	l.want(myRole, role)
}
