package hosttest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// testRandomSyncs writes to a table with a sync at random, as programs and a
// backfill do, and wants each row to be what package schema's README says. Either
// way loses something: the new side is the old one in capitals, and the old one is
// the new one in small letters.
func testRandomSyncs(t *testing.T, h Harness, db host.Database) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := newStage(t, h, db)
			m := &syncModel{Rand: rand.New(rand.NewPCG(seed, 0)), dialect: h.Dialect, rows: map[int]syncRow{1: {"'it'", "NULL"}, 2: {"NULL", "NULL"}}, filled: "NULL"}
			b, from := `"type":"text"`, "upper(a)"
			if seed%2 == 1 {
				b, from = `"type":"text","not_null":true,"default":"D"`, "coalesce(upper(a), 'N')"
				m.rows[1], m.rows[2], m.filled, m.ifNull = syncRow{"'it'", "'D'"}, syncRow{"NULL", "'D'"}, "'D'", "'N'"
			}
			s.there([]string{tableT}, []string{"INSERT INTO t VALUES (1, 'it'), (2, NULL)"})
			s.must("the upgrade", s.perform(decodeAll(t, []string{`{"add_column":{"table":"t","column":{"name":"b",` + b + `}}}`,
				`{"create_sync":{"table":"t","old":[{"column":"a","from":"lower(b)"}],"new":[{"column":"b","from":"` + from + `"}]}}`}), true))
			var done []string
			rollback(t, s.conn, func(tx host.Tx) {
				for range 120 {
					sql := m.statement()
					done = append(done, sql)
					s.tryOne(tx, sql)
					rows := queryTx(t, tx, statement("SELECT id, coalesce('''' || a || '''', 'NULL'), coalesce('''' || b || '''', 'NULL') FROM t ORDER BY id"))
					got := map[int]syncRow{}
					for _, row := range rows {
						got[int(row[0].Int)] = syncRow{string(row[1].Bytes), string(row[2].Bytes)}
					}
					if !maps.Equal(got, m.rows) {
						t.Fatalf("after\n%s\nthe rows are\n%v\nnot\n%v", strings.Join(done, "\n"), got, m.rows)
					}
				}
			})
		})
	}
}

// A syncModel is a table with a sync, as it has to be.
type syncModel struct {
	*rand.Rand
	dialect chain.Dialect
	rows    map[int]syncRow
	filled  string // the default of the new column
	ifNull  string // what the new column is of NULL, "" for NULL
}

// A syncRow is the literals of a row.
type syncRow struct{ old, new string }

func (m *syncModel) newOf(old string) string {
	if old == "NULL" && m.ifNull != "" {
		return m.ifNull
	}
	return shifted(old, strings.ToUpper)
}

func (m *syncModel) oldOf(new string) string { return shifted(new, strings.ToLower) }

func shifted(literal string, shift func(string) string) string {
	if literal == "NULL" {
		return literal
	}
	return shift(literal)
}

func (m *syncModel) given(r syncRow) bool { return r.new != "NULL" && r.new != m.filled }

// insert says what is stored for a row.
func (m *syncModel) insert(r syncRow) syncRow {
	switch {
	case !m.given(r):
		r.new = m.newOf(r.old)
	case r.new != m.newOf(r.old):
		r.old = m.oldOf(r.new)
	}
	return r
}

// update says what is stored for a row that was another.
func (m *syncModel) update(was, r syncRow) syncRow {
	switch newer, older := r.new != was.new, r.old != was.old; {
	case newer && (m.given(r) || !older):
		if r.new != m.newOf(r.old) {
			r.old = m.oldOf(r.new)
		}
	case older && r.old != m.oldOf(r.new), !older && !m.given(r):
		r.new = m.newOf(r.old)
	}
	return r
}

func (m *syncModel) old() string {
	return []string{"NULL", "'x'", "'X'", "'xY'", "'d'", "'n'"}[m.IntN(6)]
}

func (m *syncModel) new() string {
	if m.ifNull != "" {
		return []string{"'X'", "'x'", "'Xy'", "'D'", "'N'"}[m.IntN(5)]
	}
	return m.old()
}

// statement returns a statement, and does it on the model.
func (m *syncModel) statement() string {
	id, row := m.IntN(6)+1, syncRow{m.old(), m.new()}
	was, there := m.rows[id]
	known := []string{"a", "b"}[m.IntN(2)] // what the program knows
	value := row.old
	if known == "b" {
		row.old, value = "NULL", row.new
	} else {
		row.new = m.filled
	}
	set := func(r syncRow) syncRow {
		if known == "a" {
			r.old = value
		} else {
			r.new = value
		}
		return r
	}
	switch form := m.IntN(10); {
	case !there && form < 7:
		m.rows[id] = m.insert(row)
		return fmt.Sprintf("INSERT INTO t (id, %s) VALUES (%d, %s)", known, id, value)
	case !there:
		row = syncRow{m.old(), m.new()}
		m.rows[id] = m.insert(row)
		return fmt.Sprintf("INSERT INTO t (id, a, b) VALUES (%d, %s, %s)", id, row.old, row.new)
	case form < 3:
		m.rows[id] = m.update(was, set(was))
		return fmt.Sprintf("UPDATE t SET %s = %s WHERE id = %d", known, value, id)
	case form == 3:
		row = syncRow{m.old(), m.new()}
		m.rows[id] = m.update(was, row)
		return fmt.Sprintf("UPDATE t SET a = %s, b = %s WHERE id = %d", row.old, row.new, id)
	case form == 4: // a backfill that touches rows
		m.rows[id] = m.update(was, was)
		return fmt.Sprintf("UPDATE t SET id = id WHERE id = %d", id)
	case form == 5: // and one that makes the new side itself
		m.rows[id] = m.update(was, syncRow{was.old, m.newOf(was.old)})
		expr := "upper(a)"
		if m.ifNull != "" {
			expr = "coalesce(upper(a), 'N')"
		}
		return fmt.Sprintf("UPDATE t SET b = %s WHERE id = %d", expr, id)
	case form == 6:
		sql := fmt.Sprintf("INSERT INTO t (id, %s) VALUES (%d, %s) ON CONFLICT (id) DO UPDATE SET %[1]s = excluded.%[1]s", known, id, value)
		if known == "b" && m.dialect == chain.PostgreSQL {
			value = m.insert(row).new // excluded is the row that would have been stored
		}
		m.rows[id] = m.update(was, set(was))
		return sql
	case form == 7:
		for _, id := range slices.Collect(maps.Keys(m.rows)) {
			m.rows[id] = m.update(m.rows[id], set(m.rows[id]))
		}
		return fmt.Sprintf("UPDATE t SET %s = %s", known, value)
	case form == 8:
		delete(m.rows, id)
		return fmt.Sprintf("DELETE FROM t WHERE id = %d", id)
	}
	if _, there := m.rows[id+10]; there {
		delete(m.rows, id+10)
		return fmt.Sprintf("DELETE FROM t WHERE id = %d", id+10)
	}
	delete(m.rows, id)
	m.rows[id+10] = m.update(was, set(was))
	return fmt.Sprintf("UPDATE t SET id = id + 10, %s = %s WHERE id = %d", known, value, id)
}
