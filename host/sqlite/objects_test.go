package sqlite_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3/ext/fts5"
	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

func objects(t tester, conn host.Conn) []host.Object {
	t.Helper()
	found, err := conn.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// script is the SQL of a schema.
func script(objects []host.Object) string {
	var b strings.Builder
	for _, o := range objects {
		b.WriteString(o.SQL + "\n")
	}
	return b.String()
}

// loads runs the SQL of a schema in an empty database and wants the same.
func loads(t tester, want []host.Object) {
	t.Helper()
	db, err := sqlite.Open(sqlite.Memory, sqlite.WithFunctions(fts5.Register))
	if err != nil {
		t.Fatal(err)
	}
	handle, err := sqlite.SQL(db)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	if _, err := handle.ExecContext(t.Context(), script(want)); err != nil {
		t.Fatalf("%v:\n%s", err, script(want))
	}
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got := objects(t, conn)
	if differences := host.CompareObjects(want, got); len(differences) > 0 || script(got) != script(want) {
		t.Fatalf("the schema differs in %+v:\n%s\nwas\n%s", differences, script(got), script(want))
	}
}

func TestObjects(t *testing.T) {
	_, conn := file(t, sqlite.WithFunctions(fts5.Register))
	if got := objects(t, conn); len(got) > 0 {
		t.Errorf("no file has %v", got)
	}
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), conn, `{"create_enum":{"name":"state","values":["it's","NEW"]}}`); err != nil {
		t.Fatal(err)
	}
	mustRun(t, conn,
		"CREATE VIEW \"a view\" (n) AS SELECT count(*) FROM later -- of a view\n",
		"CREATE TRIGGER rows INSTEAD OF DELETE ON \"a view\" BEGIN INSERT INTO z (name) VALUES ('x;y'); DELETE FROM z; END",
		"CREATE VIEW later AS SELECT * FROM z",
		"CREATE TABLE IF NOT EXISTS main.z (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, a REFERENCES a)",
		"CREATE TABLE a (x TEXT PRIMARY KEY, z REFERENCES z) WITHOUT ROWID -- the end",
		"CREATE UNIQUE INDEX z_name ON z (lower(name) DESC) WHERE a",
		"CREATE VIRTUAL TABLE words USING fts5 (Word, tokenize = 'porter')",
		"CREATE TABLE sandpiper_sightings (seen)", // which is not Sandpiper's
		"CREATE INDEX sandpiper_seen ON sandpiper_sightings (seen)",
		"INSERT INTO z (name) VALUES ('x')",
		"ANALYZE",
	)
	got := objects(t, conn)
	var list []string
	for _, o := range got {
		list = append(list, string(o.Kind)+" "+o.Name+" on "+o.Table+": "+strings.Join(o.Facts, "; "))
	}
	want := []string{
		"type state on : enum ('it''s', 'NEW')",
		"table a on : column x text not null; column z; foreign key (z) references z (id); primary key (x); without rowid",
		"table sandpiper_sightings on : column seen",
		"table z on : column a; column id integer; column name text; foreign key (a) references a (x); primary key (id) autoincrement; unique (name)",
		"table words on : using fts5(word, tokenize = 'porter')",
		"index sandpiper_seen on sandpiper_sightings: on (seen)",
		"index z_name on z: on (lower(name) desc); unique; where a",
		"view a view on : (n) as select count(*) from later",
		"view later on : as select * from z",
		"trigger rows on a view: instead of delete on \"a view\" begin insert into z(name) values('x;y'); delete from z; end",
	}
	if !slices.Equal(list, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(list, "\n"), strings.Join(want, "\n"))
	}
	loads(t, got)
}

// TestObjectsOfStrangeModules reads a file of a program whose modules are not there:
// what they keep behind their tables is theirs, what only looks like it is not.
func TestObjectsOfStrangeModules(t *testing.T) {
	path, conn := file(t, sqlite.WithFunctions(fts5.Register))
	mustRun(t, conn,
		"CREATE VIRTUAL TABLE Docs USING FTS5 (body)",
		`CREATE VIRTUAL TABLE "other docs" USING "fts5" (body)`,
		"INSERT INTO docs VALUES ('sandpiper')",
		"CREATE TABLE docs_extra (a)", "CREATE TABLE docs_content_log (a)", "CREATE TABLE content (a)",
	)
	var got []string
	for _, o := range objects(t, connect(t, open(t, "sqlite:"+path))) {
		got = append(got, o.String())
	}
	want := []string{"table content", "table docs_content_log", "table docs_extra", "table Docs", "table other docs"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestObjectsAsWritten: a table that came about in another way has another text,
// and is the same all the same.
func TestObjectsAsWritten(t *testing.T) {
	_, once := file(t)
	mustRun(t, once, "CREATE TABLE t (a int, b text)")
	_, later := file(t)
	mustRun(t, later, "CREATE TABLE zz (a int)", "ALTER TABLE zz ADD COLUMN b text", "ALTER TABLE zz RENAME TO t")
	first, second := objects(t, once), objects(t, later)
	if differences := host.CompareObjects(first, second); len(differences) > 0 {
		t.Errorf("the schema differs in %+v", differences)
	}
	loads(t, first)
	loads(t, second)
}

// TestObjectsOfAnything dumps and loads what the generator of TestOperations draws.
func TestObjectsOfAnything(t *testing.T) {
	set(t, "rapid.checks", "100")
	set(t, "rapid.nofailfile", "true")
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios.Draw(t, "scenario")
		conn, name := memory(t)
		db := plainOpen(t, name)
		for _, sql := range slices.Concat(s.setup, s.late) {
			if err := db.Exec(sql); err != nil {
				t.Skip("SQLite does not accept it")
			}
		}
		loads(t, objects(t, conn))
	})
}

// TestSQL has two handles see one database, in a file and in memory.
func TestSQL(t *testing.T) {
	for _, url := range []string{sqlite.Memory, "sqlite:" + t.TempDir() + "/a b.db"} {
		db := open(t, url)
		handle, err := sqlite.SQL(db)
		if err != nil {
			t.Fatal(err)
		}
		defer handle.Close()
		mustRun(t, connect(t, db), "CREATE TABLE t (a)", "INSERT INTO t VALUES (42)")
		var got int
		if err := handle.QueryRowContext(t.Context(), "SELECT a FROM t").Scan(&got); err != nil || got != 42 {
			t.Errorf("%s: got %d, %v", url, got, err)
		}
	}
	if _, err := sqlite.SQL(stranger{open(t, sqlite.Memory)}); err == nil {
		t.Error("a database of another make has a handle")
	}
}

type stranger struct{ host.Database }

// TestObjectsWait: another program that holds the file is named as such.
func TestObjectsWait(t *testing.T) {
	path, conn := file(t)
	raw(t, path, "CREATE TABLE t (a)")
	other := rawConn(t, path)
	if err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Objects(t.Context()); err != host.ErrInUse {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := objects(t, conn); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conn.Objects(ctx); err == nil {
		t.Error("a context that is done does not end it")
	}
}
