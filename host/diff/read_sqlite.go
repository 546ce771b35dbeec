package diff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// readSQLite reads a schema from the texts that SQLite keeps of it: its pragmas
// do not tell of checks, names, collations and conflict clauses. known are the
// enums of the other side: where these are, the check of a column says that it is
// of one, though no list has it here, as in a schema file that was not written for
// Sandpiper's sake.
func readSQLite(ctx context.Context, side Side, known []*enum) (*model, error) {
	m := &model{dialect: chain.SQLite, known: known}
	objects, err := withLedger(ctx, side)
	if err != nil {
		return nil, err
	}
	if err := m.readEnumRows(ctx, side); err != nil {
		return nil, err
	}
	for _, o := range objects {
		switch o.Kind {
		case host.ObjectTable:
			err = m.addTable(o)
		case host.ObjectView:
			m.views = append(m.views, sqliteView(o))
		case host.ObjectTrigger:
			m.triggers = append(m.triggers, &trigger{
				name: o.Name, table: o.Table, sql: bareStatement(o.SQL), text: tabletext.Definition("TRIGGER", o.SQL),
			})
		}
		if err != nil {
			return nil, err
		}
	}
	for _, o := range objects {
		if o.Kind == host.ObjectIndex {
			if t := m.table(o.Table); t != nil {
				t.indexes = append(t.indexes, sqliteIndex(o))
			}
		}
	}
	m.resolveKeys()
	m.orderViews()
	return m, nil
}

// orderViews puts each view after those that it names.
func (m *model) orderViews() {
	var list []*view
	seen := map[*view]bool{}
	var visit func(v *view)
	visit = func(v *view) {
		if seen[v] {
			return
		}
		seen[v] = true
		for _, below := range m.views {
			if m.mentions(v.query, below.name) {
				visit(below)
			}
		}
		list = append(list, v)
	}
	for _, v := range m.views {
		visit(v)
	}
	m.views = list
}

// withLedger returns the objects and the runner's own tables, which are none.
// Those of enums are told by the enums.
func withLedger(ctx context.Context, side Side) ([]host.Object, error) {
	objects := slices.Clone(side.Objects)
	rows, err := side.DB.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema
		WHERE type = 'table' AND name LIKE 'sandpiper\_%' ESCAPE '\' AND name <> 'sandpiper_enums' ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("read sqlite_schema: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		o := host.Object{Kind: host.ObjectTable}
		if err := rows.Scan(&o.Name, &o.SQL); err != nil {
			return nil, fmt.Errorf("read sqlite_schema: %w", err)
		}
		objects = append(objects, o)
	}
	return objects, rows.Err()
}

// readEnumRows reads the enums that sandpiper_enums lists.
func (m *model) readEnumRows(ctx context.Context, side Side) error {
	if !slices.ContainsFunc(side.Objects, func(o host.Object) bool { return o.Kind == host.ObjectType }) {
		return nil
	}
	rows, err := side.DB.QueryContext(ctx, "SELECT name, value, plain FROM sandpiper_enums ORDER BY name, position")
	if err != nil {
		return fmt.Errorf("read sandpiper_enums: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		var plain bool
		if err := rows.Scan(&name, &value, &plain); err != nil {
			return fmt.Errorf("read sandpiper_enums: %w", err)
		}
		e := m.enum(name)
		if e == nil {
			e = &enum{name: name, plain: plain}
			m.enums = append(m.enums, e)
		}
		e.values = append(e.values, value)
	}
	return rows.Err()
}

// bareStatement returns a statement without its semicolon.
func bareStatement(sql string) string {
	if list, err := statements(chain.SQLite, sql); err == nil && len(list) == 1 {
		return list[0]
	}
	return strings.TrimSuffix(strings.TrimSpace(sql), ";")
}

func (m *model) addTable(o host.Object) error {
	t := &table{name: o.Name, sql: bareStatement(o.SQL)}
	m.tables = append(m.tables, t)
	text, err := tabletext.Parse(o.SQL)
	if errors.Is(err, tabletext.ErrVirtual) {
		t.besides = []string{tabletext.Plain(t.sql, "")}
		return nil
	}
	if err != nil {
		return fmt.Errorf("the text of table %q in sqlite_schema cannot be read: %w", o.Name, err)
	}
	t.strict, t.withoutRowID = text.Strict, text.WithoutRowID
	for i := range text.Columns {
		t.columns = append(t.columns, m.sqliteColumn(text, &text.Columns[i]))
	}
	deferrals(text, func(k tabletext.Constraint, of int) {
		if own := sqliteConstraint(text, &k); own != nil {
			if of >= 0 && m.isEnumCheck(text, &k, of) {
				t.columns[of].Type = schema.EnumOf(strings.TrimPrefix(k.Name, enumCheck))
				return
			}
			t.constraints = append(t.constraints, own)
			if k.Autoincrement {
				m.column(t, k.Columns[0]).Autoincrement = true
			}
		}
	})
	t.implied()
	return nil
}

// deferrals calls do with every constraint and the column that it is written
// behind, -1 if it is the table's. DEFERRABLE that does not follow REFERENCES at
// once is about the foreign key before it.
func deferrals(t *tabletext.Table, do func(k tabletext.Constraint, column int)) {
	type placed struct {
		tabletext.Constraint
		column int
	}
	var all []placed
	last := -1
	add := func(list []tabletext.Constraint, column int) {
		for _, k := range list {
			switch {
			case k.Kind == tabletext.ForeignKey:
				last = len(all)
			case k.Kind == tabletext.Deferral && last >= 0:
				all[last].Deferred = k.Deferred
			}
			all = append(all, placed{k, column})
		}
	}
	for i := range t.Columns {
		add(t.Columns[i].Constraints, i)
	}
	add(t.Constraints, -1)
	for _, k := range all {
		do(k.Constraint, k.column)
	}
}

// implied notes which columns are NOT NULL for being in the primary key
// (https://sqlite.org/withoutrowid.html, https://sqlite.org/stricttables.html).
func (t *table) implied() {
	key := t.primaryKey()
	for _, c := range t.columns {
		if slices.ContainsFunc(key, func(name string) bool { return tabletext.SameName(name, c.Name) }) &&
			(t.withoutRowID || t.strict && !(len(key) == 1 && c.kind == "integer")) {
			c.NotNull = true
		}
	}
}

// enumCheck begins the name of the check that makes a column one of an enum
// (package sqlite).
const enumCheck = "enum_"

// isEnumCheck reports whether a check behind a column is that of an enum.
func (m *model) isEnumCheck(t *tabletext.Table, k *tabletext.Constraint, column int) bool {
	name, ok := strings.CutPrefix(k.Name, enumCheck)
	if !ok || name == "" || k.Kind != tabletext.Check {
		return false
	}
	values, ok := listedValues(t.Text(k.Expr), t.Columns[column].Name)
	if !ok || tabletext.Plain(t.Text(t.Columns[column].Type), "") != "text" {
		return false
	}
	e := m.enum(name)
	if e == nil {
		if !slices.ContainsFunc(m.known, func(k *enum) bool { return k.name == name && !k.plain }) {
			return false
		}
		m.enums = append(m.enums, &enum{name: name, values: values})
		return true
	}
	return !e.plain && slices.Equal(e.values, values)
}

// listedValues reads "column" IN ('a', 'b').
func listedValues(expr, column string) ([]string, bool) {
	var list []chain.Token
	for t := range chain.Tokens(chain.SQLite, expr) {
		if !t.Blank() {
			list = append(list, t)
		}
	}
	if len(list) < 5 || !list[1].Is("IN") || !list[2].Is("(") || !list[len(list)-1].Is(")") {
		return nil, false
	}
	if name, ok := list[0].Name(chain.SQLite); !ok || !tabletext.SameName(name, column) {
		return nil, false
	}
	var values []string
	for i, t := range list[3 : len(list)-1] {
		switch {
		case i%2 == 1 && t.Is(","):
		case i%2 == 0 && t.Kind == chain.String && t.Text[0] == '\'':
			values = append(values, literalText(t.Text))
		default:
			return nil, false
		}
	}
	return values, len(list)%2 == 1
}

// literalText returns the value of a string literal.
func literalText(literal string) string {
	return strings.ReplaceAll(literal[1:len(literal)-1], "''", "'")
}

// resolveKeys names the columns that foreign keys refer to without naming them.
func (m *model) resolveKeys() {
	for _, t := range m.tables {
		for _, k := range t.constraints {
			if parent := m.table(k.References); len(k.ForeignKey) > 0 && len(k.To) == 0 && parent != nil {
				if key := parent.primaryKey(); len(key) == len(k.ForeignKey) {
					k.To = key
				}
			}
		}
	}
}
