package sdk_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
)

func TestPieces(t *testing.T) {
	small, large := strings.Repeat("ä", 100), strings.Repeat("0123456789", 5000)
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.Rows("SELECT", "id, note, body, data, nothing",
		[]any{1, small, small, []byte(small), nil},
		[]any{2, small, large, []byte(large), nil},
		[]any{3, small, "", []byte{}, nil})
	err := run(fake, func(tx *sdk.Tx) error {
		rows := tx.Query("SELECT")
		id := int64(0)
		var stale io.Reader
		for row := range rows.Pieces(1) {
			id++
			if row.Int64(0) != id || row.Text(1) != small || row.IsNull(2) || !row.IsNull(4) {
				return errors.New("a small value is not what it was")
			}
			if stale != nil {
				if _, err := stale.Read(make([]byte, 1)); err == nil || err == io.EOF {
					return errors.New("the reader of another row reads")
				}
			}
			want := map[int64]string{1: small, 2: large}[id]
			for column := 2; column <= 3; column++ {
				if err := iotest.TestReader(readerOnly{row.Reader(column)}, []byte(want)); err != nil {
					return err
				}
			}
			stale = row.Reader(1)
		}
		if id != 3 {
			return errors.New("rows are missing")
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readerOnly hides whatever else a reader can do.
type readerOnly struct{ io.Reader }

func TestPiecesThatAreMisused(t *testing.T) {
	large := strings.Repeat("x", 50_000)
	for name, test := range map[string]struct {
		read func(row *sdk.Row) error
		want string
	}{
		"a large value as text": {func(row *sdk.Row) error { row.Text(1); return nil }, "column 1 has 50000 bytes, which were not read: use Reader"},
		"a large value":         {func(row *sdk.Row) error { row.Value(1); return nil }, "use Reader"},
		"an integer in pieces": {func(row *sdk.Row) error {
			_, err := row.Reader(0).Read(make([]byte, 1))
			if err == nil {
				return errors.New("it was read")
			}
			return nil
		}, "column 0 (id) holds int64, which cannot be read as text or bytes"},
		"a NULL in pieces":          {func(row *sdk.Row) error { row.Reader(2); return nil }, "column 2 (nothing) is NULL"},
		"a column that isn't there": {func(row *sdk.Row) error { row.Reader(3); return nil }, "none at index 3"},
		"a name that isn't there":   {func(row *sdk.Row) error { row.Text(row.Index("ID")); return nil }, "the rows have no column ID"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := sdktest.NewFake(sdk.PostgreSQL)
			fake.Rows("SELECT", "id, body, nothing", []any{1, large, nil}, []any{2, large, nil})
			n := 0
			err := run(fake, func(tx *sdk.Tx) error {
				for row := range tx.Query("SELECT").Pieces(1) {
					n++
					if err := test.read(row); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if n != 1 {
				t.Errorf("the loop went on to row %d", n)
			}
		})
	}
}

func TestReaderOfAWholeRow(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.Rows("SELECT", "body", []any{"some text"})
	err := run(fake, func(tx *sdk.Tx) error {
		rows := tx.Query("SELECT")
		for row := range rows.All() {
			got, err := io.ReadAll(row.Reader(0))
			if err != nil || !bytes.Equal(got, []byte("some text")) {
				return errors.Join(errors.New("it reads "+string(got)), err)
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Error(err)
	}
}
