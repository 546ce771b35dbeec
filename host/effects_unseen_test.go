package host_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A counted migration is one whose effects are asked for: each line is a statement, or
// "set", "release" or "undo" for a savepoint; what begins with "?" is a query.
type counted []string

func (c counted) run(ctx context.Context, calls host.Calls) error {
	savepoints := map[string]host.SavepointOp{"set": host.SavepointSet, "release": host.SavepointRelease, "undo": host.SavepointRollback}
	for _, line := range c {
		if op, ok := savepoints[line]; ok {
			if err := calls.Savepoint(ctx, op, "s"); err != nil {
				return err
			}
			continue
		}
		sql, query := strings.CutPrefix(line, "?")
		if !query {
			if _, err := calls.Exec(ctx, sql, nil, false); err != nil {
				return err
			}
			continue
		}
		rows, err := calls.Query(ctx, sql, nil)
		if err != nil {
			return err
		}
		if strings.HasPrefix(sql, " ") {
			continue // it is left open
		}
		for err == nil {
			_, err = rows.Next()
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// What a statement does to rows is counted, or it is told that it was not seen, whatever
// has done it.
func TestEffectsThatNobodySees(t *testing.T) {
	f := onPostgres(t)
	f.write(rev1, `-- +upgrade
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO t SELECT i, 0 FROM generate_series(1, 9) AS i;
CREATE FUNCTION bump() RETURNS INTEGER LANGUAGE sql AS 'UPDATE t SET n = n + 1; SELECT 1';
CREATE FUNCTION bump(i INTEGER) RETURNS INTEGER LANGUAGE sql AS 'UPDATE t SET n = n + 1 WHERE id = i; SELECT 1';
CREATE TABLE above (id INTEGER);
CREATE TABLE below () INHERITS (above);
INSERT INTO below VALUES (1), (2);
CREATE TABLE log (id INTEGER);
CREATE FUNCTION later() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NULL; END';
CREATE TABLE logged (id INTEGER);
CREATE TABLE first (id INTEGER PRIMARY KEY, n TEXT);
CREATE TABLE second (id INTEGER REFERENCES first (id));
INSERT INTO first VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO second VALUES (1), (1);
CREATE TABLE part (id INTEGER) PARTITION BY RANGE (id);
CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (100);
CREATE TABLE part_high PARTITION OF part FOR VALUES FROM (100) TO (200);
INSERT INTO part VALUES (1), (2), (100);
CREATE FUNCTION clear() RETURNS INTEGER LANGUAGE plpgsql AS 'BEGIN TRUNCATE second; RETURN 1; END';
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON logged DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later();
-- +downgrade
SELECT 1;
`)
	f.upgrade()
	f.write(rev2, "-- +upgrade\nSELECT 1;\n-- +downgrade\nSELECT 2;\n")
	const one = "UPDATE t SET n = n + 1 WHERE id = 1"
	for _, c := range []struct {
		name string
		does counted
		want []string
	}{
		{"a query, then a statement", counted{"?SELECT bump()", one}, []string{"0: t +0 ~10 -0 unseen"}},
		{"a query that is open", counted{"? SELECT bump(i) FROM generate_series(1, 9) AS i", one}, []string{"0: t +0 ~10 -0 unseen"}},
		{"a query after a statement", counted{one, "?SELECT bump()"}, []string{"0: t +0 ~10 -0"}},
		{"queries alone", counted{"?SELECT bump()", "?SELECT bump()"}, []string{"0: t +0 ~18 -0 unseen"}},
		{"EXPLAIN ANALYZE", counted{"?EXPLAIN ANALYZE " + one}, []string{"0: t +0 ~1 -0 unseen"}},
		{
			"a table made by a statement, then a query",
			counted{"CREATE TABLE made AS SELECT 1 AS id", "CREATE FUNCTION fill() RETURNS INTEGER LANGUAGE sql AS 'INSERT INTO made VALUES (2); SELECT 1'", "?SELECT fill()"},
			[]string{"0: made +2 ~0 -0 unseen"},
		},
		{"a query that is undone", counted{"set", "?SELECT bump()", "undo", one}, []string{"0: t +0 ~1 -0"}},
		{"a query before a savepoint", counted{"?SELECT bump()", "set", one, "undo"}, []string{"0: t +0 ~9 -0 unseen"}},
		{"a query in a savepoint that stays", counted{"set", "?SELECT bump()", "release", one}, []string{"0: t +0 ~10 -0 unseen"}},
		{"a table that inherits", counted{"UPDATE above SET id = 3"}, []string{"0: above +0 ~2 -0"}},
		{"triggers are off", counted{one, "ALTER TABLE t DISABLE TRIGGER USER", one, "ALTER TABLE t ENABLE TRIGGER USER", one}, []string{"0: t +0 ~3 -0 unseen"}},
		{"a replica's role", counted{one, "SET LOCAL session_replication_role = replica", one}, []string{"0: t +0 ~2 -0"}},
		{"a replica's role from the beginning", counted{"SET session_replication_role = replica", one}, []string{"0: t +0 ~1 -0"}},
		{"a replica's role for a while", counted{"SET LOCAL session_replication_role = replica", one, "SET LOCAL session_replication_role = origin"}, []string{"0: t +0 ~1 -0"}},
		{
			"triggers are off in a block",
			counted{"DO $$ BEGIN ALTER TABLE t DISABLE TRIGGER ALL; UPDATE t SET n = 5; ALTER TABLE t ENABLE TRIGGER ALL; END $$"},
			[]string{"0: t +0 ~9 -0 unseen"},
		},
		{"TRUNCATE", counted{"TRUNCATE second"}, []string{"0: second +0 ~0 -2"}},
		{"TRUNCATE, and what it refers to", counted{"TRUNCATE first CASCADE"}, []string{"0: first +0 ~0 -3", "0: second +0 ~0 -2"}},
		{"TRUNCATE, then rows", counted{"TRUNCATE second", "INSERT INTO second VALUES (3)"}, []string{"0: second +1 ~0 -2"}},
		{"rows, then TRUNCATE, twice", counted{"INSERT INTO second VALUES (3)", "TRUNCATE second", "INSERT INTO second VALUES (3)", "TRUNCATE second"}, []string{"0: second +2 ~0 -4"}},
		{"TRUNCATE of what is empty", counted{"TRUNCATE log"}, nil},
		{"TRUNCATE that is undone", counted{"set", "TRUNCATE second", "undo", "DELETE FROM first WHERE id = 3"}, []string{"0: first +0 ~0 -1"}},
		{
			"rows around TRUNCATE in a block",
			counted{"DO $$ BEGIN INSERT INTO second VALUES (3); DELETE FROM second WHERE id = 1; TRUNCATE second; INSERT INTO second VALUES (1), (2); END $$"},
			[]string{"0: second +3 ~0 -3"},
		},
		{"TRUNCATE by a query", counted{"?SELECT clear()"}, []string{"0: second +0 ~0 -0 unseen"}},
		{"TRUNCATE by a replica", counted{"SET LOCAL session_replication_role = replica", "TRUNCATE second"}, []string{"0: second +0 ~0 -2"}},
		{"TRUNCATE of partitions", counted{"TRUNCATE part"}, []string{"0: part_high +0 ~0 -1", "0: part_low +0 ~0 -2"}},
		{"DROP TABLE", counted{"DROP TABLE second"}, []string{"0: second +0 ~0 -2"}},
		{"rows, then DROP TABLE", counted{"INSERT INTO second VALUES (3)", "DELETE FROM second WHERE id = 1", "DROP TABLE second"}, []string{"0: second +1 ~0 -3"}},
		{"DROP TABLE of partitions", counted{"DROP TABLE part"}, []string{"0: part_high +0 ~0 -1", "0: part_low +0 ~0 -2"}},
		{"another type", counted{"ALTER TABLE first ALTER n TYPE VARCHAR(9) USING 'lost'"}, []string{"0: first +0 ~3 -0 unseen"}},
		{"another type of what is empty", counted{"ALTER TABLE log ALTER id TYPE TEXT"}, nil},
		{"another name and schema", counted{"ALTER TABLE second RENAME TO third", "CREATE SCHEMA elsewhere", "ALTER TABLE third SET SCHEMA elsewhere"}, nil},
		{"a trigger at the commit", counted{"INSERT INTO logged VALUES (1)"}, []string{"0: log +1 ~0 -0 unseen", "0: logged +1 ~0 -0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := host.NewRunner(f.files, f.open(), scripted(c.does.run), host.Config{})
			if err != nil {
				t.Fatal(err)
			}
			effects, err := r.Effects(t.Context(), chain.Upgrade, "heads", 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(effects.Effects); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
