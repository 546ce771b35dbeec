package sandbox_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// ready answers every query with the same values, which it makes beforehand.
type ready struct {
	database
	row []abi.Value
}

func (d *ready) Query(context.Context, string, []abi.Value) (host.Rows, error) {
	d.open++
	return &readyRows{values{rows: rows{d: &d.database, left: 2}}, d.row}, nil
}

type readyRows struct {
	values
	row []abi.Value
}

func (r *readyRows) Next() ([]abi.Value, error) {
	_, err := r.rows.Next()
	return r.row, err
}

// A value that a guest reads in pieces goes from where the database has put it to
// the guest, and nowhere else.
func TestPiecesAreNotCopied(t *testing.T) {
	const size = 16_000_000
	large := make([]byte, size)
	db := &ready{row: []abi.Value{abi.Int64(1), {Type: abi.TypeText, Bytes: large}, abi.Bytes(large), {}, abi.UUID([16]byte{})}}
	box := open(t, sandbox.Options{})
	g, err := box.Load(t.Context(), readModule(t, "testdata/testkit/pieces_of_large.wat"), host.GuestLimits{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = g.Run(t.Context(), run(), db)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > size/4 {
		t.Errorf("two values of %d bytes were read in pieces, and %d bytes allocated", size, used)
	}
}
