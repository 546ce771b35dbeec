package sqlite

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A syncMaker writes the triggers of a sync.
type syncMaker struct {
	table    *table
	key      []string // of a row
	old, new syncSide
	defaults []string // of the new columns, "" for none
}

// A syncSide is the columns of one side, and the expressions that make them.
type syncSide struct{ names, from []string }

// newSyncSide returns a side. A column that has no expression is what the column
// in the same place of the other side is.
func newSyncSide(columns, other []schema.SyncColumn) (s syncSide) {
	for i, c := range columns {
		s.names = append(s.names, c.Column)
		if c.From.IsZero() {
			s.from = append(s.from, ident(other[i].Column))
		} else {
			s.from = append(s.from, tabletext.Parenthesized(c.From.For(schema.SQLite)))
		}
	}
	return s
}

// reading returns queries that compile only if each side can be made of the other
// and nothing else.
func (s *syncMaker) reading() []string {
	table := ident(s.table.name)
	read := func(to, from syncSide) string {
		return "SELECT " + strings.Join(to.from, ", ") + " FROM (SELECT " + idents(from.names) + " FROM main." + table + ") AS " + table
	}
	return []string{read(s.new, s.old), read(s.old, s.new)}
}

// A collation may take different texts for one, so bytes are compared
// (https://sqlite.org/datatype3.html#collation).
const differs = " COLLATE BINARY IS NOT "

// changed is a condition in a trigger for UPDATE: a column was changed. The one of
// a sync has it for each column that it keeps in step, and for no other.
func changed(column string) string { return "NEW." + ident(column) + differs + "OLD." + ident(column) }

// changed is a condition in a trigger for UPDATE: the side was changed.
func (s syncSide) changed() string {
	some := make([]string, len(s.names))
	for i, name := range s.names {
		some[i] = changed(name)
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

// stale is a condition in an UPDATE: the side is not what is made of the other.
func (s syncSide) stale() string {
	some := make([]string, len(s.names))
	for i, name := range s.names {
		some[i] = ident(name) + differs + s.from[i]
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

// given is a condition in an UPDATE: the new side has something that is neither
// NULL nor the default. It asks the row and not NEW, whose columns have no
// affinity: the default '1' of an integer is 1.
func (s *syncMaker) given() string {
	var some []string
	for i, name := range s.new.names {
		is := ident(name) + " IS NOT NULL"
		if value := s.defaults[i]; !isNull(value) {
			is = "(" + is + " AND " + ident(name) + differs + value + ")"
		}
		some = append(some, is)
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

// update makes a side anew in the row that the trigger is about.
func (s *syncMaker) update(why string, side syncSide, conditions ...string) string {
	var set []string
	for i, name := range side.names {
		set = append(set, ident(name)+" = "+side.from[i])
	}
	var where []string
	for _, name := range s.key {
		where = append(where, ident(name)+" = NEW."+ident(name))
	}
	return "  -- " + why + "\n  UPDATE " + ident(s.table.name) + " SET " + strings.Join(set, ", ") +
		"\n  WHERE " + strings.Join(append(where, conditions...), " AND ") + ";\n"
}

// concerns is the condition of the trigger for UPDATE: there may be something to
// do. Where a new column has a default, that is for the row to tell.
func (s *syncMaker) concerns() string {
	var empty []string
	for i, name := range s.new.names {
		if !isNull(s.defaults[i]) {
			return ""
		}
		empty = append(empty, "NEW."+ident(name)+" IS NULL")
	}
	return "\nWHEN " + s.new.changed() + " OR " + s.old.changed() + " OR (" + strings.Join(empty, " AND ") + ")"
}

// triggers are the statements that create the triggers. What they change fires
// them once more, even where recursive_triggers is off, since an INSERT's is
// not an UPDATE's: then the row is in step, and no row is changed
// (https://sqlite.org/pragma.html#pragma_recursive_triggers). Package schema's
// README says what they do.
func (s *syncMaker) triggers(name string) []string {
	insert, update := schema.SyncTriggers(name)
	create := func(trigger, event, when, body string) string {
		return "CREATE TRIGGER " + ident(trigger) + " AFTER " + event + " ON " + ident(s.table.name) + when +
			"\nBEGIN\n  " + schema.SyncMark + "\n" + body + "END"
	}
	const newWins, oldWins = "The new side wins, unless the row is in step.", "The old side wins."
	given, oldChanged, newChanged := s.given(), s.old.changed(), s.new.changed()
	return []string{
		create(insert, "INSERT", "",
			s.update(newWins, s.old, given, s.new.stale(), s.old.stale())+
				s.update(oldWins, s.new, "NOT "+given, s.new.stale())),
		create(update, "UPDATE", s.concerns(),
			s.update(newWins, s.old, newChanged, "("+given+" OR NOT "+oldChanged+")", s.new.stale(), s.old.stale())+
				s.update(oldWins, s.new, "("+oldChanged+" OR NOT "+newChanged+")",
					"CASE WHEN "+oldChanged+" THEN NOT ("+newChanged+" AND "+given+") AND "+s.old.stale()+" ELSE NOT "+given+" END", s.new.stale())),
	}
}

// isNull reports whether a column has no default but NULL.
func isNull(value string) bool { return value == "" || strings.EqualFold(value, "NULL") }
