package policy

import (
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// MaxLockTimeout is how long an operation of a plugin may ask to wait for a lock.
// Whoever wants the table meanwhile waits behind it.
const MaxLockTimeout = 30 * time.Second

// Operation gives the verdict on a schema operation, as data and before it is
// rendered: nil if it is allowed. The request has the names that the guest left
// to the naming convention. SQL inside it, such as a default, the name of a type
// or the query of a view, is for the dialect to judge when it compiles it.
func (j *Judge) Operation(q schema.Request) *Refusal {
	if !q.For(string(j.Dialect)) {
		return nil
	}
	if wait := time.Duration(q.LockTimeout) * time.Millisecond; wait > MaxLockTimeout {
		return j.refuse(0, "", "wait %v for a lock, and so keep others waiting (lock_timeout): at most %v", wait, MaxLockTimeout)
	}
	switch op := q.Operation.(type) {
	case *schema.CreateTable:
		return j.createTable(op)
	case *schema.DropTable:
		return first(j.alone(op.Name, op.Cascade), j.change("table", op.Name))
	case *schema.RenameTable:
		return first(j.change("table", op.Name), j.make("table", op.To))
	case *schema.AddColumn:
		return first(j.change("table", op.Table), j.column(op.Column.Name), j.typed(&op.Column.Type))
	case *schema.DropColumn:
		return j.change("table", op.Table)
	case *schema.RenameColumn:
		return first(j.change("table", op.Table), j.column(op.To))
	case *schema.AlterColumn:
		return first(j.change("table", op.Table), j.typed(&op.Type))
	case *schema.CreateIndex:
		return first(j.transactional(op.Name, op.Concurrently), j.change("table", op.Table), j.make("index", op.Name))
	case *schema.DropIndex:
		return first(j.transactional(op.Name, op.Concurrently), j.change("table", op.Table), j.change("index", op.Name))
	case *schema.RenameIndex:
		return first(j.change("table", op.Table), j.change("index", op.Name), j.make("index", op.To))
	case *schema.AddConstraint:
		return first(j.change("table", op.Table), j.constraint(&op.Constraint))
	case *schema.DropConstraint:
		return j.change("table", op.Table)
	case *schema.ValidateConstraint:
		return j.change("table", op.Table)
	case *schema.CreateEnum:
		return j.make("type", op.Name)
	case *schema.DropEnum:
		return j.change("type", op.Name)
	case *schema.AddEnumValue:
		return j.change("type", op.Enum)
	case *schema.RenameEnumValue:
		return j.change("type", op.Enum)
	case *schema.DropEnumValue:
		return j.change("type", op.Enum)
	case *schema.CreateExtension:
		return j.refuse(0, "", "create the extension %s, which brings code: whoever owns the database does that", op.Name)
	case *schema.DropExtension:
		return j.refuse(0, "", "drop the extension %s, which others may need", op.Name)
	case *schema.CreateView:
		return j.make(viewKind(op.Materialized), op.Name)
	case *schema.DropView:
		return j.change(viewKind(op.Materialized), op.Name)
	case *schema.CreateTrigger:
		return j.refuse(0, "", "create the trigger %s: a trigger runs with the rights of whoever writes to its table", op.Name)
	case *schema.DropTrigger:
		return j.refuse(0, "", "drop the trigger %s: plugins have no triggers, so it is somebody else's", op.Name)
	case *schema.CreateSync:
		return j.refuse(0, "", "create a sync of %s, which is triggers: they run with the rights of whoever writes to the table", op.Table)
	case *schema.DropSync:
		return j.refuse(0, "", "drop the sync %s: plugins have no triggers, so it is somebody else's", op.Name)
	case *schema.Comment:
		return j.change("table", op.Table)
	case *schema.Insert:
		return j.Touch(Access{Table: op.Table, Verb: "insert", Columns: op.Columns})
	case *schema.Execute:
		return nil // a statement like any other, which the dialect judges
	case *schema.Batch:
		for _, inner := range op.Operations {
			if r := j.Operation(inner); r != nil {
				return r
			}
		}
		return nil
	}
	return j.refuse(0, "", "do the operation %s, of which nothing is known", q.Operation.Kind())
}

func first(refusals ...*Refusal) *Refusal {
	for _, r := range refusals {
		if r != nil {
			return r
		}
	}
	return nil
}

func (j *Judge) make(kind, name string) *Refusal { return j.Make(Object{Kind: kind, Name: name}) }

func (j *Judge) change(kind, name string) *Refusal { return j.Change(Object{Kind: kind, Name: name}) }

// column gives the verdict on the name of a new column.
func (j *Judge) column(name string) *Refusal {
	if !strings.ContainsFunc(name, abi.Steers) {
		return nil
	}
	return j.refuse(0, "", "create the column %q: a name has no control characters", name)
}

func viewKind(materialized bool) string {
	if materialized {
		return "materialized view"
	}
	return "view"
}

func (j *Judge) createTable(op *schema.CreateTable) *Refusal {
	if r := j.make("table", op.Name); r != nil {
		return r
	}
	for i := range op.Columns {
		if r := first(j.column(op.Columns[i].Name), j.typed(&op.Columns[i].Type)); r != nil {
			return r
		}
	}
	for i := range op.Constraints {
		if r := j.constraint(&op.Constraints[i]); r != nil {
			return r
		}
	}
	return nil
}

// constraint gives the verdict on a new constraint. The name of a key or an
// exclusion is that of its index on PostgreSQL; SQLite uses the name of none.
func (j *Judge) constraint(k *schema.Constraint) *Refusal {
	switch {
	case len(k.ForeignKey) > 0:
		return j.Refer(k.References, 0)
	case j.Dialect == chain.SQLite || k.Name == "" || !k.Check.IsZero():
		return nil
	}
	return j.make("constraint", k.Name)
}

// typed gives the verdict on the enum that a column is of.
func (j *Judge) typed(t *schema.Type) *Refusal {
	if t.Base != schema.BaseEnum || j.Owns(t.Enum) {
		return nil
	}
	return j.refuse(0, "", "use the type %s, which it does not own", t.Enum)
}

// alone refuses to drop what depends on a table along with it.
func (j *Judge) alone(table string, cascade bool) *Refusal {
	if !cascade {
		return nil
	}
	return j.refuse(0, "", "drop %s with cascade, which takes along what others have made of it", table)
}

// transactional refuses what PostgreSQL does outside a transaction only: the
// plugin's role is entered inside one.
func (j *Judge) transactional(index string, concurrently bool) *Refusal {
	if !concurrently || j.Dialect == chain.SQLite {
		return nil
	}
	return j.refuse(0, "", "create or drop the index %s concurrently: what a plugin does is done in a transaction", index)
}
