package autogenerate_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
)

// What is wrong with a schema file is told with its place.
func TestSchemaFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE TABLE a (n INTEGER);\n\n  CREATE TABEL b (n INTEGER);\n":                         `schema.sql:3:10: near "TABEL": syntax error`,
		"CREATE TABLE a (\n  n INTEGER,\n  é TEXT,, x);":                                         `schema.sql:3:10: near ",": syntax error`,
		"\ufeffCREATE TABLE a (n);\r\nCREATE TABLE b (n);\r\nCREATE TABLE a (n);":                "schema.sql:3:14: table a already exists",
		"CREATE TABLE a (n);\nCREATE INDEX i ON b (n);":                                          "schema.sql:2:19: no such table: main.b",
		"CREATE TABLE a (n);\nINSERT INTO a VALUES ('x);":                                        "schema.sql:2:23: the string that opens here is never closed",
		"CREATE TABLE a (n);\n\n  CREATE TABLE é (n;\n":                                          "schema.sql:3:20: a semicolon inside the parenthesis that opens at line 3",
		"CREATE TABLE a (n);\n /* never":                                                         "schema.sql:2:2: the comment that opens here is never closed",
		"CREATE TABLE a (n);\n .tables\n":                                                        "schema.sql:2:2: .tables is a command of the sqlite3 shell",
		"CREATE TABLE a (n);\nCREATE TRIGGER t AFTER INSERT ON \"No such\" BEGIN SELECT 1; END;": "schema.sql:2:34: no such table",
		"CREATE TABLE a (n);\nROLLBACK;":                                                         "schema.sql:2:1: ROLLBACK: a schema file makes a schema, and nothing else",
		"CREATE TABLE a (n);\nATTACH 'other.db' AS o;":                                           "schema.sql:2:1: ",
		"CREATE TABLE a (n\x00);":                                                                "schema.sql: not UTF-8 text, or it holds a NUL byte",
		"CREATE TABLE a (n\xff);":                                                                "schema.sql: not UTF-8 text, or it holds a NUL byte",
	} {
		_, err := autogenerate.Build(t.Context(), wanted(text), bench(t))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	if _, err := os.Stat("other.db"); err == nil {
		t.Error("the file that was attached is there")
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := autogenerate.ReadFile(filepath.Join(dir, "none.sql")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := autogenerate.ReadFile(dir); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a folder: %v", err)
	}
	name := filepath.Join(dir, "large.sql")
	if err := os.WriteFile(name, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 17<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := autogenerate.ReadFile(name); err == nil || !strings.Contains(err.Error(), "at most 16 MiB") {
		t.Errorf("a large file: %v", err)
	}
}
