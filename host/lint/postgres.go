package lint

import (
	"errors"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// errUnread is the error of a statement that is too large to be looked at.
var errUnread = errors.New("too large or nested too deeply to be looked at")

// errBlock is the error of a block of code, which is not looked at.
var errBlock = errors.New("a block of code")

// readPostgres reads statements for PostgreSQL.
func readPostgres(sql string) (reading, error) {
	r := postgresReader{sql: sql}
	nodes, err := grammar.Parse(sql)
	if errors.Is(err, grammar.ErrTooLarge) {
		return reading{}, errUnread
	} else if err != nil {
		return reading{}, err
	}
	for _, n := range nodes {
		r.statement(n)
		r.uses = append(r.uses, usesIn(n)...)
	}
	if r.block {
		return r.reading, errBlock
	}
	return r.reading, nil
}

// A postgresReader makes changes of parsed statements.
type postgresReader struct {
	reading
	sql   string
	block bool // there is a DO
}

// shareLock is the weakest lock of a table that keeps others from writing.
//
// https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
const shareLock = 5

// relation returns the name of a table. The schema of most tables is not said,
// so the one that most are in is left out.
func relation(n grammar.Node) table {
	if s := n.Text("schemaname"); s != "" && s != "public" {
		return table(s + "." + n.Text("relname"))
	}
	return table(n.Text("relname"))
}

// qualified does the same with a list of parts.
func qualified(parts []string) string {
	if len(parts) > 1 && parts[0] == "public" {
		parts = parts[1:]
	}
	return strings.Join(parts, ".")
}

// option reports whether a list of options has one that is on.
//
// https://www.postgresql.org/docs/current/sql-vacuum.html (boolean)
func option(n grammar.Node, list, name string) bool {
	return slices.ContainsFunc(n.List(list), func(o grammar.Node) bool {
		value := o.Node("arg")
		if o.Text("defname") != name {
			return false
		}
		on := value.Text("sval") // TRUE and FALSE are texts here
		return !value.There() || on == "true" || on == "on" || value.Int("ival") == 1
	})
}

// off reports whether a list of options has one that says false.
func off(n grammar.Node, list, name string) bool {
	there := slices.ContainsFunc(n.List(list), func(o grammar.Node) bool { return o.Text("defname") == name })
	return there && !option(n, list, name)
}

func (r *postgresReader) statement(n grammar.Node) {
	on := relation(n.Node("relation"))
	at := n.Node("relation").At()
	r.setting(n)
	switch n.Kind {
	case "CreateStmt":
		r.createTable(n)
	case "AlterTableStmt":
		r.alterTable(on, at, n)
	case "RenameStmt":
		r.rename(on, n)
	case "CreateSubscriptionStmt":
		if !off(n, "options", "create_slot") && !off(n, "options", "connect") {
			r.add(0, runsOutside{what: "CREATE SUBSCRIPTION that makes a replication slot"})
		}
	case "AlterObjectSchemaStmt":
		if n.Text("objectType") == "OBJECT_TABLE" {
			r.add(at, renameTable{on, n.Text("newschema") + "." + n.Node("relation").Text("relname")})
		}
	case "DropStmt":
		r.drop(n)
	case "IndexStmt":
		e := createIndex{table: on, name: n.Text("idxname"), concurrently: n.True("concurrent"), only: !n.Node("relation").True("inh")}
		for _, c := range n.List("indexParams") {
			if c.Text("name") == "" {
				break
			}
			e.columns = append(e.columns, c.Text("name"))
		}
		if where := n.Node("whereClause"); where.There() {
			// Rows that refer to none are not looked for.
			e.partial = !where.Is("NullTest") || len(e.columns) == 0 || !slices.Equal(proven(where), e.columns[:1])
		}
		if method := n.Text("accessMethod"); method != "btree" && method != "hash" {
			e.columns = nil // it does not find one row
		}
		if e.concurrently {
			r.add(0, runsOutside{what: "CREATE INDEX CONCURRENTLY"})
		}
		r.add(0, e)
	case "ReindexStmt":
		r.reindex(on, n)
	case "ClusterStmt":
		r.add(0, rewrite{on, "CLUSTER sorts and writes it anew"})
	case "VacuumStmt":
		r.vacuum(n)
	case "TruncateStmt":
		for _, t := range n.List("relations") {
			r.add(t.At(), truncate{relation(t)})
		}
		r.cascade(n, "TRUNCATE")
	case "LockStmt":
		for _, t := range n.List("relations") {
			if n.Int("mode") >= shareLock {
				r.add(t.At(), lockTable{relation(t)})
			}
		}
	case "RefreshMatViewStmt":
		r.add(at, refreshView{on, n.True("concurrent")})
	case "ViewStmt", "CreateSchemaStmt", "CreateEnumStmt", "CompositeTypeStmt", "CreateDomainStmt", "AlterDomainStmt", "DropOwnedStmt":
		r.object(n)
	case "DoStmt":
		r.block = true
	case "AlterEnumStmt":
		enum := qualified(n.Strings("typeName"))
		if was := n.Text("oldVal"); was != "" {
			r.add(0, renameEnumValue{enum: enum, value: was})
		} else {
			r.add(0, addEnumValue{enum: enum, value: n.Text("newVal")})
		}
	case "CreatedbStmt", "DropdbStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterSystemStmt":
		r.add(0, runsOutside{what: "a statement about databases, tablespaces or the server"})
	default:
		r.rows(n)
	}
}

// rows reads what changes rows, or makes a table of some.
func (r *postgresReader) rows(n grammar.Node) {
	on := relation(n.Node("relation"))
	switch n.Kind {
	case "UpdateStmt":
		r.add(0, writeRows{on, "UPDATE"})
	case "DeleteStmt":
		r.add(0, writeRows{on, "DELETE"})
	case "MergeStmt":
		r.add(0, writeRows{on, "MERGE"})
	case "InsertStmt":
		query := n.Node("selectStmt")
		if query.Is("SelectStmt") && len(query.List("valuesLists")) == 0 {
			r.add(0, writeRows{on, "INSERT … SELECT"})
		}
	case "CreateTableAsStmt":
		into := n.Node("into").Node("rel") // a materialized view has indexes and locks as a table has
		r.add(into.At(), createTable{table: relation(into), ifNotExists: n.True("if_not_exists")})
	case "SelectStmt":
		if into := n.Node("intoClause").Node("rel"); into.There() {
			r.add(into.At(), createTable{table: relation(into)})
		}
		for _, with := range n.Node("withClause").List("ctes") {
			r.written(with.Node("ctequery"))
		}
	}
}

// written notes which rows a query of a WITH changes.
func (r *postgresReader) written(n grammar.Node) {
	verbs := map[string]string{"UpdateStmt": "UPDATE", "DeleteStmt": "DELETE", "MergeStmt": "MERGE"}
	if verb := verbs[n.Kind]; verb != "" {
		r.add(n.Node("relation").At(), writeRows{relation(n.Node("relation")), verb})
	}
}

func (r *postgresReader) rename(on table, n grammar.Node) {
	at := n.Node("relation").At()
	switch {
	case n.Text("renameType") == "OBJECT_TABLE":
		to := n.Text("newname")
		if schema, _, ok := strings.Cut(string(on), "."); ok {
			to = schema + "." + to
		}
		r.add(at, renameTable{on, to})
	case n.Text("renameType") == "OBJECT_COLUMN" && n.Text("relationType") == "OBJECT_TABLE":
		r.add(at, renameColumn{on, n.Text("subname"), n.Text("newname")})
	default:
		r.renamed(n)
	}
}

func (r *postgresReader) drop(n grammar.Node) {
	cascade := n.Text("behavior") == "DROP_CASCADE"
	if n.True("concurrent") && len(n.List("objects")) > 1 {
		r.add(0, refused{why: "DROP INDEX CONCURRENTLY takes one index"})
	}
	for _, object := range n.List("objects") {
		name := qualified(object.Strings("items"))
		switch n.Text("removeType") {
		case "OBJECT_TABLE":
			r.add(0, dropTable{table(name), cascade})
			continue
		case "OBJECT_INDEX":
			if n.True("concurrent") {
				r.add(0, runsOutside{what: "DROP INDEX CONCURRENTLY"})
			}
			r.add(0, dropIndex{name: name, concurrently: n.True("concurrent")})
		default:
			r.dropped(n, object)
		}
		r.cascade(n, "DROP")
	}
}

// cascade notes a CASCADE of something other than a table.
func (r *postgresReader) cascade(n grammar.Node, what string) {
	if n.Text("behavior") == "DROP_CASCADE" {
		r.add(0, dropCascade{what: what})
	}
}

func (r *postgresReader) reindex(on table, n grammar.Node) {
	concurrently := option(n, "params", "concurrently")
	if whole := n.Text("kind"); whole != "REINDEX_OBJECT_INDEX" && whole != "REINDEX_OBJECT_TABLE" || concurrently {
		r.add(0, runsOutside{what: "REINDEX of a schema or a database, or CONCURRENTLY"})
	}
	what := string(on)
	if what == "" {
		what = n.Text("name")
	}
	if n.Text("kind") == "REINDEX_OBJECT_INDEX" {
		on = ""
	}
	r.add(0, reindex{on, what, concurrently})
}

func (r *postgresReader) vacuum(n grammar.Node) {
	if !n.True("is_vacuumcmd") {
		return // ANALYZE
	}
	r.add(0, runsOutside{what: "VACUUM"})
	if !option(n, "options", "full") {
		return
	}
	for _, rel := range n.List("rels") {
		r.add(0, rewrite{relation(rel.Node("relation")), "VACUUM FULL writes it anew"})
	}
	if len(n.List("rels")) == 0 {
		r.add(0, rewrite{how: "VACUUM FULL writes all tables anew"})
	}
}
