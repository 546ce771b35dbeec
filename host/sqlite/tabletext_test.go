package sqlite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// TestTextsAgree has SQLite read what package tabletext reads: the columns are
// the same, and what is edited is a table that SQLite accepts.
func TestTextsAgree(t *testing.T) {
	items := []string{
		"a", "[b c] INT", "`d` varchar ( 10 ) not null on conflict ignore", `"e" 'x' y DEFAULT -1.5e3 CHECK (e <> ')')`,
		"f DOUBLE PRECISION DEFAULT (1 + (2)) NOT NULL CONSTRAINT u UNIQUE ON CONFLICT FAIL", "key TEXT COLLATE nocase DEFAULT x'00'",
		"g INT GENERATED ALWAYS AS (a || ')') STORED", "h AS (1) NOT NULL", "i REFERENCES p(id) MATCH full ON DELETE SET NULL NOT DEFERRABLE INITIALLY DEFERRED",
		"always always DEFAULT CURRENT_TIMESTAMP -- always\n", "j INT/**/DEFAULT/* 1 */2 NULL", "generated", "k CONSTRAINT x CONSTRAINT y NOT NULL CONSTRAINT z",
		"'l''m' unsigned big int PRIMARY KEY DESC",
	}
	constraints := []string{"", ", CHECK (a) CHECK (a > '-- 1') CONSTRAINT v UNIQUE (a COLLATE nocase DESC, \"b c\")", ",\n FOREIGN KEY (a, d) REFERENCES p (x, y) ON UPDATE CASCADE DEFERRABLE CONSTRAINT z"}
	c := rawConn(t, ":memory:")
	for n := range 300 {
		var list []string
		for i, item := range items {
			if i < 4 || (n*(i+7)/3+i)%3 == 0 {
				list = append(list, item)
			}
		}
		for i := range list { // in another order
			j := (n*5 + i*3) % len(list)
			list[i], list[j] = list[j], list[i]
		}
		create(t, c, "CREATE TABLE main.t("+strings.Join(list, " , ")+constraints[n%3]+")")
		stored := columnsOf(t, c)
		table, err := tabletext.Parse(stored.sql)
		if err != nil {
			t.Fatalf("%s: %v", stored.sql, err)
		}
		var read []string
		for _, col := range table.Columns {
			read = append(read, col.Name)
		}
		if got := strings.Join(read, "|"); got != stored.names {
			t.Fatalf("%s has the columns %s, not %s", stored.sql, stored.names, got)
		}
		i := n % len(table.Columns)
		for _, edited := range []string{
			table.SetNotNull(i), table.DropNotNull(i), table.SetDefault(i, "7"), table.DropDefault(i), table.SetType(i, "TEXT"),
			table.AddConstraint(`CONSTRAINT "new" CHECK (a)`), table.Rename(`t"t`),
		} {
			if table.Columns[i].Find(tabletext.Generated) == nil || edited == table.SetNotNull(i) {
				create(t, c, edited)
			}
		}
		create(t, c, table.AddColumn("new INT"))
		if got := columnsOf(t, c).names; !strings.HasSuffix(got, "|new") {
			t.Errorf("the column is not the last of %s", got)
		}
		for _, k := range table.All() {
			if k.Kind == tabletext.Check || k.Kind == tabletext.Unique || k.Kind == tabletext.ForeignKey {
				create(t, c, table.Drop(k))
			}
		}
	}
}

type storedTable struct{ sql, names string }

func columnsOf(t *testing.T, c *sqlite3.Conn) (s storedTable) {
	t.Helper()
	stmt, _, err := c.Prepare("SELECT sql, (SELECT group_concat(name, '|') FROM pragma_table_xinfo('t')) FROM sqlite_schema WHERE name = 't'")
	if err != nil || !stmt.Step() {
		t.Fatal(err)
	}
	defer stmt.Close()
	return storedTable{stmt.ColumnText(0), stmt.ColumnText(1)}
}

// create creates a table in the place of the last one.
func create(t *testing.T, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(`DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS "t""t"`); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(sql); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}
