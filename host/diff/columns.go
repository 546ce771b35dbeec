package diff

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// columns compares the columns.
func (p *tableDiff) columns() {
	for _, c := range p.from.columns {
		if p.defaultMoves(c) {
			p.differ.steps = append(p.differ.steps, step{droppingDefaults, p.to.name, nil, []schema.Operation{
				&schema.AlterColumn{Table: p.to.name, Name: c.Name, DropDefault: true},
			}})
		}
		switch {
		case p.differ.to.column(p.to, c.Name) != nil:
		case p.withParent(c.Name):
			p.byParent(Drop, c)
		default:
			p.dropColumn(c)
		}
	}
	for _, c := range p.to.columns {
		was := p.differ.from.column(p.from, c.Name)
		switch {
		case was == nil && p.withParent(c.Name):
			p.byParent(Add, c)
			continue
		case was == nil:
			p.addColumn(c)
			continue
		}
		if why := p.other(was, c); why != "" {
			p.lost[p.fold(c.Name)] = why
		} else if was.Type != c.Type || was.kind != c.kind {
			p.retyped[p.fold(c.Name)] = true
		}
	}
	if !p.lite() {
		p.loseDependents()
	}
	for _, c := range p.to.columns {
		was := p.differ.from.column(p.from, c.Name)
		switch why := p.lost[p.fold(c.Name)]; {
		case was == nil:
		case p.withParent(c.Name):
			if why != "" || !reflect.DeepEqual(was.Column, c.Column) || was.kind != c.kind {
				p.byParent(Modify, c)
			}
		case why != "":
			p.replaceColumn(was, c, why)
		default:
			p.alterColumn(was, c)
		}
	}
}

// defaultMoves reports whether the default of a column is a value of an enum that
// is dropped and added again elsewhere: it is dropped for that while.
func (p *tableDiff) defaultMoves(c *column) bool {
	return c.Type.Base == schema.BaseEnum && c.Default != nil && slices.Contains(p.moved[c.Type.Enum], c.Default.Literal.Text)
}

// other says why a column cannot become another one and keep what it holds, ""
// if it can.
func (p *tableDiff) other(was, c *column) string {
	switch {
	case was.Generated.IsZero() && c.Generated.IsZero():
		return ""
	case c.Generated.IsZero():
		if p.lite() {
			return "it is not generated any more"
		}
		return ""
	case was.Generated.IsZero():
		return "it becomes generated"
	case !p.equalSQL(was.Generated, c.Generated) || was.Virtual != c.Virtual:
		return "it is generated otherwise"
	case was.Type != c.Type || was.kind != c.kind:
		return "it is generated and has another type"
	}
	return ""
}

// loseDependents drops and adds again the generated columns over a column whose
// type changes: PostgreSQL does not change it under them.
func (p *tableDiff) loseDependents() {
	for _, g := range p.to.columns {
		was := p.differ.from.column(p.from, g.Name)
		if was == nil || was.Generated.IsZero() || g.Generated.IsZero() {
			continue
		}
		for _, c := range p.to.columns {
			if (p.retyped[c.Name] || p.revalued[c]) && p.model().mentions(g.Generated.Both, c.Name) && p.lost[g.Name] == "" {
				p.lost[g.Name] = "it is generated from " + c.Name
			}
		}
	}
}

func (p *tableDiff) dropColumn(c *column) {
	at, text := droppingColumns, " with all its values"
	if !c.Generated.IsZero() {
		at, text = droppingGenerated, ", which is generated"
	}
	change := p.change(Drop, KindColumn, p.to.name, c.Name, "column "+p.to.name+"."+c.Name+text)
	change.Type, change.Destroys = c.Type.String(), c.Generated.IsZero()
	p.do(at, change, &schema.DropColumn{Table: p.to.name, Name: c.Name})
}

func (p *tableDiff) addColumn(c *column) {
	change := p.change(Add, KindColumn, p.to.name, c.Name, "column "+p.to.name+"."+c.Name+" "+c.Type.String())
	change.Type = c.Type.String()
	if c.NotNull && c.Default == nil && c.Generated.IsZero() && !c.Autoincrement && c.serial == "" {
		change.Text += ", not null without a default: fails on a table with rows"
	}
	if p.lite() && (c.Autoincrement || !p.sayableColumn(p.to, c)) {
		p.byNewTable(change)
		return
	}
	made := step{addingColumns, p.to.name, []Change{change}, []schema.Operation{&schema.AddColumn{Table: p.to.name, Column: c.definition()}}}
	if !c.Generated.IsZero() {
		made.phase = addingGenerated
	}
	if p.hides(change) {
		p.hidden = true
		return
	}
	p.columnBesides(&made, p.to, c)
	p.steps = append(p.steps, made)
}

// columnBesides adds what a new column is besides.
func (d *differ) columnBesides(made *step, t *table, c *column) {
	if c.identity == "ALWAYS" {
		made.operations = append(made.operations, execute(alterColumnSQL(t, c)+"SET GENERATED ALWAYS")...)
	}
	if c.owns != "" {
		made.operations = append(made.operations, execute(ownSequence(t, c))...)
	}
	if c.besides != "" {
		d.unwritten(d.change(Modify, KindColumn, t.name, c.Name, "column "+t.name+"."+c.Name+": "+c.besides), noOperation)
	}
}

// ownSequence is the statement that gives a sequence to a column.
func ownSequence(t *table, c *column) string {
	return "ALTER SEQUENCE " + quoteIdent(c.owns) + " OWNED BY " + quoteIdent(t.name) + "." + quoteIdent(c.Name)
}

// noOperation is why a difference is not written.
const noOperation = "no operation says it: write the statement with execute"

func alterColumnSQL(t *table, c *column) string {
	return "ALTER TABLE " + quoteIdent(t.name) + " ALTER COLUMN " + quoteIdent(c.Name) + " "
}

// replaceColumn drops a column and adds it again.
func (p *tableDiff) replaceColumn(was, c *column, why string) {
	change := p.change(Modify, KindColumn, p.to.name, c.Name, "column "+p.to.name+"."+c.Name+" is dropped and added again: "+why)
	change.Type, change.Was = c.Type.String(), was.Type.String()
	drop, add := droppingGenerated, addingGenerated
	if c.Generated.IsZero() {
		add = addingColumns
	}
	if c.Generated.IsZero() || was.Generated.IsZero() {
		change.Text += "; its values are lost"
		change.Destroys = true
	}
	if p.lite() && (c.Autoincrement || !p.sayableColumn(p.to, c)) {
		p.byNewTable(change)
		return
	}
	if p.hides(change) {
		p.hidden = true
		return
	}
	p.also(drop, &schema.DropColumn{Table: p.to.name, Name: c.Name})
	made := step{add, p.to.name, []Change{change}, []schema.Operation{&schema.AddColumn{Table: p.to.name, Column: c.definition()}}}
	p.columnBesides(&made, p.to, c)
	p.steps = append(p.steps, made)
}

// alterColumn changes a column. Its type is a change of its own to filters, since
// some are about nothing else.
func (p *tableDiff) alterColumn(was, c *column) {
	made := step{phase: alteringColumns, table: p.to.name}
	change := p.change(Modify, KindColumn, p.to.name, c.Name, "")
	change.Was, change.Type = was.Type.String(), c.Type.String()
	typed := was.Type != c.Type || was.kind != c.kind
	if typed {
		change.Text = "column " + p.to.name + "." + c.Name + ": type " + c.named(was) + " → " + was.named(c)
		if change.Destroys = !p.lite() && loses(was, c); change.Destroys {
			change.Text += ": its values lose what that type does not hold"
		}
		if p.hides(change) {
			p.hidden, typed = true, false
			change.Type = change.Was
			if was.Type.Base == schema.BaseEnum {
				p.keptEnums[was.Type.Enum] = p.result.Hidden[len(p.result.Hidden)-1].Filter
			}
		} else {
			made.changes = append(made.changes, change)
		}
		change.Destroys = false
	}
	before := was.besides
	if typed {
		before = strings.TrimSpace(storage.ReplaceAllString(before, ""))
	}
	if !p.lite() && before != c.besides {
		beside := change
		beside.Text = "column " + p.to.name + "." + c.Name + ": " + cmp.Or(before, "nothing special") + " → " + cmp.Or(c.besides, "nothing special")
		p.unwritten(beside, noOperation)
	}
	rest := false
	if texts := p.differences(was, c); len(texts) > 0 {
		change.Text = "column " + p.to.name + "." + c.Name + ": " + strings.Join(texts, ", ")
		switch {
		case p.lite() && (was.Collate != c.Collate || was.besides != c.besides || was.Autoincrement != c.Autoincrement):
			p.byNewTable(change)
			return
		case p.hides(change):
			p.hidden = true
		default:
			rest = true
			made.changes = append(made.changes, change)
		}
	}
	if typed || rest || p.defaultMoves(was) {
		made.operations = p.columnOperations(was, c, typed, rest)
		p.steps = append(p.steps, made)
	}
}

// storage is what of a column does not outlast its type
// (https://www.postgresql.org/docs/current/sql-altertable.html).
var storage = regexp.MustCompile(`\b(storage|compression) \w+ ?`)

// differences says in what a column differs, but for its type.
func (p *tableDiff) differences(was, c *column) []string {
	var texts []string
	say := func(differs bool, text string) {
		if differs {
			texts = append(texts, text)
		}
	}
	say(!was.Generated.IsZero() && c.Generated.IsZero(), "not generated any more")
	say(was.NotNull && !c.NotNull, "may be null")
	say(!was.NotNull && c.NotNull, "not null")
	say(!p.equalDefaults(was.Default, c.Default), map[bool]string{true: "default dropped", false: "another default"}[c.Default == nil])
	say(was.Comment != c.Comment, "comment")
	say(p.renumbered(was, c), "numbered otherwise")
	say(was.Collate != c.Collate, "collation "+cmp.Or(was.Collate.Both, "default")+" → "+cmp.Or(c.Collate.Both, "default"))
	say(p.lite() && was.besides != c.besides, was.besides+" → "+c.besides)
	return texts
}

// columnOperations changes the type of a column, or the rest of it, or both.
func (p *tableDiff) columnOperations(was, c *column, typed, rest bool) []schema.Operation {
	if !typed {
		kept := *c
		kept.Type, kept.kind = was.Type, was.kind
		c = &kept
	}
	alter := &schema.AlterColumn{Table: p.to.name, Name: c.Name}
	collation, value := was.Collate, was.Default
	before, after := []schema.Operation(nil), serialType(was, c)
	if rest {
		collation, value = c.Collate, c.Default
		if p.renumbered(was, c) {
			before, after = p.sequence(was, c)
		}
		if was.NotNull != c.NotNull {
			alter.NotNull = &c.NotNull
		}
		if was.Comment != c.Comment {
			alter.Comment = &c.Comment
		}
		if !was.Generated.IsZero() && c.Generated.IsZero() { // before the type of what it is made of changes
			p.also(droppingGenerated, execute(alterColumnSQL(p.to, c)+"DROP EXPRESSION")...)
		}
	}
	collated := !p.lite() && (was.Collate != collation || typed && !collation.IsZero())
	apart := collated && typed && was.Default != nil // the default would not follow the type
	if apart {
		before = append(before, &schema.AlterColumn{Table: p.to.name, Name: c.Name, DropDefault: true})
	}
	switch {
	case value == nil:
		alter.DropDefault = was.Default != nil && !apart
	case apart, !p.equalDefaults(was.Default, value), typed && !value.SQL.IsZero(), p.defaultMoves(was):
		alter.Default = untyped(value, c.kind)
	}
	switch {
	case collated:
		before = append(before, p.collate(was, c, collation))
	case typed:
		alter.Type = c.Type
		if !p.lite() {
			alter.Using = using(was, c)
		}
	}
	if !alter.Type.IsZero() || alter.NotNull != nil || alter.Default != nil || alter.DropDefault || alter.Comment != nil {
		before = append(before, alter)
	}
	return append(before, after...)
}

// untyped returns a default in words that do not depend on the type of the column:
// the operation may not say it.
func untyped(value *schema.Default, kind string) *schema.Default {
	if value.Function == schema.FunctionNow && kind == "date" {
		return schema.DefaultSQL(schema.PerDialect("CURRENT_DATE", "date('now')"))
	}
	return value
}

// named is the type of another column for people, by its name in the database
// where portable names do not tell the two apart.
func (c *column) named(other *column) string {
	if c.Type.String() == other.Type.String() {
		return other.kind
	}
	return other.Type.String()
}

// collate changes the type and the collation of a column at once: one without the
// other would take the collation of the type.
func (p *tableDiff) collate(was, c *column, collation schema.SQL) schema.Operation {
	sql := alterColumnSQL(p.to, c) + "TYPE " + c.typeName()
	if !collation.IsZero() {
		sql += " COLLATE " + quoteIdent(collation.Both)
	}
	if expr := using(was, c); !expr.IsZero() {
		sql += " USING " + expr.Both
	}
	return &schema.Execute{SQL: schema.Expr(sql)}
}
