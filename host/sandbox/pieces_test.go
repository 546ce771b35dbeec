package sandbox_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// ready answers every query with two rows, which it makes beforehand.
type ready struct {
	database
	rows [2][]abi.Value
}

func (d *ready) Query(context.Context, string, []abi.Value) (host.Rows, error) {
	d.open++
	return &readyRows{values{rows: rows{d: &d.database, left: 2}}, d.rows}, nil
}

type readyRows struct {
	values
	ready [2][]abi.Value
}

func (r *readyRows) Next() ([]abi.Value, error) {
	_, err := r.rows.Next()
	return r.ready[1-r.left], err
}

// A value that a guest reads in pieces goes from where the database has put it to
// the guest, and nowhere else; so does one that has no room behind other rows.
func TestLargeValuesAreNotCopied(t *testing.T) {
	const size = 16_000_000
	rowOf := func(size int) []abi.Value {
		large := make([]byte, size)
		return []abi.Value{abi.Int64(1), {Type: abi.TypeText, Bytes: large}, abi.Bytes(large), {}, abi.UUID([16]byte{})}
	}
	large := rowOf(size)
	for guest, rows := range map[string][2][]abi.Value{"pieces_of_large": {large, large}, "row_behind_others": {rowOf(10), large}} {
		box := open(t, sandbox.Options{Mode: sandbox.Interpreter}) // a compiler at work beside it would allocate as well
		g, err := box.Load(t.Context(), readModule(t, "testdata/testkit/"+guest+".wat"), host.GuestLimits{})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = g.Run(t.Context(), run(), &ready{rows: rows})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatalf("%s: %v", guest, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > size/4 {
			t.Errorf("%s read values of %d bytes, and %d bytes were allocated", guest, size, used)
		}
	}
}
