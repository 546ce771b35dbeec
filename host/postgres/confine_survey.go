package postgres

import (
	"context"
	"strconv"
)

// A survey is what there is of a plugin's quarters.
type survey struct {
	session, user string // who the session is, and acts as
	super         bool   // it is a superuser
	creates       bool   // it may create roles
	makesSchemas  bool   // it may create schemas
	limitsTemp    bool   // it may lower temp_file_limit, and there is something to lower

	role    roleFacts
	home    schemaFacts
	shared  schemaFacts
	records bool // the table of what plugins without a role own is there
	homed   bool // and says that the schema is this plugin's

	// other is who owns what the plugin made when it ran the other way: its role,
	// where it is to have none, or the runner, where it is to have one. "" if it
	// has made nothing so.
	other string

	held   []privilege // that the role has on what it does not own
	tables map[string]*tableFacts
}

type roleFacts struct {
	exists   bool
	comment  string
	powerful string // why it is no wall, "" if it is one
	entered  bool   // the session may enter it
	acts     bool   // and who it acts as may give things to it
}

type schemaFacts struct {
	exists   bool
	owner    string
	ours     bool // the runner may grant it
	everyone map[string]bool
}

// tableFacts are those of a table that a grant names.
type tableFacts struct {
	ours      bool // the runner may grant it
	columns   []string
	sequences []sequenceFacts // that its columns take their defaults from
}

type sequenceFacts struct {
	name string // qualified
	ours bool
}

// A privilege is a verb on an object, or on a column of a table.
type privilege struct {
	object string // "TABLE public.t"
	verb   string // "SELECT"
	column string // quoted, "" for the whole object
	ours   bool   // the runner may grant and revoke it
}

// survey looks at everything, and changes nothing.
func (w *confined) survey(ctx context.Context) (*survey, error) {
	q := &w.quarters
	s := &survey{tables: map[string]*tableFacts{}}
	items := []item{s.whoItem(w.c.version), s.schemaItem(&s.home, q.home), s.schemaItem(&s.shared, q.shared)}
	items = append(items, item{sql: `SELECT pg_catalog.to_regclass($1) IS NOT NULL`, values: [][]byte{[]byte(w.c.table(ownedTable))},
		row: func(v [][]byte) error { s.records = isTrue(v[0]); return nil }})
	if q.role == "" {
		items = append(items, s.asRoleItem(w))
		if err := w.c.main.do(ctx, items...); err != nil || !s.records {
			return s, err
		}
		return s, w.c.main.do(ctx, item{sql: `SELECT FROM ` + w.c.table(ownedTable) + ` WHERE line = $1 AND kind = 'schema' AND name = $2`,
			values: [][]byte{[]byte(q.line()), []byte(q.home)}, row: func([][]byte) error { s.homed = true; return nil }})
	}
	items = append(items, s.roleItem(q, w.c.version), s.heldItem(q), s.columnsItem(q), s.sequencesItem(q))
	if err := w.c.main.do(ctx, items...); err != nil || !s.records {
		return s, err
	}
	return s, w.c.main.do(ctx, s.withoutRoleItem(w))
}

// asRoleItem looks for what the plugin owns as its role. Of what a role that
// somebody has named has in a shared schema nobody knows whether it is the plugin's.
func (s *survey) asRoleItem(w *confined) item {
	q := &w.quarters
	return item{
		sql: `SELECT r.rolname FROM pg_catalog.pg_roles r
WHERE r.rolname = $1 AND (EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = $2 AND n.nspname <> $3 AND n.nspowner = r.oid)
  OR pg_catalog.shobj_description(r.oid, 'pg_authid') = $4 AND EXISTS (SELECT FROM (` + objects + `) o WHERE o.schema = $2 AND o.ownerid = r.oid))`,
		values: [][]byte{[]byte(q.unused), []byte(q.home), []byte(q.shared), []byte(w.c.mark(q))},
		row:    func(v [][]byte) error { s.other = string(v[0]); return nil },
	}
}

// withoutRoleItem looks for what the plugin owns without its role: what is recorded
// and has not been given to the role since.
func (s *survey) withoutRoleItem(w *confined) item {
	q := &w.quarters
	return item{
		sql: `SELECT owner FROM (
  SELECT 'schema' AS kind, n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner FROM pg_catalog.pg_namespace n WHERE n.nspname = $1
  UNION ALL SELECT o.kind, o.name, o.owner FROM (` + objects + `) o WHERE o.schema = $1
) o JOIN ` + w.c.table(ownedTable) + ` r USING (kind, name) WHERE r.line = $2 AND owner <> $3 LIMIT 1`,
		values: [][]byte{[]byte(q.home), []byte(q.line()), []byte(q.role)},
		row:    func(v [][]byte) error { s.other = string(v[0]); return nil },
	}
}

func (s *survey) whoItem(version int) item {
	sets := "u.rolsuper"
	if version >= 150000 {
		sets += " OR pg_catalog.has_parameter_privilege('temp_file_limit', 'SET')"
	}
	return item{
		sql: `SELECT session_user, current_user, u.rolsuper, u.rolsuper OR u.rolcreaterole,
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
  (` + sets + `) AND (SELECT t.setting = '-1' OR t.setting::bigint > ` + strconv.Itoa(tempFileLimit) + `
    FROM pg_catalog.pg_settings t WHERE t.name = 'temp_file_limit')
FROM pg_catalog.pg_roles u WHERE u.rolname = current_user`,
		row: func(v [][]byte) error {
			s.session, s.user, s.super, s.creates = string(v[0]), string(v[1]), isTrue(v[2]), isTrue(v[3])
			s.makesSchemas, s.limitsTemp = isTrue(v[4]), isTrue(v[5])
			return nil
		},
	}
}

// quotedName is what quoteIdent is, in SQL.
func quotedName(column string) string {
	return `'"' || pg_catalog.replace(` + column + `, '"', '""') || '"'`
}

func (s *survey) schemaItem(to *schemaFacts, name string) item {
	return item{
		sql: `SELECT pg_catalog.pg_get_userbyid(n.nspowner), pg_catalog.pg_has_role(n.nspowner, 'USAGE'),
  pg_catalog.has_schema_privilege('public', n.oid, 'USAGE'), pg_catalog.has_schema_privilege('public', n.oid, 'CREATE')
FROM pg_catalog.pg_namespace n WHERE n.nspname = $1`,
		values: [][]byte{[]byte(name)},
		row: func(v [][]byte) error {
			*to = schemaFacts{true, string(v[0]), isTrue(v[1]), map[string]bool{"USAGE": isTrue(v[2]), "CREATE": isTrue(v[3])}}
			return nil
		},
	}
}

// roleItem looks at the role. One that may do more than its grants is no wall, and
// neither is a member of another such role, or of one of the server's own, which
// read and write what they like.
//
// https://www.postgresql.org/docs/current/role-attributes.html,
// https://www.postgresql.org/docs/current/predefined-roles.html
func (s *survey) roleItem(q *quarters, version int) item {
	enter := "MEMBER"
	if version >= 160000 {
		enter = "SET"
	}
	return item{
		sql: `SELECT coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), ''),
  CASE WHEN r.rolname IN (session_user, current_user) THEN 'it is the runner''s own'
    WHEN r.rolsuper THEN 'it is a superuser'
    WHEN r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
      THEN 'it has one of the attributes CREATEROLE, CREATEDB, REPLICATION and BYPASSRLS'
    WHEN pg_catalog.pg_has_role(r.oid, session_user, 'MEMBER') OR pg_catalog.pg_has_role(r.oid, current_user, 'MEMBER')
      THEN 'it is a member of the runner''s'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $3 AND c.relname LIKE 'sandpiper\_%' AND c.relkind = 'r'
          AND pg_catalog.has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
      THEN 'it may write the ledger'
    ELSE coalesce((SELECT 'it is a member of ' || min(m.rolname) FROM pg_catalog.pg_roles m
      WHERE m.oid <> r.oid AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER')
        AND (m.rolname LIKE 'pg\_%' OR m.rolsuper OR m.rolcreaterole OR m.rolcreatedb OR m.rolreplication OR m.rolbypassrls)), '') END,
  pg_catalog.pg_has_role(session_user, r.oid, $2), pg_catalog.pg_has_role(current_user, r.oid, $2)
FROM pg_catalog.pg_roles r WHERE r.rolname = $1`,
		values: [][]byte{[]byte(q.role), []byte(enter), []byte(q.shared)},
		row: func(v [][]byte) error {
			s.role = roleFacts{true, string(v[0]), string(v[1]), isTrue(v[2]), isTrue(v[3])}
			return nil
		},
	}
}

// heldItem lists the role's privileges on what it does not own. Of schemas only
// the ledger's is the runner's business.
//
// https://www.postgresql.org/docs/current/ddl-priv.html
func (s *survey) heldItem(q *quarters) item {
	return item{
		sql: `WITH r AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1)
SELECT 'SCHEMA ' || ` + quotedName("n.nspname") + `, a.privilege_type, '', pg_catalog.pg_has_role(n.nspowner, 'USAGE')
  FROM r, pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
  WHERE a.grantee = r.oid AND n.nspowner <> r.oid AND n.nspname = $2
UNION
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || ` + quotedName("n.nspname") + ` || '.' || ` + quotedName("c.relname") + `,
    a.privilege_type, '', pg_catalog.pg_has_role(c.relowner, 'USAGE')
  FROM r, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, pg_catalog.aclexplode(c.relacl) a
  WHERE a.grantee = r.oid AND c.relowner <> r.oid
UNION
SELECT 'TABLE ' || ` + quotedName("n.nspname") + ` || '.' || ` + quotedName("c.relname") + `,
    a.privilege_type, ` + quotedName("t.attname") + `, pg_catalog.pg_has_role(c.relowner, 'USAGE')
  FROM r, pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, pg_catalog.aclexplode(t.attacl) a
  WHERE a.grantee = r.oid AND c.relowner <> r.oid AND NOT t.attisdropped`,
		values: [][]byte{[]byte(q.role), []byte(q.shared)},
		row: func(v [][]byte) error {
			s.held = append(s.held, privilege{string(v[0]), string(v[1]), string(v[2]), isTrue(v[3])})
			return nil
		},
	}
}

// columnsItem lists the columns of the tables that the grants name, but for
// those that are the plugin's own.
func (s *survey) columnsItem(q *quarters) item {
	return item{
		sql: `SELECT c.relname, pg_catalog.pg_has_role(c.relowner, 'USAGE'), t.attname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
WHERE n.nspname = $1 AND c.relname = ANY ($2::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND pg_catalog.pg_get_userbyid(c.relowner) <> $3
ORDER BY c.relname, t.attnum`,
		values: [][]byte{[]byte(q.shared), q.usedTables(), []byte(q.role)},
		row: func(v [][]byte) error {
			t := s.tables[string(v[0])]
			if t == nil {
				t = &tableFacts{ours: isTrue(v[1])}
				s.tables[string(v[0])] = t
			}
			t.columns = append(t.columns, string(v[2]))
			return nil
		},
	}
}

// sequencesItem lists the sequences of their serial columns, whose defaults ask
// for a privilege. Those of identity columns ask for none.
func (s *survey) sequencesItem(q *quarters) item {
	return item{
		sql: `SELECT t.relname, ` + quotedName("n.nspname") + ` || '.' || ` + quotedName("c.relname") + `, pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
JOIN pg_catalog.pg_namespace m ON m.oid = t.relnamespace
WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'a'
  AND m.nspname = $1 AND t.relname = ANY ($2::text[])
ORDER BY 1, 2`,
		values: [][]byte{[]byte(q.shared), q.usedTables()},
		row: func(v [][]byte) error {
			if t := s.tables[string(v[0])]; t != nil {
				t.sequences = append(t.sequences, sequenceFacts{string(v[1]), isTrue(v[2])})
			}
			return nil
		},
	}
}

func (q *quarters) usedTables() []byte {
	var names []string
	for _, u := range q.grants.Allowed.Uses {
		names = append(names, u.Table)
	}
	return textArray(names)
}
