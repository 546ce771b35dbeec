package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A sqliteVictim is a file, in a folder that has nothing else in it.
type sqliteVictim struct{ folder, kept string }

func newSQLiteVictim(t *testing.T) *sqliteVictim {
	return &sqliteVictim{t.TempDir(), filepath.Join(t.TempDir(), "kept.db")}
}

func (v *sqliteVictim) dialect() chain.Dialect { return chain.SQLite }
func (v *sqliteVictim) file() string           { return filepath.Join(v.folder, "victim.db") }
func (v *sqliteVictim) url() string            { return "sqlite:" + filepath.ToSlash(v.file()) }

func (v *sqliteVictim) host() (before, after string) {
	return `
		CREATE TABLE flow_run (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, secret TEXT);
		INSERT INTO flow_run (name, secret) VALUES ('alpha', 'hush'), ('beta', 'quiet');
		CREATE INDEX flow_run_name ON flow_run (name);
		CREATE TABLE other_t (id INT);
		INSERT INTO other_t VALUES (7);
		CREATE TABLE acme_tools_keys (k TEXT);
		INSERT INTO acme_tools_keys VALUES ('key');
		CREATE TABLE app_state (k TEXT PRIMARY KEY, v TEXT, hidden TEXT);
		INSERT INTO app_state VALUES ('a', '1', 'hush');
		CREATE TABLE app_log (id INTEGER PRIMARY KEY, msg TEXT);
		CREATE TRIGGER host_tr AFTER DELETE ON flow_run BEGIN INSERT INTO app_log (msg) VALUES ('deleted'); END;
		ANALYZE;`,
		`CREATE VIEW host_v AS SELECT id FROM acme_t;`
}

func (v *sqliteVictim) keep(t *testing.T)    { copyDatabase(t, v.file(), v.kept) }
func (v *sqliteVictim) restore(t *testing.T) { copyDatabase(t, v.kept, v.file()) }

// copyDatabase copies a database that nobody has open.
func copyDatabase(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// look reads the schema, all rows, the settings that the file keeps, and which
// files there are.
func (v *sqliteVictim) look(t *testing.T) (facts []fact) {
	t.Helper()
	files, err := os.ReadDir(v.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		facts = append(facts, fact{hosts, "file " + f.Name()})
	}
	ask := func(sql string) [][]string {
		rows, err := query(v.url(), sql)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	for _, setting := range []string{"user_version", "application_id", "journal_mode", "encoding"} {
		facts = append(facts, fact{hosts, setting + " " + ask("PRAGMA " + setting)[0][0]})
	}
	for _, row := range ask("SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema") {
		kind, name, table := row[0], row[1], row[2]
		whose := whoseTable(table)
		if kind != "index" || strings.HasPrefix(name, "flow_") || strings.HasPrefix(name, "sandpiper_") {
			whose = whoseTable(name)
		}
		if kind == "trigger" {
			whose = hosts
		}
		facts = append(facts, fact{whose, strings.Join(row, " ")})
		if kind == "table" && !strings.HasPrefix(row[3], "CREATE VIRTUAL") {
			for _, cells := range ask("SELECT * FROM " + quoted(name, `"`)) {
				facts = append(facts, rowFact(name, cells))
			}
		}
	}
	return facts
}

func quoted(name, quote string) string {
	return quote + strings.ReplaceAll(name, quote, quote+quote) + quote
}

// rowFact is a row of a table. Of the ledger's rows, those of the plugin's line
// are its own business; what is recorded of others' tables as the plugin's is not.
func rowFact(table string, cells []string) fact {
	whose := whoseTable(table)
	if strings.HasPrefix(table, "sandpiper_") || table == "sqlite_sequence" {
		for _, cell := range cells {
			if cell == "acme" {
				whose = plugins
			}
		}
		if table == "sqlite_sequence" || table == "sandpiper_owned" || table == "sandpiper_enums" {
			for _, cell := range cells {
				if whoseTable(cell) == plugins && cell != "acme" {
					whose = plugins
				}
			}
		}
	}
	return fact{whose, table + ": " + strings.Join(cells, "|")}
}

// whoseTable says whose a table of a name is.
func whoseTable(name string) owner {
	switch name = strings.ToLower(name); {
	case strings.HasPrefix(name, "acme_tools_"):
		return hosts
	case strings.HasPrefix(name, "acme_"):
		return plugins
	case name == "app_log", name == "app_state", name == "sandpiper_enums": // which the first enum makes
		return granted
	}
	return hosts
}
