package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// SQLite has no enums. The values of one are rows of sandpiper_enums, and each
// column of it has them in a check called "enum_" and the enum's name, by which
// the columns are found again.
const (
	enumTable = `CREATE TABLE "sandpiper_enums" (
  "name" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "plain" BOOLEAN NOT NULL,
  PRIMARY KEY ("name", "value")
) WITHOUT ROWID`
	enumCheck = "enum_"
)

// An enum is what sandpiper_enums has of one.
type enum struct {
	name   string
	values []string
	plain  bool // columns have no check
}

// enums are all enums of the database, by name.
type enums map[string]*enum

// find returns an enum, or an error that says what is to be done before.
func (e enums) find(name string) (*enum, error) {
	if found := e[name]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("there is no enum %q: create_enum makes it", name)
}

// value returns an enum and the place of a value that it must have.
func (e enums) value(name, value string) (*enum, int, error) {
	found, err := e.find(name)
	if err != nil {
		return nil, -1, err
	}
	at, err := found.must(value)
	return found, at, err
}

func (e *enum) index(value string) int {
	for i, v := range e.values {
		if v == value {
			return i
		}
	}
	return -1
}

// must returns the place of a value, or an error that lists the values.
func (e *enum) must(value string) (int, error) {
	if i := e.index(value); i >= 0 {
		return i, nil
	}
	return -1, fmt.Errorf("the enum %q has no value %q: %s", e.name, value, listed("it has", e.values))
}

// expr returns the expression of the check on a column.
func (e *enum) expr(column string) string {
	quoted := make([]string, len(e.values))
	for i, v := range e.values {
		quoted[i] = text(v)
	}
	return ident(column) + " IN (" + strings.Join(quoted, ", ") + ")"
}

// check returns the constraint of a column of the enum.
func (e *enum) check(column string) string {
	return "CONSTRAINT " + ident(enumCheck+e.name) + " CHECK (" + e.expr(column) + ")"
}

// rows returns the statement that puts values from a place on into
// sandpiper_enums.
func (e *enum) rows(from int) string {
	rows := make([]string, 0, len(e.values))
	for i, v := range e.values[from:] {
		rows = append(rows, fmt.Sprintf("(%s, %s, %d, %t)", text(e.name), text(v), from+i+1, e.plain))
	}
	return `INSERT INTO "sandpiper_enums" ("name", "value", "position", "plain") VALUES ` + strings.Join(rows, ", ")
}

func (c *conn) hasEnums(ctx context.Context) (there bool, err error) {
	err = c.each(ctx, func(*sqlite3.Stmt) error {
		there = true
		return nil
	}, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'sandpiper_enums'")
	return there, err
}

// readEnums returns the enums there are.
func (c *conn) readEnums(ctx context.Context) (enums, error) {
	all := enums{}
	if there, err := c.hasEnums(ctx); err != nil || !there {
		return all, err
	}
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		name := s.ColumnText(0)
		if all[name] == nil {
			all[name] = &enum{name: name, plain: s.ColumnBool(2)}
		}
		all[name].values = append(all[name].values, s.ColumnText(1))
		return nil
	}, "SELECT name, value, plain FROM main.sandpiper_enums ORDER BY name, position")
	return all, err
}

// enumColumns returns the columns of an enum, by their tables' names in order.
func (c *conn) enumColumns(ctx context.Context, name string) (tables []string, columns map[string][]string, err error) {
	all, err := c.objects(ctx)
	columns = map[string][]string{}
	for _, o := range all {
		if o.kind != "table" || !strings.Contains(o.sql, enumCheck) {
			continue
		}
		t, err := tabletext.Parse(o.sql)
		if err != nil {
			continue // a virtual table has no columns of ours
		}
		for i := range t.Columns {
			if enumOf(&t.Columns[i], name) != nil {
				columns[o.name] = append(columns[o.name], t.Columns[i].Name)
			}
		}
		if len(columns[o.name]) > 0 {
			tables = append(tables, o.name)
		}
	}
	return tables, columns, err
}

// enumOf returns the check that makes a column one of an enum, of any if name
// is "".
func enumOf(c *tabletext.Column, name string) *tabletext.Constraint {
	for i := range c.Constraints {
		k := &c.Constraints[i]
		if k.Kind == tabletext.Check && (k.Name == enumCheck+name || name == "" && strings.HasPrefix(k.Name, enumCheck)) {
			return k
		}
	}
	return nil
}

func (a *applier) createEnum(ctx context.Context, op *schema.CreateEnum) error {
	if a.enums[op.Name] != nil {
		return fmt.Errorf("there is an enum %q already", op.Name)
	}
	there, err := a.c.hasEnums(ctx)
	if err != nil {
		return err
	}
	if !there {
		if err := a.alone(ctx, enumTable); err != nil {
			return err
		}
	}
	e := &enum{op.Name, op.Values, op.Plain}
	return a.alone(ctx, e.rows(0))
}

func (a *applier) dropEnum(ctx context.Context, op *schema.DropEnum) error {
	if a.enums[op.Name] == nil && op.IfExists {
		return nil
	}
	if _, err := a.enums.find(op.Name); err != nil {
		return err
	}
	tables, columns, err := a.c.enumColumns(ctx, op.Name)
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		var used []string
		for _, t := range tables {
			for _, col := range columns[t] {
				used = append(used, t+"."+col)
			}
		}
		return hinted(fmt.Errorf("the enum %q is the type of %s", op.Name, listed("", used)), "drop these columns or change their types before")
	}
	return a.alone(ctx, `DELETE FROM "sandpiper_enums" WHERE "name" = `+text(op.Name))
}

func (a *applier) addEnumValue(ctx context.Context, op *schema.AddEnumValue) error {
	e, err := a.enums.find(op.Enum)
	if err != nil {
		return err
	}
	if e.index(op.Value) >= 0 {
		if op.IfNotExists {
			return nil
		}
		return fmt.Errorf("the enum %q has a value %q already", op.Enum, op.Value)
	}
	at := len(e.values)
	switch {
	case op.Before != "":
		at, err = e.must(op.Before)
	case op.After != "":
		if at, err = e.must(op.After); err == nil {
			at++
		}
	}
	if err != nil {
		return err
	}
	next := &enum{name: e.name, plain: e.plain}
	next.values = append(append(append(next.values, e.values[:at]...), op.Value), e.values[at:]...)
	return a.changeEnum(ctx, e, next, nil)
}

func (a *applier) renameEnumValue(ctx context.Context, op *schema.RenameEnumValue) error {
	e, at, err := a.enums.value(op.Enum, op.Value)
	if err != nil {
		return err
	}
	if e.index(op.To) >= 0 {
		return fmt.Errorf("the enum %q has a value %q already", op.Enum, op.To)
	}
	next := &enum{name: e.name, plain: e.plain, values: append([]string(nil), e.values...)}
	next.values[at] = op.To
	return a.changeEnum(ctx, e, next, &valueRename{op.Value, op.To})
}

func (a *applier) dropEnumValue(ctx context.Context, op *schema.DropEnumValue) error {
	e, at, err := a.enums.value(op.Enum, op.Value)
	if err != nil {
		return err
	}
	if len(e.values) == 1 {
		return hinted(fmt.Errorf("%q is the only value of the enum %q", op.Value, op.Enum), "drop_enum drops it whole")
	}
	next := &enum{name: e.name, plain: e.plain}
	next.values = append(append(next.values, e.values[:at]...), e.values[at+1:]...)
	tables, columns, err := a.c.enumColumns(ctx, e.name)
	if err != nil {
		return err
	}
	for _, t := range tables {
		for _, col := range columns[t] {
			n, err := a.c.number(ctx, "SELECT count(*) FROM main."+ident(t)+" WHERE "+ident(col)+" = "+text(op.Value))
			if err != nil {
				return err
			}
			if n > 0 {
				return hinted(fmt.Errorf("the value %q of the enum %q is in %s of %s.%s", op.Value, op.Enum, rowCount(n), t, col),
					"give these rows another value before")
			}
		}
	}
	return a.changeEnum(ctx, e, next, nil)
}

// A valueRename is a value that gets another name, in the rows as well.
type valueRename struct{ from, to string }

// changeEnum makes one enum of another, in sandpiper_enums and in every column.
func (a *applier) changeEnum(ctx context.Context, was, next *enum, renamed *valueRename) error {
	same := 0
	for same < len(was.values) && same < len(next.values) && was.values[same] == next.values[same] {
		same++
	}
	if same < len(was.values) {
		err := a.alone(ctx, fmt.Sprintf(`DELETE FROM "sandpiper_enums" WHERE "name" = %s AND "position" > %d`, text(was.name), same))
		if err != nil {
			return err
		}
	}
	if same < len(next.values) {
		if err := a.alone(ctx, next.rows(same)); err != nil {
			return err
		}
	}
	tables, columns, err := a.c.enumColumns(ctx, was.name)
	if err != nil {
		return err
	}
	for _, t := range tables {
		g, err := a.begin(ctx, t)
		if err != nil {
			return err
		}
		for _, col := range columns[t] {
			if err := g.setEnum(col, next, renamed); err != nil {
				return err
			}
		}
		if err := g.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}
