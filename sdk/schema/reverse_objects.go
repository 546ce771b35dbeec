package schema

func (o *CreateEnum) reverse(*past) ([]Request, string) {
	return by(&DropEnum{Name: o.Name, Values: o.Values, Plain: o.Plain}), ""
}

func (o *DropEnum) reverse(*past) ([]Request, string) {
	if len(o.Values) == 0 {
		return nil, give("what the enum "+quote(o.Name)+" held", `values: ["…"]`)
	}
	return by(&CreateEnum{Name: o.Name, Values: o.Values, Plain: o.Plain}), ""
}

func (o *AddEnumValue) reverse(*past) ([]Request, string) {
	if o.IfNotExists {
		return nil, onlyIfMissing("the value")
	}
	return by(&DropEnumValue{
		Enum: o.Enum, Value: o.Value, Before: o.Before, After: o.After, AtEnd: o.Before == "" && o.After == "",
	}), ""
}

func (o *RenameEnumValue) reverse(*past) ([]Request, string) {
	return by(&RenameEnumValue{Enum: o.Enum, Value: o.To, To: o.Value}), ""
}

func (o *DropEnumValue) reverse(*past) ([]Request, string) {
	if o.Before == "" && o.After == "" && !o.AtEnd {
		return nil, give("where the value "+quote(o.Value)+" was", `before: "…", after: "…" or at_end: true`)
	}
	return by(&AddEnumValue{Enum: o.Enum, Value: o.Value, Before: o.Before, After: o.After}), ""
}

// An extension that may have been there belongs to somebody else too: neither
// dropping it nor leaving it in silence is right.
func (o *CreateExtension) reverse(*past) ([]Request, string) {
	if o.IfNotExists {
		return nil, onlyIfMissing("the extension") +
			`; to leave the extension there, write execute: {"sql": {"postgresql": "CREATE EXTENSION IF NOT EXISTS …"}, "no_reverse": true}`
	}
	return by(&DropExtension{Name: o.Name}), ""
}

func (o *DropExtension) reverse(*past) ([]Request, string) {
	return by(&CreateExtension{Name: o.Name}), ""
}

func (o *CreateView) reverse(*past) ([]Request, string) {
	return by(&DropView{Name: o.Name, Materialized: o.Materialized, Query: o.Query, Columns: o.Columns}), ""
}

func (o *DropView) reverse(p *past) ([]Request, string) {
	if o.Query.IsZero() {
		return nil, give("the query of the view "+quote(o.Name), `query: "SELECT …"`)
	}
	return by(&CreateView{Name: o.Name, Materialized: o.Materialized, Query: o.Query, Columns: o.Columns}), p.missing("query", o.Query)
}

func (o *CreateTrigger) reverse(*past) ([]Request, string) {
	return by(&DropTrigger{Name: o.Name, Table: o.Table, SQL: o.SQL}), ""
}

func (o *DropTrigger) reverse(p *past) ([]Request, string) {
	if o.SQL.IsZero() {
		return nil, give("the statement of the trigger "+quote(o.Name), `sql: "CREATE TRIGGER …"`)
	}
	return by(&CreateTrigger{Name: o.Name, Table: o.Table, SQL: o.SQL}), p.missing("sql", o.SQL)
}

func (o *Comment) reverse(p *past) ([]Request, string) {
	if o.Was == nil {
		for _, d := range p.dialects {
			if d == PostgreSQL && !p.made(d, o.Table) {
				return nil, give("the comment that was there", `was: "…", "" if there was none`)
			}
		}
		return nil, "" // it goes with the table
	}
	text := o.Text
	return by(&Comment{Table: o.Table, Column: o.Column, Text: *o.Was, Was: &text}), ""
}

// What undoes a statement is run where the statement was, and nowhere else.
func (o *Execute) reverse(p *past) ([]Request, string) {
	switch {
	case o.NoReverse:
		return nil, ""
	case o.Reverse.IsZero():
		return nil, give("what undoes the statement", `reverse: "…", or no_reverse: true if there is nothing to undo`)
	}
	back := &Execute{SQL: o.Reverse, Reverse: o.SQL}
	if o.SQL.For(PostgreSQL) == "" {
		back.SQL = SQL{SQLite: o.Reverse.For(SQLite)}
	} else if o.SQL.For(SQLite) == "" {
		back.SQL = SQL{PostgreSQL: o.Reverse.For(PostgreSQL)}
	}
	for _, d := range p.dialects {
		if o.SQL.For(d) != "" && back.SQL.For(d) == "" {
			return nil, "reverse says nothing for " + d + ": say it, or write one execute for each dialect (beside the operation: dialect: " + d + ")"
		}
	}
	if back.SQL.IsZero() {
		return nil, ""
	}
	return by(back), ""
}

func (o *Batch) reverse(p *past) ([]Request, string) {
	undone, err := p.undo(o.Operations)
	if err != nil {
		return nil, err.Error()
	}
	back := lastFirst(undone)
	if len(back) == 0 {
		return nil, ""
	}
	return by(&Batch{Table: o.Table, Operations: back}), ""
}
