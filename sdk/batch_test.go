package sdk_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// kept is a backend that keeps the rowsets of batches.
type kept struct {
	sdk.Backend
	rowsets [][]byte
}

func (*kept) Context() (*abi.Context, error) { return &abi.Context{Dialect: abi.SQLite}, nil }

func (k *kept) ExecBatch(_ string, rowset []byte) (int64, error) {
	k.rowsets = append(k.rowsets, append([]byte{}, rowset...))
	return 0, nil
}

// rows returns the rows of all rowsets.
func (k *kept) rows(t *testing.T) (rows [][]sdk.Value) {
	t.Helper()
	for _, rowset := range k.rowsets {
		r, err := abi.NewRowReader(rowset)
		if err != nil {
			t.Fatal(err)
		}
		for {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			values := make([]sdk.Value, len(row))
			for i, v := range row {
				values[i] = v.Clone()
			}
			rows = append(rows, values)
		}
	}
	return rows
}

// Rows arrive as they were added, whether they have the types of the rows before
// them or not.
func TestBatchKeepsRows(t *testing.T) {
	var many []any // more columns than one byte of the bitmap has bits
	for i := range 20 {
		many = append(many, i)
	}
	large := strings.Repeat("x", 40<<10)
	for name, rows := range map[string][][]any{
		"alike": {{int64(1), "a", 0.5, 7}, {int64(-2), "", -0.5, 8}, {int64(1 << 62), "ä", 0.0, -9}},
		"every type": {
			{true, []byte{1}, [16]byte{1}, sdk.Numeric("1.50"), sdk.Date(-1), sdk.Interval(1, 2, 3), sdk.JSON("[]"), uint8(1), float32(1)},
			{false, []byte{}, [16]byte{2}, sdk.Numeric("2"), sdk.Date(7), sdk.Interval(4, 5, 6), sdk.JSON("{}"), uint8(2), float32(2)},
		},
		"NULLs":                {{1, "a"}, {nil, "b"}, {2, nil}, {nil, nil}, {[]byte(nil), sdk.Null}, {3, "c"}},
		"NULLs first":          {{nil, nil}, {sdk.Null, []byte(nil)}, {1, nil}, {2, "b"}, {nil, "c"}},
		"other types":          {{1}, {"a"}, {"b"}, {2.5}, {true}, {1}},
		"other numbers":        {{1}, {1, 2}, {1, 2}, {}, {}, {3}},
		"many columns":         {many, many, append(append([]any{}, many[:19]...), nil), many},
		"more than a bundle":   {{"a"}, {large}, {large}, {large}, {"end"}},
		"a type in the middle": {{1, "a"}, {2, "b"}, {3, []byte("c")}, {4, "d"}},
	} {
		t.Run(name, func(t *testing.T) {
			backend := &kept{}
			m := sdk.Migration{Slug: "a", SQLite: sdk.Revision{ID: "000000000001"}, Upgrade: func(tx *sdk.Tx) error {
				b := tx.Batch("x")
				for _, row := range rows {
					if err := b.Add(row...); err != nil {
						return err
					}
				}
				_, err := b.Flush()
				return err
			}}
			if err := sdk.Run(backend, m, sdk.Upgrade); err != nil {
				t.Fatal(err)
			}
			got := backend.rows(t)
			if len(got) != len(rows) {
				t.Fatalf("%d rows arrived of %d", len(got), len(rows))
			}
			for i, row := range rows {
				want, err := sdk.Values(row...)
				if err != nil {
					t.Fatal(err)
				}
				for j := range want {
					if g, w := got[i][j], want[j]; string(g.Bytes) != string(w.Bytes) || g.Type != w.Type || g.Int != w.Int || g.Float != w.Float || g.Months != w.Months || g.Days != w.Days {
						t.Errorf("row %d: value %d arrived as %v, want %v", i, j, got[i][j], want[j])
					}
				}
			}
		})
	}
}

// What cannot be sent is refused, also after rows that could.
func TestBatchRefuses(t *testing.T) {
	m := sdk.Migration{Slug: "a", SQLite: sdk.Revision{ID: "000000000001"}, Upgrade: func(tx *sdk.Tx) error {
		b := tx.Batch("x")
		if err := b.Add(1); err != nil {
			return err
		}
		return b.Add(struct{}{})
	}}
	backend := &kept{}
	if err := sdk.Run(backend, m, sdk.Upgrade); err == nil || len(backend.rowsets) > 0 {
		t.Errorf("error %v, and %d rowsets were sent", err, len(backend.rowsets))
	}
}
