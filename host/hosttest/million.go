package hosttest

import (
	"io"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Million is how many rows the benchmarks of a dialect's data read, update and load, and
// BatchOf how many of them a batch and a load have.
const (
	Million = 1_000_000
	BatchOf = 1000
)

// PerRow reports the time of each of a million rows.
func PerRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Million, "ns/row")
}

// ReadMillion measures a query of a million rows.
func ReadMillion(b *testing.B, tx host.Tx, sql string) {
	b.ReportAllocs()
	for b.Loop() {
		rows, err := tx.Query(b.Context(), host.Statement{SQL: sql, Ordinal: 1})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			_, err = rows.Next()
		}
		if err != io.EOF || n-1 != Million {
			b.Fatal(n-1, err)
		}
		rows.Close()
	}
	PerRow(b)
}

// UpdateMillion measures a statement that sets a float64, its second parameter, in the
// row whose id is its first, for each of the ids 1 to a million, in batches.
func UpdateMillion(b *testing.B, tx host.Tx, sql string) {
	b.ReportAllocs()
	types := []abi.Type{abi.TypeInt64, abi.TypeFloat64}
	for b.Loop() {
		inBatches(b, types, func(i int, row []abi.Value) {
			row[0], row[1] = abi.Int64(int64(i+1)), abi.Float64(float64(i%BatchOf)/2)
		}, func(rows *abi.RowReader) error {
			_, err := tx.ExecBatch(b.Context(), host.Statement{SQL: sql, Ordinal: 1}, rows)
			return err
		})
	}
	PerRow(b)
}

// LoadMillion loads a million rows, which fill makes.
func LoadMillion(b *testing.B, tx host.Tx, to *abi.Load, types []abi.Type, fill func(i int, row []abi.Value)) {
	inBatches(b, types, fill, func(rows *abi.RowReader) error {
		_, err := tx.Load(b.Context(), host.Statement{Ordinal: 1}, to, rows)
		return err
	})
}

func inBatches(b *testing.B, types []abi.Type, fill func(i int, row []abi.Value), send func(*abi.RowReader) error) {
	var rowset []byte
	row := make([]abi.Value, len(types))
	for first := 0; first < Million; first += BatchOf {
		rowset, _ = abi.AppendRowsetHeader(rowset[:0], types)
		for i := range BatchOf {
			fill(first+i, row)
			rowset, _ = abi.AppendRow(rowset, types, row)
		}
		rows, err := abi.NewRowReader(rowset)
		if err == nil {
			err = send(rows)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
