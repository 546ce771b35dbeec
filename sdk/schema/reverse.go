package schema

// An IrreversibleError is an operation that nothing is known to undo.
type IrreversibleError struct {
	Index  int    // its place among the requests, from 0
	Kind   string // of the operation
	Reason string // why, and what to write
}

// Error counts operations from 1, as a reader does.
func (e *IrreversibleError) Error() string {
	return "operation " + itoa(int64(e.Index)+1) + ", " + e.Kind + ", cannot be reversed: " + e.Reason
}

// Reverse returns what undoes the requests, in the order to run it: the last
// request is undone first, so that each operation finds the names that were
// there when it ran. What is made keeps its request's Dialect and LockTimeout.
// The requests are those that were sent, before [Naming.Fill] gives names: it
// gives what is made here the same ones.
//
// What an operation does not say about the past, its author says in Was (Values,
// Query, SQL, Reverse, Key). An operation that changes something only if it is
// not there yet (IfNotExists) is irreversible, since nobody knows afterwards
// whether it did; one that drops something if it is there (IfExists) is not,
// since what Was describes was there. Errors are *InvalidError and
// *IrreversibleError.
func Reverse(requests []Request) ([]Request, error) {
	undone, err := ReverseEach(requests)
	if err != nil {
		return nil, err
	}
	return lastFirst(undone), nil
}

// ReverseEach is Reverse, and tells what undoes each of the requests, in the
// order of the requests: to be run the last first.
func ReverseEach(requests []Request) ([][]Request, error) {
	for _, q := range requests {
		if err := q.Validate(); err != nil {
			return nil, err
		}
	}
	p := past{dialects: []string{PostgreSQL, SQLite}, tables: map[place]bool{}, constraints: map[place]bool{}}
	undone, err := p.undo(requests)
	if err != nil {
		return nil, err // not below: a nil *IrreversibleError is not a nil error
	}
	return undone, nil
}

func lastFirst(undone [][]Request) []Request {
	flat := []Request{}
	for i := len(undone) - 1; i >= 0; i-- {
		flat = append(flat, undone[i]...)
	}
	return flat
}

// A past is what the requests before the one at hand have made.
type past struct {
	dialects    []string       // that the one at hand is for
	tables      map[place]bool // that are made; only table and dialect are set
	constraints map[place]bool // that are added
}

// A place is where something is.
type place struct{ dialect, table, constraint string }

// undo reverses valid requests, each by itself.
func (p *past) undo(requests []Request) ([][]Request, *IrreversibleError) {
	all := p.dialects
	undone := make([][]Request, len(requests))
	for i, q := range requests {
		p.dialects = nil
		for _, d := range all {
			if q.For(d) {
				p.dialects = append(p.dialects, d)
			}
		}
		back, reason := q.Operation.reverse(p)
		if reason != "" {
			return nil, &IrreversibleError{i, q.Operation.Kind(), reason}
		}
		for j := range back {
			if back[j].Dialect == "" {
				back[j].Dialect = q.Dialect
			}
			back[j].LockTimeout = q.LockTimeout
		}
		undone[i] = back
		p.note(q.Operation)
	}
	p.dialects = all
	return undone, nil
}

// note remembers what an operation has made. A batch has noted what is in it.
func (p *past) note(op Operation) {
	for _, d := range p.dialects {
		switch op := op.(type) {
		case *CreateTable:
			p.tables[place{dialect: d, table: op.Name}] = true
			for _, c := range op.Constraints {
				p.added(d, op.Name, c)
			}
		case *DropTable:
			p.forget(d, op.Name, "")
		case *RenameTable:
			p.forget(d, op.Name, op.To)
		case *AddConstraint:
			p.added(d, op.Table, op.Constraint)
		case *DropConstraint:
			delete(p.constraints, place{d, op.Table, op.Name})
		}
	}
}

// added remembers a constraint by its own name, or its name by convention.
func (p *past) added(dialect, table string, c Constraint) {
	DefaultNaming.constraint(table, &c)
	p.constraints[place{dialect, table, c.Name}] = true
}

// forget forgets a table, or knows it by another name if there is one.
func (p *past) forget(dialect, table, to string) {
	for _, known := range []map[place]bool{p.tables, p.constraints} {
		var moved []place
		for at := range known {
			if at.dialect == dialect && at.table == table {
				moved = append(moved, at)
			}
		}
		for _, at := range moved {
			delete(known, at)
			if at.table = to; to != "" {
				known[at] = true
			}
		}
	}
}

// made reports whether the requests have made a table, which is gone once they
// are reversed.
func (p *past) made(dialect, table string) bool {
	return p.tables[place{dialect: dialect, table: table}]
}

// missing says for which dialect of the request there is no SQL, "" if there is
// for each.
func (p *past) missing(field string, sql SQL) string {
	for _, d := range p.dialects {
		if sql.For(d) == "" {
			return field + " says nothing for " + d
		}
	}
	return ""
}

// by makes requests of operations.
func by(operations ...Operation) []Request {
	requests := make([]Request, len(operations))
	for i, op := range operations {
		requests[i].Operation = op
	}
	return requests
}

// onlyIfMissing is why an operation with IfNotExists is irreversible.
func onlyIfMissing(what string) string {
	return "with if_not_exists nobody knows afterwards whether it made " + what + ": leave out if_not_exists, or write the downgrade"
}

// give is how a field is asked for.
func give(lost, field string) string { return lost + " is not known: give " + field }

func (o *CreateTable) reverse(*past) ([]Request, string) {
	if o.IfNotExists {
		return nil, onlyIfMissing("the table")
	}
	return by(&DropTable{Name: o.Name, Was: &TableDefinition{
		Columns: o.Columns, Constraints: o.Constraints, Comment: o.Comment, Strict: o.Strict, WithoutRowID: o.WithoutRowID,
	}}), ""
}

func (o *DropTable) reverse(*past) ([]Request, string) {
	switch {
	case o.Cascade:
		return nil, "with cascade it drops what refers to the table, and nobody knows what that was: drop that before, by operations of its own"
	case o.Was == nil:
		return nil, give("the table "+quote(o.Name)+" as it was", `was: {"columns": […], …}`)
	}
	return by(o.Was.operations(o.Name)...), ""
}

func (o *RenameTable) reverse(*past) ([]Request, string) {
	return by(&RenameTable{Name: o.To, To: o.Name}), ""
}

func (o *AddColumn) reverse(*past) ([]Request, string) {
	if o.IfNotExists {
		return nil, onlyIfMissing("the column")
	}
	was := o.Column
	was.Name = ""
	return by(&DropColumn{Table: o.Table, Name: o.Column.Name, Was: &was}), ""
}

func (o *DropColumn) reverse(*past) ([]Request, string) {
	if o.Was == nil {
		return nil, give("the column "+quote(o.Name)+" as it was", `was: {"type": …, …}`)
	}
	column := *o.Was
	column.Name = o.Name
	return by(&AddColumn{Table: o.Table, Column: column}), ""
}

func (o *RenameColumn) reverse(*past) ([]Request, string) {
	return by(&RenameColumn{Table: o.Table, Name: o.To, To: o.Name}), ""
}

func (o *AlterColumn) reverse(*past) ([]Request, string) {
	was := ColumnState{}
	if o.Was != nil {
		was = *o.Was
	}
	back := &AlterColumn{Table: o.Table, Name: o.Name, Was: &ColumnState{}}
	if !o.Type.IsZero() {
		if was.Type.IsZero() {
			return nil, give("the type that "+quote(o.Name)+" had", `was: {"type": …}, and using for the way back where it needs one`)
		}
		back.Type, back.Using = was.Type, was.Using
		back.Was.Type, back.Was.Using = o.Type, o.Using
	}
	if o.NotNull != nil {
		if was.NotNull == nil {
			return nil, give("whether "+quote(o.Name)+" could be NULL", `was: {"not_null": …}`)
		}
		back.NotNull, back.Was.NotNull = was.NotNull, o.NotNull
	}
	if o.Default != nil || o.DropDefault {
		if was.Default == nil && !was.NoDefault {
			return nil, give("the default that "+quote(o.Name)+" had", `was: {"default": …}, or {"no_default": true} if it had none`)
		}
		back.Default, back.DropDefault = was.Default, was.Default == nil
		back.Was.Default, back.Was.NoDefault = o.Default, o.Default == nil
	}
	if o.Comment != nil {
		if was.Comment == nil {
			return nil, give("the comment that "+quote(o.Name)+" had", `was: {"comment": …}, "" if it had none`)
		}
		back.Comment, back.Was.Comment = was.Comment, o.Comment
	}
	return by(back), ""
}

func (o *CreateIndex) reverse(*past) ([]Request, string) {
	if o.IfNotExists {
		return nil, onlyIfMissing("the index")
	}
	was := *o
	was.Name, was.Table, was.Concurrently = "", "", false
	return by(&DropIndex{Name: o.Name, Table: o.Table, Concurrently: o.Concurrently, Was: &was}), ""
}

func (o *DropIndex) reverse(*past) ([]Request, string) {
	if o.Was == nil {
		return nil, give("the index "+quote(o.Name)+" as it was", `was: {"columns": […], …}`)
	}
	index := o.was()
	index.Concurrently, index.IfNotExists = o.Concurrently, false
	return by(index), ""
}

func (o *RenameIndex) reverse(*past) ([]Request, string) {
	return by(&RenameIndex{Table: o.Table, Name: o.To, To: o.Name}), ""
}

// The name is left in Was where the naming convention completes or makes it, so
// that it comes to the same.
func (o *AddConstraint) reverse(p *past) ([]Request, string) {
	was := o.Constraint
	if !was.Check.IsZero() {
		for _, d := range p.dialects {
			if was.Name == "" && d == PostgreSQL {
				return nil, "PostgreSQL drops a check by its name, and this one has none: give name"
			}
		}
		return by(&DropConstraint{Table: o.Table, Was: &was}), ""
	}
	was.Name = ""
	return by(&DropConstraint{Table: o.Table, Name: o.Constraint.Name, Was: &was}), ""
}

func (o *DropConstraint) reverse(*past) ([]Request, string) {
	if o.Was == nil {
		return nil, give("the constraint "+quote(o.Name)+" as it was", `was: {"check": …} or whatever it was`)
	}
	c := *o.Was
	if o.Name != "" {
		c.Name = o.Name
	}
	return by(&AddConstraint{Table: o.Table, Constraint: c}), ""
}

// On SQLite there was nothing to do. No database takes back a validation, so the
// constraint is made anew.
func (o *ValidateConstraint) reverse(p *past) ([]Request, string) {
	for _, d := range p.dialects {
		if d == SQLite || p.constraints[place{d, o.Table, o.Name}] {
			continue // it goes with the constraint
		}
		if o.Was == nil {
			return nil, give("the constraint "+quote(o.Name)+", which has to be made anew to be unchecked,", `was: {"foreign_key": […], …}`)
		}
		checked, unchecked := *o.Was, *o.Was
		checked.Name, checked.NotValid = "", false
		unchecked.Name, unchecked.NotValid = o.Name, true
		return []Request{
			{Operation: &DropConstraint{Table: o.Table, Name: o.Name, Was: &checked}, Dialect: d},
			{Operation: &AddConstraint{Table: o.Table, Constraint: unchecked}, Dialect: d},
		}, ""
	}
	return nil, ""
}
