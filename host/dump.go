package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Dump is the schema of a database, to be kept as a file and compared by git.
type Dump struct {
	Dialect chain.Dialect
	Heads   map[string][]string // line → sorted ids, as the ledger has them
	Pending []chain.Key         // migrations that are half done
	Objects []Object
}

// DumpMark begins every text of a Dump.
const DumpMark = "-- Written by `sandpiper dump`"

// preambles are what a session needs before it runs the SQL of Objects. The body
// of a PostgreSQL function may name what comes after it.
//
// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-CHECK-FUNCTION-BODIES
var preambles = map[chain.Dialect]string{
	chain.PostgreSQL: "SET check_function_bodies = off",
}

// Dump reads the schema of the database and what its ledger says of it. Where
// another program keeps it from that, it waits as long as for another runner. A
// database that is not there is an error.
func (r *Runner) Dump(ctx context.Context) (d Dump, err error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return Dump{}, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if c, ok := conn.(mayBeAbsent); ok {
		if err := c.Absent(); err != nil {
			return Dump{}, err
		}
	}
	w := waiting{runner: r}
	for {
		d, moved, err := dump(ctx, conn)
		switch {
		case errors.Is(err, ErrLocked):
			err = w.pause(ctx, err)
		case err == nil && !moved:
			d.Dialect = r.db.Dialect()
			return d, nil
		}
		if err != nil {
			return Dump{}, err
		}
	}
}

// dump reads once. moved says that a migration was committed meanwhile, which
// may be in what was read of the one and not in what was read of the other.
func dump(ctx context.Context, conn Conn) (d Dump, moved bool, err error) {
	before, err := conn.Ledger(ctx)
	if err != nil {
		return Dump{}, false, err
	}
	if d.Objects, err = conn.Objects(ctx); err != nil {
		return Dump{}, false, err
	}
	after, err := conn.Ledger(ctx)
	if err != nil {
		return Dump{}, false, err
	}
	d.Heads = after.Heads
	for _, p := range after.Progress {
		d.Pending = append(d.Pending, p.Key)
	}
	return d, !reflect.DeepEqual(before, after), nil
}

// Unwritten returns the objects that the text names and cannot create.
func (d Dump) Unwritten() []Object {
	var all []Object
	for _, o := range d.Objects {
		if o.SQL == "" {
			all = append(all, o)
		}
	}
	return all
}

// Text is the dump as SQL. The same schema at the same revisions has the same
// text, whenever and wherever it is read; on SQLite, if the same statements have
// made it. It says which revisions it holds and does not record them: what is in a
// ledger happened in its database, and what happens in the next one is a stamp.
func (d Dump) Text() []byte {
	var b strings.Builder
	b.WriteString(DumpMark + ", which the next one writes over.\n")
	b.WriteString("-- It has no data, no owners, no privileges, and not Sandpiper's own tables.\n")
	switch revisions := d.revisions(); len(revisions) {
	case 0:
		b.WriteString("-- No revision is applied.\n")
	default:
		b.WriteString("--\n-- It holds all revisions up to:\n")
		for _, r := range revisions {
			b.WriteString(Comment("  "+r) + "\n")
		}
		b.WriteString("-- Tell a database that is built of it so with `sandpiper stamp`.\n")
	}
	for _, key := range d.Pending {
		b.WriteString(Comment("And a part of a migration that is half done: "+key.String()) + "\n")
	}
	if preamble := preambles[d.Dialect]; preamble != "" {
		b.WriteString("\n" + preamble + ";\n")
	}
	for _, o := range d.Objects {
		b.WriteString("\n")
		if o.SQL == "" {
			b.WriteString(Comment("Not written, since Sandpiper cannot: "+o.String()) + "\n")
			continue
		}
		b.WriteString(o.SQL + "\n")
	}
	return []byte(b.String())
}

func (d Dump) revisions() []string {
	var all []string
	for _, line := range slices.Sorted(maps.Keys(d.Heads)) {
		for _, id := range d.Heads[line] {
			all = append(all, line+"@"+id)
		}
	}
	return all
}

// Load creates objects in the schema that a connection works in, in the order
// that Objects has them in, and in one transaction.
func Load(ctx context.Context, conn Conn, dialect chain.Dialect, objects []Object) (err error) {
	tx, err := conn.Begin(ctx, Fence{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	if preamble := preambles[dialect]; preamble != "" {
		if _, err := tx.Exec(ctx, Statement{SQL: preamble}); err != nil {
			return err
		}
	}
	ordinal := 0
	for _, o := range objects {
		statements, err := chain.Split(dialect, o.SQL)
		if err != nil {
			return fmt.Errorf("%s: %w", o, err)
		}
		if len(statements) == 0 {
			return fmt.Errorf("%s: Sandpiper cannot write what creates it", o)
		}
		for _, s := range statements {
			ordinal++
			if _, err := tx.Exec(ctx, Statement{SQL: s.SQL, Ordinal: ordinal}); err != nil {
				return fmt.Errorf("%s: %w", o, err)
			}
		}
	}
	return tx.Commit(ctx)
}
