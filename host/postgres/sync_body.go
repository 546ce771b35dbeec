package postgres

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A syncMaker writes what a sync is made of.
type syncMaker struct {
	op       *schema.CreateSync
	table    *syncedTable
	old, new syncSide
}

// A syncSide is the columns of one side, and the expressions that make them.
type syncSide struct{ names, from []string }

// newSyncSide returns a side. A column that has no expression is what the column
// in the same place of the other side is.
func newSyncSide(columns, other []schema.SyncColumn) (s syncSide) {
	for i, c := range columns {
		s.names = append(s.names, c.Column)
		if c.From.IsZero() {
			s.from = append(s.from, quoteIdent(other[i].Column))
		} else {
			s.from = append(s.from, "("+c.From.For(schema.PostgreSQL)+")")
		}
	}
	return s
}

// of is the columns of a side in a record.
func (s syncSide) of(record string) []string {
	columns := make([]string, len(s.names))
	for i, name := range s.names {
		columns[i] = record + "." + quoteIdent(name)
	}
	return columns
}

// row is the columns of a side in a record, as a row.
func (s syncSide) row(record string) string { return "ROW(" + strings.Join(s.of(record), ", ") + ")" }

// differ is a condition: rows are not the same as they are stored. Not each type
// can tell whether two values are equal, and what is equal may still be seen to
// differ. It is a call, since rows that stand beside the operator are compared
// column by column, with an operator of each type's
// (https://www.postgresql.org/docs/current/functions-comparisons.html#COMPOSITE-TYPE-COMPARISON).
func differ(one, other string) string {
	return "pg_catalog.record_image_ne(" + one + ", " + other + ")"
}

// changed is a condition in a trigger for UPDATE: the side was changed.
func (s syncSide) changed() string { return differ(s.row("NEW"), s.row("OLD")) }

// given is a condition: the new side has something that is neither NULL nor the
// default.
func (s *syncMaker) given() string {
	var some []string
	for _, name := range s.new.names {
		column, col := "NEW."+quoteIdent(name), s.table.columns[name]
		is := column + " IS DISTINCT FROM NULL"
		if col.value != "" && !isNull(col.value) {
			is = "(" + is + " AND " + differ("ROW("+column+")", "ROW(CAST("+col.value+" AS "+col.kind+"))") + ")"
		}
		some = append(some, is)
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

// concerns is the condition of the trigger for UPDATE: there may be something to
// do.
func (s *syncMaker) concerns() string {
	return s.new.changed() + " OR " + s.old.changed() + " OR NOT " + s.given()
}

// try is a query that the server can plan if one side can be made of the other.
func (s *syncMaker) try(to, from syncSide) string {
	table := quoteIdent(s.op.Table)
	return "EXPLAIN INSERT INTO " + table + " (" + idents(to.names) + ") OVERRIDING SYSTEM VALUE SELECT " + strings.Join(to.from, ", ") +
		" FROM (SELECT " + idents(from.names) + " FROM " + table + ") AS " + table
}

// make is a statement that makes one side of the other, in a record.
func (s *syncMaker) make(to, from syncSide, record string) string {
	columns := from.of("NEW")
	for i := range columns {
		columns[i] += " AS " + quoteIdent(from.names[i])
	}
	return "SELECT " + strings.Join(to.from, ", ") + " INTO " + strings.Join(to.of(record), ", ") +
		" FROM (SELECT " + strings.Join(columns, ", ") + ") AS " + quoteIdent(s.op.Table) + ";"
}

// body is the text of the function. Package schema's README says what it does.
func (s *syncMaker) body() string {
	return strings.NewReplacer(
		"{mark}", schema.SyncMark,
		"{given}", s.given(),
		"{new changed}", s.new.changed(),
		"{old changed}", s.old.changed(),
		"{new differs}", differ(s.new.row("made"), s.new.row("NEW")),
		"{old differs}", differ(s.old.row("made"), s.old.row("NEW")),
		"{what new is made}", s.make(s.new, s.old, "made"),
		"{what old is made}", s.make(s.old, s.new, "made"),
		"{make new}", s.make(s.new, s.old, "NEW"),
		"{make old}", s.make(s.old, s.new, "NEW"),
	).Replace(`#variable_conflict use_column
{mark}
DECLARE
  given boolean := {given};
  made record := NEW;
BEGIN
  IF (CASE TG_OP WHEN 'INSERT' THEN given ELSE {new changed} AND (given OR NOT {old changed}) END) THEN
    {what new is made}
    IF {new differs} THEN
      {make old}
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF {old changed} THEN
      {what old is made}
      IF NOT {old differs} THEN
        RETURN NEW;
      END IF;
    ELSIF given THEN
      RETURN NEW;
    END IF;
  END IF;
  {make new}
  RETURN NEW;
END
`)
}
