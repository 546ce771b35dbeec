package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An attack is statements of a plugin, sent one after the other in one
// transaction, and what has to become of them. Names of the kind ok_… are honest.
type attack struct {
	name, expected, words string
	statements            []string
}

// attacks reads a file of them: tab-separated name, statements, "allow" or
// "deny", and words of the refusal, or, where the file begins each line with a
// dialect, the reason.
func attacks(t testing.TB, path string) (list []attack) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") || len(fields) < 3 || fields[0] == "pg" {
			continue
		}
		if fields[0] == "sqlite" {
			fields = fields[1:4]
		}
		a := attack{name: fields[0], expected: fields[2], words: strings.Join(fields[3:], "")}
		for _, sql := range strings.Split(expand(fields[1]), " ;; ") {
			a.statements = append(a.statements, sql)
		}
		list = append(list, a)
	}
	if len(list) == 0 || lines.Err() != nil {
		t.Fatalf("%s holds no statements: %v", path, lines.Err())
	}
	return list
}

var repetition = regexp.MustCompile(`@(REP|NEST)\((\d+)(?:,(.*?))?\)@`)

// expand writes out what stands for something long.
func expand(sql string) string {
	sql = strings.ReplaceAll(sql, "@NUL@", "\x00")
	return repetition.ReplaceAllStringFunc(sql, func(found string) string {
		m := repetition.FindStringSubmatch(found)
		n, _ := strconv.Atoi(m[2])
		if m[1] == "NEST" {
			return strings.Repeat("(", n) + "1" + strings.Repeat(")", n)
		}
		return strings.TrimSuffix(strings.Repeat(m[3]+",", n), ",")
	})
}

// hostTables are what the attacks are on: tables of the host's, and some that
// only look like the plugin's.
var hostTables = []string{
	"CREATE TABLE flow_run (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, secret TEXT)",
	"INSERT INTO flow_run (name, secret) VALUES ('a', 's1'), ('b', 's2')",
	"CREATE TABLE other_t (id INT)",
	"INSERT INTO other_t VALUES (1)",
	"CREATE TABLE acme_tools_keys (k TEXT)",
	"INSERT INTO acme_tools_keys VALUES ('key')",
	"CREATE VIEW flow_names AS SELECT name FROM flow_run",
	"CREATE TABLE granted (id INTEGER PRIMARY KEY, open TEXT UNIQUE, closed TEXT)",
	"INSERT INTO granted VALUES (1, 'o', 'c')",
	"CREATE TABLE granted_once (k PRIMARY KEY ON CONFLICT REPLACE)",
}

// plugin are the grants of the attacks: acme_* is its own.
func plugin(t testing.TB, more func(*abi.Capabilities)) host.Confinement {
	t.Helper()
	c := abi.Capabilities{Owns: []string{"acme_*"}, Seconds: 60}
	if more != nil {
		more(&c)
	}
	grants, err := policy.New("acme", c, policy.Claim{Line: "tools", Pattern: "acme_tools_*"})
	if err != nil {
		t.Fatal(err)
	}
	return host.Confinement{Grants: grants}
}

// victim returns the database of the attacks, with what the plugin has made in
// it.
func victim(t testing.TB) (path string) {
	t.Helper()
	victims.Do(func() {
		var err error
		if victims.file, err = os.ReadFile(newVictim(t)); err != nil {
			t.Fatal(err)
		}
	})
	path = filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, victims.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var victims struct {
	sync.Once
	file []byte
}

func newVictim(t testing.TB) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite.Open("sqlite:" + path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), conn, hostTables...); err != nil {
		t.Fatal(err)
	}
	confined := confine(t, conn, plugin(t, nil))
	defer confined.Close()
	if err := run(t.Context(), confined,
		"CREATE TABLE acme_t (id INT PRIMARY KEY, n TEXT, s TEXT)",
		"INSERT INTO acme_t VALUES (1, 'x', 's'), (2, 'y', 's')",
	); err != nil {
		t.Fatal(err)
	}
	return path
}

func confine(t testing.TB, conn host.Conn, to host.Confinement) host.Confined {
	t.Helper()
	confined, err := conn.Confine(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	return confined
}

// theirs is all that is not the plugin's, as text.
func theirs(t testing.TB, path string) string {
	t.Helper()
	var b strings.Builder
	c := rawConn(t, path)
	defer c.Close()
	for _, sql := range []string{
		"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'acme\\_%' ESCAPE '\\' OR tbl_name = 'acme_tools_keys'",
		"SELECT * FROM flow_run", "SELECT * FROM other_t", "SELECT * FROM acme_tools_keys", "SELECT * FROM granted",
		"SELECT * FROM sandpiper_heads", "SELECT * FROM sandpiper_history", "SELECT * FROM sandpiper_progress",
		"SELECT name, seq FROM sqlite_sequence WHERE name NOT LIKE 'acme\\_%' ESCAPE '\\'",
		"SELECT * FROM pragma_user_version", "SELECT * FROM pragma_journal_mode",
	} {
		s, _, err := c.Prepare(sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for s.Step() {
			for i := range s.ColumnCount() {
				b.WriteString(s.ColumnText(i) + "|")
			}
			b.WriteString("\n")
		}
		if s.Err() != nil {
			t.Fatalf("%s: %v", sql, s.Err())
		}
		s.Close()
	}
	return b.String()
}

// send sends a statement and reads what it returns.
func send(ctx context.Context, tx host.Tx, sql string) error {
	rows, err := tx.Query(ctx, host.Statement{SQL: sql})
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		if _, err := rows.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// TestConfinedStatements is what a plugin may send, and what not.
func TestConfinedStatements(t *testing.T) {
	t.Run("own", func(t *testing.T) { testAttacks(t, "testdata/confined.tsv") })
	if dir := os.Getenv("SANDPIPER_ATTACKS"); dir != "" {
		t.Run("given", func(t *testing.T) { testAttacks(t, filepath.Join(dir, "statements.tsv")) })
	}
}

func testAttacks(t *testing.T, path string) {
	grants := plugin(t, func(c *abi.Capabilities) {
		c.Seconds = min(raceFactor, 2)
		c.Uses = []abi.Use{
			{Table: "granted", Verbs: []string{"select", "insert", "update"}, Columns: []string{"id", "open"}},
			{Table: "granted_once", Verbs: []string{"select", "insert"}},
		}
	})
	for _, a := range attacks(t, path) {
		t.Run(a.name, func(t *testing.T) {
			path := victim(t)
			conn := connect(t, open(t, "sqlite:"+path))
			before := theirs(t, path)
			confined := confine(t, conn, grants)
			began := hosttest.CPUTime(t)
			err := in(t.Context(), confined, func(tx host.Tx) error {
				for _, sql := range a.statements {
					if err := send(t.Context(), tx, sql); err != nil {
						return err
					}
				}
				return nil
			})
			if took := hosttest.CPUTime(t) - began; took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
			switch {
			case a.expected == "allow" && err != nil:
				t.Errorf("it is refused: %v", err)
			case a.expected == "deny" && err == nil && !inTime[a.name]:
				t.Error("it is not refused")
			case a.expected == "deny" && err != nil && !strings.Contains(err.Error(), a.words):
				t.Errorf("it is refused with %q, want %q", err, a.words)
			}
			if err := confined.Close(); err != nil {
				t.Fatal(err)
			}
			if after := theirs(t, path); after != before && !strings.HasPrefix(a.name, "granted_") {
				t.Errorf("what is not the plugin's was\n%sand is\n%s", before, after)
			}
			mustRun(t, conn, "INSERT INTO other_t SELECT length(replace('still here', 'x', 'y'))", "PRAGMA main.quick_check",
				"ALTER TABLE granted DROP COLUMN closed", "ALTER TABLE other_t RENAME TO other_u") // which read all views
		})
	}
}

// inTime are attacks on resources that may as well end by themselves.
var inTime = map[string]bool{"instr_bomb": true}
