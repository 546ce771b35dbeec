package sqlite_test

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// A tester is a *testing.T or a *rapid.T.
type tester interface {
	rapid.TB
	Context() context.Context
	Cleanup(func())
}

// memory opens a new database in memory, and returns a name by which a
// connection without Sandpiper finds it.
func memory(t tester) (conn host.Conn, name string) {
	db, err := sqlite.Open(sqlite.Memory, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		name = "file:" + c.Filename("main").String() + "?vfs=memdb"
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	conn, err = db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, name
}

// A plainDB is a connection without Sandpiper.
type plainDB struct {
	t tester
	*sqlite3.Conn
}

func plainOpen(t tester, name string) *plainDB {
	c, err := sqlite3.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &plainDB{t, c}
}

func (db *plainDB) must(sqls ...string) {
	for _, sql := range sqls {
		if err := db.Exec(sql); err != nil {
			db.t.Fatalf("the test's own statement failed: %v: %s", err, sql)
		}
	}
}

// rows returns the rows of a query, each as text that says the types as well.
func (db *plainDB) rows(sql string) (rows []string, err error) {
	s, _, err := db.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for s.Step() {
		var b strings.Builder
		for i := range s.ColumnCount() {
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(typed(s, i))
		}
		rows = append(rows, b.String())
	}
	return rows, s.Err()
}

func typed(s *sqlite3.Stmt, i int) string {
	switch s.ColumnType(i) {
	case sqlite3.INTEGER:
		return strconv.FormatInt(s.ColumnInt64(i), 10)
	case sqlite3.FLOAT:
		return fmt.Sprintf("real %x", math.Float64bits(s.ColumnFloat(i)))
	case sqlite3.TEXT:
		return strconv.Quote(string(s.ColumnRawText(i)))
	case sqlite3.BLOB:
		return fmt.Sprintf("blob %x", s.ColumnRawBlob(i))
	}
	return "NULL"
}

func (db *plainDB) mustRows(sql string) []string {
	rows, err := db.rows(sql)
	if err != nil {
		db.t.Fatalf("%v: %s", err, sql)
	}
	return rows
}

// texts returns the SQL of every object but internal ones.
func (db *plainDB) texts() map[string]string {
	s, _, err := db.Prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite@_%' ESCAPE '@'")
	if err != nil {
		db.t.Fatal(err)
	}
	defer s.Close()
	texts := map[string]string{}
	for s.Step() {
		texts[s.ColumnText(0)] = s.ColumnText(1)
	}
	if err := s.Err(); err != nil {
		db.t.Fatal(err)
	}
	return texts
}

// describe returns what SQLite says of the database: its objects, what the
// pragmas say of its tables and indexes, and its rows. A text that must not be
// compared is left out. Key and value are for people.
func (db *plainDB) describe(skip map[string]bool) map[string]string {
	d := map[string]string{"objects": lines(db.mustRows("SELECT type, name, tbl_name FROM sqlite_schema"))}
	for _, name := range db.names("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@'") {
		db.describeTable(d, name, skip)
	}
	return d
}

func (db *plainDB) describeTable(d map[string]string, name string, skip map[string]bool) {
	arg := "'" + sqlText(name) + "'"
	d["options of "+name] = lines(db.mustRows("SELECT type, ncol, wr, strict FROM pragma_table_list WHERE name = " + arg))
	var columns []string
	list := ""
	for i, c := range db.names("SELECT name FROM pragma_table_xinfo(" + arg + ")") {
		columns = append(columns, c)
		if skip[c] {
			continue
		}
		if list != "" {
			list += ", "
		}
		list += quoted(c)
		// Type and default are texts of the table: white space is nothing.
		d[fmt.Sprintf("column %d of %s", i, name)] = squeeze(lines(db.mustRows(fmt.Sprintf("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(%s) WHERE cid = %d", arg, i))))
	}
	d["foreign keys of "+name] = lines(db.mustRows("SELECT \"table\", \"from\", \"to\", on_update, on_delete, \"match\", seq FROM pragma_foreign_key_list(" + arg + ")"))
	d["indexes of "+name] = lines(db.mustRows("SELECT name, \"unique\", origin, partial FROM pragma_index_list(" + arg + ")"))
	for _, index := range db.names("SELECT name FROM pragma_index_list(" + arg + ")") {
		d["columns of index "+index] = lines(db.mustRows("SELECT seqno, cid, name, \"desc\", coll, key FROM pragma_index_xinfo('" + sqlText(index) + "')"))
	}
	if list == "" {
		return
	}
	list = firstRowid(db, arg, columns) + list
	rows, err := db.rows("SELECT " + list + " FROM " + quoted(name))
	if err != nil {
		rows = []string{err.Error()}
	}
	d["rows of "+name] = lines(rows)
}

// firstRowid returns the name of the rowid and a comma, "" if there is none.
func firstRowid(db *plainDB, arg string, columns []string) string {
	if len(db.mustRows("SELECT 1 FROM pragma_table_list WHERE type = 'table' AND wr = 0 AND name = "+arg)) == 0 {
		return ""
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		taken := false
		for _, c := range columns {
			taken = taken || strings.EqualFold(c, name)
		}
		if !taken {
			return name + ", "
		}
	}
	return ""
}

// names returns the texts of the one column of a query.
func (db *plainDB) names(sql string) (list []string) {
	s, _, err := db.Prepare(sql)
	if err != nil {
		db.t.Fatalf("%v: %s", err, sql)
	}
	defer s.Close()
	for s.Step() {
		list = append(list, s.ColumnText(0))
	}
	if err := s.Err(); err != nil {
		db.t.Fatalf("%v: %s", err, sql)
	}
	return list
}

// lines returns rows in an order of their own.
func lines(rows []string) string {
	sort.Strings(rows)
	return strings.Join(rows, "\n")
}

func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", ",", " , ").Replace(s)), " ")
}

func sqlText(s string) string { return strings.ReplaceAll(s, "'", "''") }
