package postgres

import (
	"encoding/json"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
)

// makeEffects and makeObserver make what the triggers write to, and what they run:
// as whoever makes it, since a plugin's role may not write there. A row before and
// the row after have the same place in the two transition tables.
//
// https://www.postgresql.org/docs/current/sql-createtrigger.html
const makeEffects = `CREATE TEMPORARY TABLE sandpiper_effects
  (relation oid NOT NULL, name text NOT NULL, event text NOT NULL, changed bigint NOT NULL, shown bigint NOT NULL, before json, after json) ON COMMIT DROP`

var makeObserver = `CREATE FUNCTION pg_temp.sandpiper_observe() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sandpiper$
DECLARE
  changed bigint;
  wanted bigint;
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
  SELECT greatest(0, TG_ARGV[0]::bigint - coalesce(sum(e.shown), 0)) INTO wanted
    FROM pg_temp.sandpiper_effects e WHERE e.relation = TG_RELID AND e.event = TG_OP;
  IF wanted > 0 AND TG_OP <> 'INSERT' THEN
    ` + takeSamples("before", "old_rows") + `
  END IF;
  IF wanted > 0 AND TG_OP <> 'DELETE' THEN
    ` + takeSamples("after", "new_rows") + `
  END IF;
  INSERT INTO pg_temp.sandpiper_effects
    VALUES (TG_RELID, CASE WHEN TG_TABLE_SCHEMA = TG_ARGV[1] THEN '' ELSE TG_TABLE_SCHEMA || '.' END || TG_TABLE_NAME,
      TG_OP, changed, least(wanted, changed), before, after);
  RETURN NULL;
END $sandpiper$`

// takeSamples reads rows as arrays of columns, each its name and its text.
func takeSamples(into, from string) string {
	return fmt.Sprintf(`SELECT json_agg(s.fields) INTO %s FROM (
      SELECT (SELECT json_agg(json_build_array(f.key, left(f.value, %d), length(f.value) > %d)) FROM json_each_text(row_to_json(r)) f) AS fields
        FROM %s r LIMIT wanted) s;`, into, host.MaxSample, host.MaxSample, from)
}

// take adds what a trigger has seen.
func take(effects *host.TableEffects, event string, changed int64, before, after []byte) error {
	switch event {
	case "INSERT":
		effects.Inserted += changed
	case "UPDATE":
		effects.Updated += changed
	case "DELETE":
		effects.Deleted += changed
	}
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

// samplesOf reads what takeSamples wrote.
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
