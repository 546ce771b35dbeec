package main

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

// The checksums are those that Python computes.
func TestChecksum(t *testing.T) {
	for fields, want := range map[string]string{
		`{}`: "sha256:f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4",
		`{"type": "object", "title": "S3", "properties": {"taille": {"type": "number", "default": 1e3, "title": "Gr\u00f6\u00dfe \ud83d\udc26"}}}`:            "sha256:b07e27483633c90a08afa302817702da965974c1b8a3466ba1ae24a58e279b18",
		`{"title":"S3","type":"object","properties":{"taille":{"title":"Größe 🐦","default":1000.0,"type":"number"}},"block_schema_references":{"a":{"b":1}}}`: "sha256:b07e27483633c90a08afa302817702da965974c1b8a3466ba1ae24a58e279b18",
		`{"definitions":[{"a":1,"block_schema_references":[]},{"b":-0}]}`:                                                                                     "sha256:b89630956b7d385b2e723f1f9a1444aba14df225805bf27a8e355a8aad18dfcb",
	} {
		if got, err := checksum([]byte(fields)); err != nil || got != want {
			t.Errorf("the checksum of %s is %s (%v), want %s", fields, got, err, want)
		}
	}
}

// schemas are more rows than a chunk has. They count how often they get a checksum.
const schemas = `
	CREATE TABLE block_schema (id CHAR(36) PRIMARY KEY NOT NULL, fields TEXT NOT NULL, written INTEGER NOT NULL DEFAULT 0);
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
	INSERT INTO block_schema (id, fields) SELECT 'id ' || i, '{"b": ' || i || ', "a": null}' FROM n;
	CREATE TRIGGER count AFTER UPDATE OF fields_checksum ON block_schema BEGIN
		UPDATE block_schema SET written = written + 1 WHERE id = NEW.id;
	END;`

// want is the table afterwards.
func want(t *testing.T) string {
	t.Helper()
	var lines []string
	for i := 1; i <= 10; i++ {
		sum, err := checksum([]byte(`{"a":null,"b":` + strconv.Itoa(i) + `}`))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strconv.Itoa(i)+"|"+sum+"|1")
	}
	return strings.Join(lines, "\n")
}

const state = "SELECT substr(id, 4) + 0 AS i, fields_checksum, written FROM block_schema ORDER BY i"

func TestUpgradeAndDowngrade(t *testing.T) {
	db := sqlitetest.Open(t, schemas)
	const columns = "SELECT name, type, [notnull], pk FROM pragma_table_info('block_schema')"
	before := db.Text(columns)
	runner := sdktest.New(db)
	runner.Upgrade(t)
	if got, want := db.Text(state), want(t); got != want {
		t.Errorf("the table holds\n%s\nwant\n%s", got, want)
	}
	if _, err := db.Exec("INSERT INTO block_schema (id, fields) VALUES ('x', '{}')", nil); err == nil {
		t.Error("a schema without a checksum is taken")
	}
	if _, err := db.Exec("DROP TRIGGER count", nil); err != nil {
		t.Fatal(err)
	}
	runner.Downgrade(t)
	if after := db.Text(columns); after != before {
		t.Errorf("the downgrade leaves\n%s\nit was\n%s", after, before)
	}
}

// Cut short, it goes on, and no row is done twice.
func TestCutAndResumed(t *testing.T) {
	for chunks := 1; chunks <= 4; chunks++ {
		db := sqlitetest.Open(t, schemas)
		runner := sdktest.New(db)
		runner.CutAfter(chunks)
		if err := runner.Try(sdk.Upgrade); !errors.Is(err, sdktest.ErrCut) {
			t.Fatal(err)
		}
		if got, want := db.Text("SELECT count(fields_checksum) FROM block_schema"), strconv.Itoa(min(3*chunks, 10)); got != want {
			t.Errorf("cut after %d chunks, %s rows are done, want %s", chunks, got, want)
		}
		runner.Upgrade(t)
		if got, want := db.Text(state), want(t); got != want {
			t.Errorf("cut after %d chunks and resumed, the table holds\n%s\nwant\n%s", chunks, got, want)
		}
	}
	db := sqlitetest.Open(t, schemas)
	sdktest.New(db).UpgradeCut(t)
	if got, want := db.Text(state), want(t); got != want {
		t.Errorf("cut before and after every commit, the table holds\n%s\nwant\n%s", got, want)
	}
}

// Programs old and new run until the operator goes on.
func TestPhases(t *testing.T) {
	db := sqlitetest.Open(t, schemas)
	runner := sdktest.New(db)
	const insert = "INSERT INTO block_schema (id, fields) VALUES "
	runner.UpgradePhase(t, sdk.PhaseExpand)
	if _, err := db.Exec(insert+"('id 11', '{}')", nil); err != nil {
		t.Errorf("an old program cannot write any more: %v", err)
	}
	runner.UpgradePhase(t, sdk.PhaseBackfill)
	if got := db.Text("SELECT count(*), count(fields_checksum) FROM block_schema"); got != "11|11" {
		t.Errorf("rows, and rows with a checksum: %s", got)
	}
	runner.Upgrade(t)
	if _, err := db.Exec(insert+"('id 12', '{}')", nil); err == nil {
		t.Error("a schema without a checksum is taken")
	}
}

// What is no JSON names its row, and leaves the rows before it done.
func TestFieldsThatAreNoJSON(t *testing.T) {
	db := sqlitetest.Open(t, schemas+"UPDATE block_schema SET fields = '{' WHERE id = 'id 7'")
	runner := sdktest.New(db)
	err := runner.Try(sdk.Upgrade)
	if err == nil || !strings.Contains(err.Error(), "the fields of the schema id 7: malformed JSON at byte 1") {
		t.Errorf("error %v, want one that names the row", err)
	}
	if _, err := db.Exec("UPDATE block_schema SET fields = '{\"b\": 7, \"a\": null}' WHERE id = 'id 7'", nil); err != nil {
		t.Fatal(err)
	}
	runner.Upgrade(t)
	if got, want := db.Text(state), want(t); got != want {
		t.Errorf("mended, the table holds\n%s\nwant\n%s", got, want)
	}
}
