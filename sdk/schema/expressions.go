package schema

// Expressions returns the pieces of SQL of an operation that stand inside a
// statement of the host's: checks, defaults, conditions. A dialect is given each
// in parentheses or after a keyword, so each has to be one expression.
func Expressions(op Operation) []SQL {
	var list []SQL
	add := func(sqls ...SQL) {
		for _, sql := range sqls {
			if !sql.IsZero() {
				list = append(list, sql)
			}
		}
	}
	column := func(c *Column) {
		add(c.Generated)
		if c.Default != nil {
			add(c.Default.SQL)
		}
	}
	constraint := func(c *Constraint) {
		add(c.Check, c.Where)
		for i := range c.Exclude {
			add(c.Exclude[i].Expr)
		}
	}
	switch op := op.(type) {
	case *CreateTable:
		for i := range op.Columns {
			column(&op.Columns[i])
		}
		for i := range op.Constraints {
			constraint(&op.Constraints[i])
		}
	case *AddColumn:
		column(&op.Column)
	case *AlterColumn:
		add(op.Using)
		if op.Default != nil {
			add(op.Default.SQL)
		}
	case *AddConstraint:
		constraint(&op.Constraint)
	case *CreateIndex:
		add(op.Where)
		for i := range op.Columns {
			add(op.Columns[i].Expr)
		}
	case *CreateSync:
		for _, side := range [][]SyncColumn{op.Old, op.New} {
			for i := range side {
				add(side[i].From)
			}
		}
	case *Batch:
		for _, inner := range op.Operations {
			add(Expressions(inner.Operation)...)
		}
	}
	return list
}
