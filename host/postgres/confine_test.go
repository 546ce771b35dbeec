package postgres_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A lodge is a database in which a runner who is no superuser takes plugins in.
type lodge struct {
	t     *testing.T
	url   string // as the runner
	admin func(sql string) string
	host  string // the runner's role
	conn  host.Conn
}

// newLodge makes a database that a role of the attributes owns, with a ledger
// and a few tables of the host's.
func newLodge(t *testing.T, attributes string) *lodge {
	t.Helper()
	server := psql(t, postgrestest.URL(t))
	l := &lodge{t: t, host: "host_" + strings.ToLower(rand.Text()[:10])}
	var database string
	t.Cleanup(func() { // once the database is gone
		for {
			role := server(`SELECT quote_ident(rolname) FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE '%database "` + database + `"'`)
			if role == "" {
				break
			}
			server("DROP ROLE " + role)
		}
		server("DROP ROLE " + l.host)
	})
	server("CREATE ROLE " + l.host + " LOGIN PASSWORD 'x' " + attributes)
	u, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	database = strings.TrimPrefix(u.Path, "/")
	l.admin = psql(t, u.String())
	l.admin("ALTER DATABASE " + database + " OWNER TO " + l.host)
	l.admin("ALTER SCHEMA public OWNER TO " + l.host)
	u.User = url.UserPassword(l.host, "x")
	l.url = u.String()
	l.conn = connect(t, l.url)
	if err := l.conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	mine := psql(t, l.url)
	mine(`CREATE TABLE flow_run (id bigserial PRIMARY KEY, name text, secret text);
		INSERT INTO flow_run (name, secret) VALUES ('a', 's1'), ('b', 's2');
		CREATE TABLE other_t (id int);
		CREATE TABLE acme_tools_keys (k text)`)
	return l
}

func grants(t *testing.T, allowed abi.Capabilities) *policy.Grants {
	t.Helper()
	if allowed.Owns == nil {
		allowed.Owns = []string{"acme_*"}
	}
	g, err := policy.New("acme", allowed)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// confine puts the lodge's connection behind the walls of plugin acme.
func (l *lodge) confine(how host.Confinement) host.Confined {
	l.t.Helper()
	c, err := l.conn.Confine(l.t.Context(), how)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			l.t.Errorf("Close: %v", err)
		}
	})
	return c
}

func (l *lodge) refused(how host.Confinement, want ...string) (text string) {
	l.t.Helper()
	_, err := l.conn.Confine(l.t.Context(), how)
	if err == nil {
		l.t.Fatalf("the plugin is confined, want an error with %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			l.t.Errorf("got %q, want it to say %q", err, w)
		}
	}
	return err.Error()
}

func (l *lodge) want(sql, want string) {
	l.t.Helper()
	if got := l.admin(sql); got != want {
		l.t.Errorf("%s\ngot  %s\nwant %s", sql, got, want)
	}
}

var acme = chain.Key{Line: "acme", ID: "aaaaaaaaaaaa"}

// plug runs do as a migration of the plugin, which is at heads before.
func plug(ctx context.Context, conn host.Conn, heads []string, id string, do func(host.Tx) error) error {
	tx, err := conn.Begin(ctx, host.Fence{Line: acme.Line, Heads: heads, Revision: id})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	entry := host.Entry{Key: chain.Key{Line: acme.Line, ID: id}, Action: host.ActionUpgrade, Started: time.Now()}
	if err := tx.Record(ctx, entry, []string{id}); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (l *lodge) plug(c host.Conn, sqls ...string) {
	l.t.Helper()
	if err := plug(l.t.Context(), c, nil, acme.ID, exec(sqls...)); err != nil {
		l.t.Fatal(err)
	}
}

// try runs statements in a transaction that is rolled back.
func (l *lodge) try(c host.Conn, sqls ...string) error {
	l.t.Helper()
	tx, err := c.Begin(l.t.Context(), host.Fence{})
	if err != nil {
		l.t.Fatal(err)
	}
	defer tx.Rollback()
	return exec(sqls...)(tx)
}

const myRole = "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE '%database \"' || current_database() || '\"'"

// honest is what a plugin does that owns its tables.
var honest = []string{
	"CREATE TABLE acme_audit (id bigserial PRIMARY KEY, n text NOT NULL DEFAULT lower('X'), at timestamptz DEFAULT now())",
	"CREATE TABLE acme_child (id int PRIMARY KEY, audit bigint REFERENCES acme_audit (id) DEFERRABLE INITIALLY DEFERRED)",
	"INSERT INTO acme_child VALUES (1, 1)",
	"INSERT INTO acme_audit (n) VALUES ('one'), ('two')",
	"ALTER TABLE acme_audit ADD COLUMN more int DEFAULT 0, ALTER COLUMN n TYPE varchar(50)",
	"CREATE INDEX acme_audit_n ON acme_audit (lower(n)) WHERE id > 0",
	"CREATE VIEW acme_v AS SELECT id, n FROM acme_audit",
	"UPDATE acme_audit SET more = (SELECT count(*) FROM acme_v)",
	"CREATE TABLE acme_gone (x int)",
	"DROP TABLE acme_gone",
}

// Whoever runs it, a plugin lives in a schema of its own, as a role of its own
// that owns what it makes, and the ledger says what ran.
func TestConfined(t *testing.T) {
	for _, c := range []struct {
		name, attributes string
		how              host.Confinement
		schema, owner    string
	}{
		{"superuser", "SUPERUSER", host.Confinement{}, "acme", myRole},
		{"may create roles", "CREATEROLE", host.Confinement{}, "acme", myRole},
		{"does not inherit", "CREATEROLE NOINHERIT", host.Confinement{}, "acme", myRole},
		{"shared", "CREATEROLE", host.Confinement{Grants: grants(t, abi.Capabilities{Shared: true})}, "public", myRole},
		{"without a role", "", host.Confinement{WithoutRole: true}, "acme", ""},
		{"shared, without a role", "", host.Confinement{Grants: grants(t, abi.Capabilities{Shared: true}), WithoutRole: true}, "public", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLodge(t, c.attributes)
			if c.how.Grants == nil {
				c.how.Grants = grants(t, abi.Capabilities{})
			}
			l.plug(l.confine(c.how), honest...)
			owner := l.host
			if c.owner != "" {
				owner = l.admin(c.owner)
			}
			l.want("SELECT string_agg(schemaname || '.' || tablename || ' ' || tableowner, ', ' ORDER BY tablename) FROM pg_tables WHERE tablename IN ('acme_audit', 'acme_child')",
				fmt.Sprintf("%s.acme_audit %s, %[1]s.acme_child %[2]s", c.schema, owner))
			l.want("SELECT string_agg(n || more, ' ' ORDER BY id) FROM "+c.schema+".acme_audit", "one2 two2")
			l.want("SELECT line || ' ' || revision FROM sandpiper_heads", "acme aaaaaaaaaaaa")

			// The next run finds everything as it is, and goes on.
			again := l.confine(c.how)
			if err := plug(t.Context(), again, []string{acme.ID}, "bbbbbbbbbbbb", exec("DROP VIEW acme_v", "ALTER TABLE acme_audit RENAME TO acme_log")); err != nil {
				t.Fatal(err)
			}
			owned, err := again.Owned(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := "index acme_audit_n, index acme_audit_pkey, index acme_child_pkey, sequence acme_audit_id_seq, table acme_child, table acme_log"
			if c.owner != "" {
				want = strings.Replace(want, ", sequence", ", role "+owner+", sequence", 1)
			}
			if c.schema == "acme" {
				want = strings.Replace(want, ", sequence", ", schema acme, sequence", 1)
			}
			if got := list(owned); got != want {
				t.Errorf("it owns %s, want %s", got, want)
			}
			// The runner's own migrations go on beside it.
			if err := migrate(t.Context(), l.conn, "cccccccccccc", exec("ALTER TABLE flow_run ADD x int")); err != nil {
				t.Error(err)
			}
			// And the runner reads what the plugin has.
			if strings.Contains(c.attributes, "NOINHERIT") {
				return
			}
			psql(t, l.url)("SELECT * FROM " + c.schema + ".acme_log")
		})
	}
}

func list(owned []host.Owned) string {
	var texts []string
	for _, o := range owned {
		texts = append(texts, o.Kind+" "+o.Name)
	}
	return strings.Join(texts, ", ")
}

// A runner who may not create roles is told what somebody else has to run, and
// that is enough.
func TestConfinedNeedsAnAdministrator(t *testing.T) {
	l := newLodge(t, "")
	how := host.Confinement{Grants: grants(t, abi.Capabilities{Uses: []abi.Use{{Table: "flow_run", Verbs: []string{"select"}}}})}
	_, err := l.conn.Confine(t.Context(), how)
	if err == nil {
		t.Fatal("a runner without CREATEROLE has made a role")
	}
	for _, want := range []string{"CREATE ROLE", "COMMENT ON ROLE", "GRANT", `role = "…" in [plugins.acme]`, "--without-role", "without_role = true"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to say %q", err, want)
		}
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		if sql, ok := strings.CutPrefix(line, "  "); ok {
			l.admin(sql)
		}
	}
	c := l.confine(how)
	l.plug(c, append(honest, "INSERT INTO acme_audit (n) SELECT name FROM public.flow_run")...)
}

// A role that is named is used, and gets what the runner can give.
func TestConfinedAsANamedRole(t *testing.T) {
	l := newLodge(t, "")
	role := l.host + "_plugin"
	how := host.Confinement{Role: role, Grants: grants(t, abi.Capabilities{Uses: []abi.Use{
		{Table: "flow_run", Verbs: []string{"select"}}, {Table: "not_ours", Verbs: []string{"select"}}}})}
	l.refused(how, "does not exist")
	l.admin("CREATE ROLE " + role + " NOLOGIN; CREATE TABLE not_ours (a int)")
	t.Cleanup(func() { l.admin("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role) })
	l.refused(how, "GRANT", "without_role = true")
	l.admin("GRANT " + role + " TO " + l.host)
	c := l.confine(how)
	l.plug(c, append(honest, "INSERT INTO acme_audit (n) SELECT name FROM public.flow_run")...)
	if err := l.try(c, "SELECT * FROM public.not_ours"); err == nil {
		t.Error("it reads a table that nobody has granted")
	}
	l.want("SELECT tableowner FROM pg_tables WHERE tablename = 'acme_audit'", role)
	owned, err := c.Owned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(list(owned), "role ") {
		t.Errorf("somebody else's role is the plugin's: %s", list(owned))
	}
}

// What has a name of the plugin's and is not its own is not taken over, and a
// role that is none is no wall.
func TestConfinedTakesNothingOver(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	how := host.Confinement{Grants: grants(t, abi.Capabilities{})}

	l.admin("CREATE SCHEMA acme AUTHORIZATION " + l.host)
	l.refused(how, `schema "acme"`, "belongs to", "ALTER SCHEMA")
	l.refused(host.Confinement{Grants: how.Grants, WithoutRole: true}, `schema "acme"`, "is not the plugin's")
	l.admin("DROP SCHEMA acme")

	l.confine(how)
	role := l.admin(myRole)
	if len(role) > 63 || !strings.HasPrefix(role, "sandpiper_acme_") {
		t.Errorf("the role is called %s", role)
	}
	mark := l.admin("SELECT shobj_description('" + role + "'::regrole, 'pg_authid')")
	for _, c := range []struct{ spoil, mend, want string }{
		{"COMMENT ON ROLE " + role + " IS 'mine'", "COMMENT ON ROLE " + role + " IS '" + mark + "'", "was not made for this plugin"},
		{"ALTER ROLE " + role + " SUPERUSER", "ALTER ROLE " + role + " NOSUPERUSER", "it is a superuser"},
		{"ALTER ROLE " + role + " BYPASSRLS", "ALTER ROLE " + role + " NOBYPASSRLS", "BYPASSRLS"},
		{"GRANT INSERT ON sandpiper_heads TO " + role, "REVOKE INSERT ON sandpiper_heads FROM " + role, "it may write the ledger"},
		{"GRANT INSERT ON sandpiper_heads TO PUBLIC", "REVOKE INSERT ON sandpiper_heads FROM PUBLIC", "it may write the ledger"},
		{"GRANT pg_read_all_settings TO " + role, "REVOKE pg_read_all_settings FROM " + role, "it is a member of pg_read_all_settings"},
		{"REVOKE " + role + " FROM " + l.host + "; GRANT " + l.host + " TO " + role, "REVOKE " + l.host + " FROM " + role, "it is a member of the runner's"},
	} {
		l.admin(c.spoil)
		l.refused(how, c.want)
		l.admin(c.mend)
	}
	l.refused(host.Confinement{Grants: how.Grants, Role: l.host}, "it is the runner's own", "CREATE ROLE NAME NOLOGIN", "leave role = … out")
	l.confine(how)
}

// A plugin that ran as its role does not run without it, and the other way round:
// neither would own what it has made. The way is the flag, and not to drop anything.
func TestConfinedAsBefore(t *testing.T) {
	for _, shared := range []bool{false, true} {
		l := newLodge(t, "CREATEROLE")
		with := host.Confinement{Grants: grants(t, abi.Capabilities{Shared: shared})}
		without := with
		without.WithoutRole = true

		l.plug(l.confine(with), "CREATE TABLE acme_t (n int)")
		err := l.refused(without, "leave out --without-role", l.admin(myRole))
		if strings.Contains(err, "drop") || strings.Contains(err, "rename") {
			t.Errorf("got %s, which is the plugin's", err)
		}
		if _, err := l.confine(with).Purge(t.Context(), purged()); err != nil {
			t.Fatal(err)
		}
		l.plug(l.confine(without), "CREATE TABLE acme_t (n int)")
		err = l.refused(with, "say --without-role", "without_role = true in [plugins.acme]")
		if strings.Contains(err, "drop") || strings.Contains(err, "ALTER") {
			t.Errorf("got %s, which is the plugin's", err)
		}
	}
}

const privileges = `SELECT string_agg(p, ', ' ORDER BY p) FROM (
	SELECT c.relname || ' ' || a.privilege_type p FROM pg_class c, aclexplode(relacl) a WHERE a.grantee = (%[1]s)::regrole AND relowner <> a.grantee
	UNION SELECT c.relname || '.' || t.attname || ' ' || a.privilege_type FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(attacl) a WHERE a.grantee = (%[1]s)::regrole
	UNION SELECT nspname || ' ' || a.privilege_type FROM pg_namespace, aclexplode(nspacl) a WHERE a.grantee = (%[1]s)::regrole AND nspowner <> a.grantee) u`

// The role may do what the grants say, no more and no less, however they change.
func TestConfinedPrivileges(t *testing.T) {
	l := newLodge(t, "CREATEROLE")
	l.admin("REVOKE ALL ON SCHEMA public FROM PUBLIC")
	sql := fmt.Sprintf(privileges, myRole)
	for _, c := range []struct {
		allowed abi.Capabilities
		want    string
	}{
		{abi.Capabilities{}, ""},
		{abi.Capabilities{Uses: []abi.Use{
			{Table: "flow_run", Verbs: []string{"select", "insert", "delete"}},
			{Table: "later", Verbs: []string{"select"}}}},
			"flow_run DELETE, flow_run INSERT, flow_run SELECT, flow_run_id_seq USAGE, public USAGE"},
		{abi.Capabilities{Uses: []abi.Use{
			{Table: "flow_run", Verbs: []string{"select", "update"}, Columns: []string{"id", "name", "later"}}}},
			"flow_run.id SELECT, flow_run.id UPDATE, flow_run.name SELECT, flow_run.name UPDATE, public USAGE"},
		{abi.Capabilities{Shared: true}, "public CREATE, public USAGE"},
		{abi.Capabilities{}, ""},
	} {
		confined := l.confine(host.Confinement{Grants: grants(t, c.allowed)})
		l.want(sql, c.want)
		if err := confined.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// By somebody else's hand, even where it covers what is granted.
	some := host.Confinement{Grants: grants(t, abi.Capabilities{Uses: []abi.Use{{Table: "flow_run", Verbs: []string{"select"}, Columns: []string{"id"}}}})}
	l.confine(some)
	role := l.admin(myRole)
	l.admin("GRANT ALL ON flow_run, other_t, flow_run_id_seq TO " + role + "; GRANT UPDATE (secret) ON flow_run TO " + role)
	c := l.confine(some)
	l.want(sql, "flow_run.id SELECT, public USAGE")

	postgres.WithoutWall(c)
	for sql, allowed := range map[string]bool{
		"SELECT id FROM public.flow_run":                      true,
		"SELECT secret FROM public.flow_run":                  false,
		"SELECT * FROM public.flow_run":                       false,
		"UPDATE public.flow_run SET id = 3":                   false,
		"SELECT id FROM public.later":                         false,
		"INSERT INTO public.sandpiper_heads VALUES ('x','y')": false,
	} {
		if err := l.try(c, sql); (err == nil) != allowed {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
