package sdktest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest/sqlitetest"
)

func migration(upgrade func(*sdk.Tx) error) sdk.Migration {
	revision := sdk.Revision{ID: "0123456789ab"}
	return sdk.Migration{Slug: "m", PostgreSQL: revision, SQLite: revision, Upgrade: upgrade}
}

func exec(tx *sdk.Tx, statements ...string) error {
	for _, sql := range statements {
		if _, err := tx.Exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// What the host refuses, the runner must refuse: a test that passes where the
// migration fails in the field is worse than none.
func TestRunnerRefusesWhatTheHostRefuses(t *testing.T) {
	nothing := func() error { return nil }
	for _, test := range []struct {
		name string
		run  func(tx *sdk.Tx) error
		want sdk.Errno
	}{
		{"a statement after an error", func(tx *sdk.Tx) error {
			exec(tx, "INSERT INTO nowhere VALUES (1)")
			return exec(tx, "INSERT INTO t VALUES (1)")
		}, sdk.ErrDoomed},
		{"a query after an error", func(tx *sdk.Tx) error {
			exec(tx, "INSERT INTO nowhere VALUES (1)")
			return tx.Query("SELECT 1").Err()
		}, sdk.ErrDoomed},
		{"the end after an error that was swallowed", func(tx *sdk.Tx) error {
			exec(tx, "INSERT INTO nowhere VALUES (1)")
			return nil
		}, sdk.ErrDoomed},
		{"the end after a query's error that was looked at and swallowed", func(tx *sdk.Tx) error {
			_ = tx.Query("SELECT 1 FROM nowhere").Err()
			return nil
		}, sdk.ErrDoomed},
		{"a query in an autocommit section", func(tx *sdk.Tx) error {
			return tx.Autocommit("a", func() error { return tx.Query("SELECT 1").Err() })
		}, sdk.ErrState},
		{"a savepoint in an autocommit section", func(tx *sdk.Tx) error {
			return tx.Autocommit("a", func() error { return tx.Savepoint("s", nothing) })
		}, sdk.ErrState},
		{"a section in a section", func(tx *sdk.Tx) error {
			return tx.Section("a", func() error { return tx.Section("b", nothing) })
		}, sdk.ErrState},
		{"a section in a savepoint", func(tx *sdk.Tx) error {
			return tx.Savepoint("s", func() error { return tx.Section("a", nothing) })
		}, sdk.ErrState},
		{"a section after a query", func(tx *sdk.Tx) error {
			if err := tx.Query("SELECT 1").Err(); err != nil {
				return err
			}
			return tx.Section("a", nothing)
		}, sdk.ErrState},
		{"a savepoint's name in capitals", func(tx *sdk.Tx) error { return tx.Savepoint("A", nothing) }, sdk.ErrArgument},
		{"a section's name of 61 bytes", func(tx *sdk.Tx) error {
			return tx.Section(strings.Repeat("x", 61), nothing)
		}, sdk.ErrArgument},
		{"a NUL in a statement", func(tx *sdk.Tx) error { return exec(tx, "SELECT 1\x00") }, sdk.ErrArgument},
		{"a NUL in an argument", func(tx *sdk.Tx) error {
			_, err := tx.Exec("INSERT INTO t VALUES (?1)", "a\x00b")
			return err
		}, sdk.ErrArgument},
		{"text that is not UTF-8 in a query's argument", func(tx *sdk.Tx) error {
			return tx.Query("SELECT ?1", "\xff").Err()
		}, sdk.ErrArgument},
		{"too few arguments", func(tx *sdk.Tx) error { return exec(tx, "INSERT INTO t VALUES (?1)") }, sdk.ErrSQL},
		{"two statements in a text", func(tx *sdk.Tx) error { return exec(tx, "DELETE FROM t; DELETE FROM t") }, sdk.ErrSQL},
		{"a missing parent at the end", func(tx *sdk.Tx) error {
			return exec(tx, "CREATE TABLE c (t INTEGER REFERENCES t (id))", "INSERT INTO c VALUES (7)")
		}, sdk.ErrSQL},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := sqlitetest.Open(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
			err := sdktest.New(db).Run(migration(func(tx *sdk.Tx) error {
				if err := exec(tx, "INSERT INTO t VALUES (42)"); err != nil {
					return err
				}
				return test.run(tx)
			}), sdk.Upgrade)
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			committed := strings.Contains(test.name, "autocommit") || strings.Contains(test.name, "in a section")
			if want := map[bool]string{false: "", true: "42"}[committed]; db.Text("SELECT id FROM t") != want {
				t.Errorf("the table holds %q, want %q", db.Text("SELECT id FROM t"), want)
			}
		})
	}
}

func TestSavepointsSurvive(t *testing.T) {
	db := sqlitetest.Open(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	err := sdktest.New(db).Run(migration(func(tx *sdk.Tx) error {
		return tx.Savepoint("outer", func() error {
			if err := exec(tx, "INSERT INTO t VALUES (1)"); err != nil {
				return err
			}
			for range 2 { // the same name twice
				err := tx.Savepoint("inner", func() error {
					return exec(tx, "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)")
				})
				if !errors.Is(err, sdk.ErrSQL) {
					return errors.Join(errors.New("a key was taken twice"), err)
				}
			}
			return exec(tx, "INSERT INTO t VALUES (3)")
		})
	}), sdk.Upgrade)
	if err != nil {
		t.Fatal(err)
	}
	if got := db.Text("SELECT id FROM t"); got != "1\n3" {
		t.Errorf("the table holds %q, want 1 and 3", got)
	}
}

// An error that was survived before a section is answered again from the
// record, since the statement is not sent again.
func TestResumeAnswersErrorsAgain(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	runner := sdktest.New(fake)
	var codes []string
	m := migration(func(tx *sdk.Tx) error {
		err := tx.Savepoint("s", func() error { return exec(tx, "INSERT INTO t VALUES (1)") })
		var refusal *sdk.Error
		if !errors.As(err, &refusal) {
			return errors.New("the statement did not fail")
		}
		codes = append(codes, refusal.Code)
		if err := tx.Autocommit("a", func() error { return exec(tx, "VACUUM", "ANALYZE") }); err != nil {
			return err
		}
		return exec(tx, "DELETE FROM t")
	})
	fake.Fail("INSERT", "23505", "duplicate key")
	fake.Fail("ANALYZE", "57014", "cancelled")
	if err := runner.Run(m, sdk.Upgrade); err == nil {
		t.Fatal("the migration did not fail")
	}
	before := len(fake.Calls())
	if err := runner.Run(m, sdk.Upgrade); err != nil {
		t.Fatal(err)
	}
	if want := []string{"BEGIN", "COMMIT", "ANALYZE", "BEGIN", "DELETE FROM t", "COMMIT"}; !slices.Equal(fake.Calls()[before:], want) {
		t.Errorf("the next run sent %q, want %q", fake.Calls()[before:], want)
	}
	if want := []string{"23505", "23505"}; !slices.Equal(codes, want) {
		t.Errorf("codes %q, want %q", codes, want)
	}
}

func TestResumeOfChangedMigrationIsRefused(t *testing.T) {
	for name, second := range map[string]func(*sdk.Tx) error{
		"another statement": func(tx *sdk.Tx) error { return exec(tx, "CREATE TABLE other (id int)") },
		"another argument": func(tx *sdk.Tx) error {
			_, err := tx.Exec("INSERT INTO t VALUES ($1)", 2)
			return err
		},
		"a query":                 func(tx *sdk.Tx) error { return tx.Query("SELECT 1").Err() },
		"the end":                 func(tx *sdk.Tx) error { return nil },
		"an error that is hidden": func(tx *sdk.Tx) error { exec(tx, "DROP TABLE t"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			fake := sdktest.NewFake(sdk.PostgreSQL)
			runner := sdktest.New(fake)
			first := true
			m := migration(func(tx *sdk.Tx) error {
				if !first {
					return second(tx)
				}
				if _, err := tx.Exec("INSERT INTO t VALUES ($1)", 1); err != nil {
					return err
				}
				if err := tx.Section("a", func() error { return exec(tx, "DELETE FROM t") }); err != nil {
					return err
				}
				return errors.New("cut short")
			})
			if err := runner.Run(m, sdk.Upgrade); err == nil || !strings.Contains(err.Error(), "cut short") {
				t.Fatal(err)
			}
			first = false
			if err := runner.Run(m, sdk.Upgrade); err == nil || !strings.Contains(err.Error(), "was changed") {
				t.Errorf("error %v, want one that says that the migration was changed", err)
			}
		})
	}
}

func TestNothingRegistered(t *testing.T) {
	if err := sdktest.New(sdktest.NewFake(sdk.SQLite)).Try(sdk.Upgrade); err == nil || !strings.Contains(err.Error(), "no migration is registered") {
		t.Errorf("error %v", err)
	}
}
