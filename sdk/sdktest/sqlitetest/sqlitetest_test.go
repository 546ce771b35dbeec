package sqlitetest_test

import (
	"errors"
	"math"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

// The forms are those of Sandpiper's SQLite dialect: what a plugin's test sees
// must be what it will see in the field.
func TestValues(t *testing.T) {
	const moment = 1791106200123456
	db := sqlitetest.Open(t, "")
	for _, test := range []struct {
		name string
		arg  any
		want string // its type and text in SQLite
	}{
		{"nil", nil, "null|NULL"},
		{"bool", true, "integer|1"},
		{"int64", int64(math.MinInt64), "integer|-9223372036854775808"},
		{"float64", 0.5, "real|0.5"},
		{"text", "ä", "text|ä"},
		{"empty text", "", "text|"},
		{"bytes", []byte{1, 2}, "blob|2 bytes"},
		{"empty bytes", []byte{}, "blob|0 bytes"},
		{"nil bytes", []byte(nil), "null|NULL"},
		{"numeric", sdk.Numeric("-12.50"), "text|-12.50"},
		{"json", sdk.JSON("[]"), "text|[]"},
		{"uuid", [16]byte{15: 1}, "text|00000000-0000-0000-0000-000000000001"},
		{"date", sdk.Date(20730), "text|2026-10-04"},
		{"time", sdk.TimeOfDay(1), "text|00:00:00.000001"},
		{"timestamp", sdk.Timestamp(moment), "text|2026-10-04 09:30:00.123456"},
		{"timestamptz", sdk.TimestampTZ(-1), "text|1969-12-31 23:59:59.999999"},
		{"interval", sdk.Interval(1, 2, -3_000_000), "text|P1M2DT-3.000000S"},
	} {
		t.Run(test.name, func(t *testing.T) {
			values, err := sdk.Values(test.arg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("CREATE TABLE v AS SELECT typeof(?1) AS t, ?1 AS v", values); err != nil {
				t.Fatal(err)
			}
			defer db.Exec("DROP TABLE v", nil)
			if got := db.Text("SELECT t, v FROM v"); got != test.want {
				t.Errorf("it became %s, want %s", got, test.want)
			}
		})
	}
	for name, v := range map[string]sdk.Value{
		"not a number": must(sdk.Values(math.NaN())), "infinity": sdk.Timestamp(math.MaxInt64), "year 10000": sdk.Date(2932897),
	} {
		if _, err := db.Exec("SELECT ?1", []sdk.Value{v}); !errors.Is(err, sdk.ErrSQL) {
			t.Errorf("%s: error %v, want a refusal", name, err)
		}
	}
	if got := db.Text("SELECT CAST(x'ff' AS TEXT)"); got != "1 bytes" {
		t.Errorf("text that is not UTF-8 came as %s", got)
	}
}

func must(values []sdk.Value, err error) sdk.Value {
	if err != nil {
		panic(err)
	}
	return values[0]
}

func TestErrorsHaveSQLitesNames(t *testing.T) {
	db := sqlitetest.Open(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT NOT NULL UNIQUE CHECK (n <> '')); INSERT INTO t VALUES (1, 'a')")
	for sql, want := range map[string]string{
		"INSERT INTO t VALUES (1, 'b')":  "SQLITE_CONSTRAINT_PRIMARYKEY",
		"INSERT INTO t VALUES (2, 'a')":  "SQLITE_CONSTRAINT_UNIQUE",
		"INSERT INTO t VALUES (2, NULL)": "SQLITE_CONSTRAINT_NOTNULL",
		"INSERT INTO t VALUES (2, '')":   "SQLITE_CONSTRAINT_CHECK",
		"SELECT * FROM nowhere":          "SQLITE_ERROR",
		"":                               "SQLITE_MISUSE",
	} {
		_, err := db.Exec(sql, nil)
		var refusal *sdk.Error
		if !errors.As(err, &refusal) || refusal.Code != want || refusal.Message == "" {
			t.Errorf("%s: error %v, want %s", sql, err, want)
		}
	}
}

func TestAffected(t *testing.T) {
	db := sqlitetest.Open(t, "CREATE TABLE t (id INTEGER)")
	for _, test := range []struct {
		sql  string
		want int64
	}{
		{"INSERT INTO t VALUES (1), (2), (3)", 3},
		{"UPDATE t SET id = 4 WHERE id > 1", 2},
		{"CREATE TABLE u (id INTEGER)", 0},
		{"with x AS (SELECT 1) INSERT INTO u SELECT * FROM x", 1},
		{"DELETE FROM t", 3},
	} {
		if got, err := db.Exec(test.sql, nil); err != nil || got != test.want {
			t.Errorf("%s affected %d rows (%v), want %d", test.sql, got, err, test.want)
		}
	}
}
