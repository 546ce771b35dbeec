package sqlite_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func loading(t *testing.T, to *abi.Load, rows ...[]abi.Value) func(host.Tx) error {
	return func(tx host.Tx) error {
		_, err := tx.Load(t.Context(), host.Statement{Ordinal: 4}, to, hosttest.Rowset(t, nil, rows...))
		return err
	}
}

func to(table string, columns ...string) *abi.Load { return &abi.Load{Table: table, Columns: columns} }

// A load takes what an INSERT into the same columns takes.
func TestConfinedLoad(t *testing.T) {
	_, _, confined := prisoner(t, func(c *abi.Capabilities) {
		c.Rows = 100
		c.Uses = []abi.Use{{Table: "flow_run", Verbs: []string{"insert"}, Columns: []string{"name"}}}
	})
	one, text := []abi.Value{abi.Int64(1000)}, []abi.Value{abi.Text("x")}
	for _, to := range []struct {
		*abi.Load
		row []abi.Value
	}{{to("acme_t", "id"), one}, {to("flow_run", "name"), text}} {
		if err := in(t.Context(), confined, loading(t, to.Load, to.row)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		to   *abi.Load
		row  []abi.Value
		want string
	}{
		"another column": {to("flow_run", "name", "secret"), []abi.Value{text[0], text[0]}, "flow_run"},
		"another table":  {to("other_t", "id"), one, "insert other_t"},
		"the ledger":     {to("sandpiper_history", "id"), one, "sandpiper_history"},
		"of somebody":    {to("acme_tools_keys", "k"), text, "acme_tools_keys"},
		"the schema":     {to("sqlite_schema", "sql"), text, "sqlite_"},
	} {
		err := in(t.Context(), confined, loading(t, c.to, c.row))
		t.Run(name, func(t *testing.T) { wantRefusal(t, err, c.want) })
	}
	var rows [][]abi.Value
	for i := range 101 {
		rows = append(rows, []abi.Value{abi.Int64(int64(i + 2000))})
	}
	err := in(t.Context(), confined, loading(t, to("acme_t", "id"), rows...))
	wantRefusal(t, err, "the migration wrote 101 of 100; it would need the grant rows = ")
	if err := in(t.Context(), confined, loading(t, to("acme_t", "id"), rows[:100]...)); err != nil {
		t.Errorf("100 rows of 100: %v", err)
	}
}

// A plugin's rows are loaded many at a time as well, and counted once: those that a
// failed statement had written by then are loaded anew one by one.
func TestConfinedLoadCountsRowsOnce(t *testing.T) {
	path := victim(t)
	raw(t, path, "CREATE TABLE flow_f (x INTEGER PRIMARY KEY ON CONFLICT FAIL)", "CREATE TABLE flow_r (x INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)")
	confined := confine(t, connect(t, open(t, "sqlite:"+path)), plugin(t, func(c *abi.Capabilities) {
		c.Rows = 600
		c.Uses = []abi.Use{{Table: "flow_f", Verbs: []string{"insert", "delete"}}, {Table: "flow_r", Verbs: []string{"insert"}}}
	}))
	t.Cleanup(func() { confined.Close() })
	var rows [][]abi.Value
	for i := range int64(1000) {
		rows = append(rows, []abi.Value{abi.Int64(i)})
	}
	twice := append(slices.Clone(rows[:499]), rows[7])
	for more, refused := range map[int]bool{101: false, 102: true} { // with 499 of the first load
		err := in(t.Context(), confined, func(tx host.Tx) error {
			if err := loading(t, to("flow_f", "x"), twice...)(tx); err == nil {
				t.Error("a key came twice")
			}
			if err := loading(t, to("flow_f", "x"), rows[500:500+more]...)(tx); err != nil {
				return err
			}
			return errors.New("enough")
		})
		switch {
		case refused:
			wantRefusal(t, err, "the migration wrote 601 of 600")
		case err == nil || err.Error() != "enough":
			t.Errorf("got %v of 600 rows", err)
		}
	}
	err := in(t.Context(), confined, loading(t, to("flow_r", "x"), twice...))
	var failed *host.SQLError
	if !errors.As(err, &failed) || failed.Detail != "in one of the rows 251 to 500 of the load" {
		t.Errorf("got %v, %+v: the rows are not loaded many at a time", err, failed)
	}
}

// Large rows are loaded one after the other: all of a bundle would be in memory twice,
// of which a plugin has little.
func TestLoadOfLargeRows(t *testing.T) {
	conn := connect(t, open(t, sqlite.Memory))
	mustRun(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT ROLLBACK, b)")
	large := abi.Bytes(make([]byte, 255<<10))
	var rows [][]abi.Value
	for i := range int64(125) {
		rows = append(rows, []abi.Value{abi.Int64(i), large})
	}
	rows[119][0] = abi.Int64(3)
	err := in(t.Context(), conn, loading(t, to("t", "a", "b"), rows...))
	var failed *host.SQLError
	if !errors.As(err, &failed) || failed.Detail != "in row 120 of the load" {
		t.Errorf("got %v, %+v", err, failed)
	}
}

// What a column can't hold is refused with its row.
func TestLoadRefusals(t *testing.T) {
	conn := connect(t, open(t, sqlite.Memory))
	mustRun(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY, g AS (a + 1) STORED, b) ", "CREATE TABLE s (a INT, b TEXT) STRICT")
	for _, c := range []struct {
		to    *abi.Load
		value abi.Value
		want  string
	}{
		{to("t", "b"), abi.Float64(math.NaN()), "NaN"},
		{to("t", "b"), abi.Timestamp(math.MaxInt64), "no dates outside"},
		{to("t", "a"), abi.Text("x"), "datatype mismatch"},
		{to("t", "g"), abi.Int64(1), "generated column"},
		{to("s", "a"), abi.Text("x"), "cannot store TEXT value in INT column"},
		{to("s", "b"), abi.Bytes([]byte{1}), "cannot store BLOB value in TEXT column"},
		{to("t", "b\x00"), abi.Int64(1), "NUL"},
	} {
		err := in(t.Context(), conn, loading(t, c.to, []abi.Value{c.value}))
		var refused *host.SQLError
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, c.want) || refused.Ordinal != 4 {
			t.Errorf("%v: got %v, want %q", c.to, err, c.want)
		} else if refused.Detail == "" && c.want != "NUL" && c.want != "generated column" {
			t.Errorf("%v: %v names no row", c.to, err)
		}
	}
}

// A number of which a column of numeric affinity would make another one is refused,
// and one that it keeps is not.
func TestLoadNumericsOutOfRange(t *testing.T) {
	conn := connect(t, open(t, sqlite.Memory))
	mustRun(t, conn, "CREATE TABLE t (i INTEGER, r REAL, n NUMERIC, x TEXT)")
	zeros := strings.Repeat("0", 400)
	for number, want := range map[string]string{
		"1e400": "an infinity instead", "-1E+400": "an infinity instead", "1" + zeros: "an infinity instead",
		"1e-400": "0 or a few digits", "-0." + zeros + "1": "0 or a few digits", "1.23456789e-320": "0 or a few digits",
		"12345678901234567890": "15 digits", "1234567890.123456": "15 digits",
		"1e300": "", "2.5e-300": "", "0": "", "-0.000": "", "0e999": "", "0." + zeros: "", "123456789012345": "", "NaN": "", "Infinity": "", "-Infinity": "",
	} {
		for _, column := range []string{"i", "r", "n", "x"} {
			err := in(t.Context(), conn, loading(t, to("t", column), []abi.Value{abi.Numeric(number)}))
			switch {
			case want == "" || column == "x":
				if err != nil {
					t.Errorf("%.30s in %s: %v", number, column, err)
				}
			case err == nil || !strings.Contains(err.Error(), "SQLite would keep "+want) || len(err.Error()) > 300:
				t.Errorf("%.30s in %s: got %v, want %q", number, column, err, want)
			}
		}
	}
}

// A load sends many rows at a time. One that fails is named all the same, and leaves
// what an INSERT of each row would have left, however the table resolves conflicts.
func TestLoadNamesTheRow(t *testing.T) {
	for _, c := range []struct {
		resolve string
		detail  string
	}{
		{"ABORT", "in row 777 of the load"},
		{"FAIL", "in row 777 of the load"},
		{"ROLLBACK", "in one of the rows 751 to 875 of the load"},
		{"IGNORE", ""},
		{"REPLACE", ""},
	} {
		t.Run(c.resolve, func(t *testing.T) {
			conn := connect(t, open(t, sqlite.Memory))
			mustRun(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT "+c.resolve+", b)")
			var rows [][]abi.Value
			for i := range int64(1001) {
				rows = append(rows, []abi.Value{abi.Int64(i), abi.Int64(i)})
			}
			rows[776][0] = abi.Int64(3)
			err := in(t.Context(), conn, func(tx host.Tx) error {
				n, err := tx.Load(t.Context(), host.Statement{Ordinal: 4}, to("t", "a", "b"), hosttest.Rowset(t, nil, rows...))
				if err == nil && n != map[string]int64{"IGNORE": 1000, "REPLACE": 1001}[c.resolve] {
					t.Errorf("%d rows were affected", n)
				}
				return err
			})
			var refused *host.SQLError
			if c.detail == "" {
				want := map[string]string{"IGNORE": "1000 3", "REPLACE": "1000 776"}[c.resolve]
				if got := value(t, conn, "SELECT count(*) || ' ' || max(CASE a WHEN 3 THEN b END) FROM t"); err != nil || got != want {
					t.Errorf("got %v and %s, want %s", err, got, want)
				}
			} else if !errors.As(err, &refused) || refused.Detail != c.detail || refused.Ordinal != 4 {
				t.Errorf("got %v, %+v", err, refused)
			}
		})
	}
}

// What was loaded before a row that fails is there to go on with, as after an INSERT
// of each row.
func TestLoadGoesOnAfterAnError(t *testing.T) {
	conn := connect(t, open(t, sqlite.Memory))
	mustRun(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
	var rows [][]abi.Value
	for i := range int64(300) {
		rows = append(rows, []abi.Value{abi.Int64(i), abi.Int64(i)})
	}
	rows[200][0] = abi.Int64(3)
	if err := in(t.Context(), conn, func(tx host.Tx) error {
		if _, err := tx.Load(t.Context(), host.Statement{}, to("t", "a", "b"), hosttest.Rowset(t, nil, rows...)); err == nil {
			t.Error("a key came twice")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := value(t, conn, "SELECT count(*) FROM t"); got != "200" {
		t.Errorf("%s rows are there", got)
	}
}
