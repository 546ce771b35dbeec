package postgres

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// makeEffects and makeObserver make what the triggers write to, and what they run:
// as whoever makes it, since a plugin's role may not write there. Counts are kept
// in settings, which are rolled back with a savepoint and cost the same for the
// millionth statement as for the first. A row before and the row after have the
// same place in the two transition tables.
//
// https://www.postgresql.org/docs/current/sql-createtrigger.html
const makeEffects = `CREATE TEMPORARY TABLE sandpiper_effects
  (relation oid NOT NULL, event text NOT NULL, before json, after json) ON COMMIT DROP`

var makeObserver = `CREATE FUNCTION pg_temp.sandpiper_observe() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sandpiper$
DECLARE
  counter text := 'sandpiper.observed_' || TG_RELID || '_' || TG_OP;
  known bigint := coalesce(nullif(current_setting(counter, true), ''), '0')::bigint;
  wanted bigint := greatest(0, TG_ARGV[0]::bigint - known);
  changed bigint;
  before json;
  after json;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT count(*) INTO changed FROM new_rows;
  ELSE
    SELECT count(*) INTO changed FROM old_rows;
  END IF;
  IF changed = 0 THEN
    RETURN NULL;
  END IF;
  PERFORM set_config(counter, (known + changed)::text, true);
  IF wanted = 0 THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    SELECT f INTO before FROM (` + sampled("old_rows", "wanted") + `) s (f);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    SELECT f INTO after FROM (` + sampled("new_rows", "wanted") + `) s (f);
  END IF;
  INSERT INTO pg_temp.sandpiper_effects VALUES (TG_RELID, TG_OP, before, after);
  RETURN NULL;
END $sandpiper$`

// makeTriggers has triggers watch a table. They fire in a replica's session as well
// (https://www.postgresql.org/docs/current/sql-altertable.html, ENABLE ALWAYS TRIGGER).
func makeTriggers(table string, samples int) (items []item) {
	for _, event := range [][2]string{
		{"INSERT", "NEW TABLE AS new_rows"}, {"UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"}, {"DELETE", "OLD TABLE AS old_rows"},
	} {
		name := "sandpiper_observed_" + strings.ToLower(event[0])
		items = append(items,
			item{sql: fmt.Sprintf(
				"CREATE TRIGGER %s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.sandpiper_observe(%d)",
				name, event[0], table, event[1], samples)},
			item{sql: fmt.Sprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", table, name)})
	}
	return items
}

// countedItem reads what the triggers of a table have counted of an event, and
// begins anew.
func countedItem(oid, event string, take func(int64)) item {
	return item{
		sql: `WITH counted AS (SELECT pg_catalog.current_setting($1, true) AS n)
			SELECT n, pg_catalog.set_config($1, '', true) FROM counted`,
		values: [][]byte{[]byte("sandpiper.observed_" + oid + "_" + event)},
		row: func(v [][]byte) error {
			if len(v[0]) == 0 {
				return nil
			}
			n, err := strconv.ParseInt(string(v[0]), 10, 64)
			take(n)
			return err
		},
	}
}

// sampled is a query of rows as arrays of columns, each its name and its text.
func sampled(from, limit string) string {
	return fmt.Sprintf(`SELECT pg_catalog.json_agg(s.fields) FROM (
      SELECT (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(f.key, pg_catalog.left(f.value, %d), pg_catalog.length(f.value) > %d))
          FROM pg_catalog.json_each_text(pg_catalog.row_to_json(r)) f) AS fields
        FROM %s r LIMIT %s) s`, host.MaxSample, host.MaxSample, from, limit)
}

// take adds the samples that a trigger has taken.
func take(effects *host.TableEffects, before, after []byte) error {
	was, err := samplesOf(before)
	if err != nil {
		return err
	}
	is, err := samplesOf(after)
	if err != nil {
		return err
	}
	for i := range max(len(was), len(is)) {
		var s host.RowSample
		if i < len(was) {
			s.Before = was[i]
		}
		if i < len(is) {
			s.After = is[i]
		}
		effects.Samples = append(effects.Samples, s)
	}
	return nil
}

// samplesOf reads what sampled returns.
func samplesOf(document []byte) ([][]host.Field, error) {
	if document == nil {
		return nil, nil
	}
	var rows [][][3]any
	if err := json.Unmarshal(document, &rows); err != nil {
		return nil, fmt.Errorf("what was observed of rows cannot be read: %w", err)
	}
	samples := make([][]host.Field, len(rows))
	for i, row := range rows {
		for _, column := range row {
			var f host.Field
			f.Column, _ = column[0].(string)
			value, there := column[1].(string)
			f.Value, f.Null = value, !there
			if long, _ := column[2].(bool); long {
				f.Value += "…"
			}
			samples[i] = append(samples[i], f)
		}
	}
	return samples, nil
}
