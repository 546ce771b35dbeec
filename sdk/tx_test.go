package sdk_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/sdktest"
)

// run runs a handler on a fake database and returns its error.
func run(fake *sdktest.Fake, upgrade func(*sdk.Tx) error) error {
	revision := sdk.Revision{ID: "0123456789ab"}
	return sdktest.New(fake).Run(sdk.Migration{
		Slug: "m", PostgreSQL: revision, SQLite: revision, Upgrade: upgrade}, sdk.Upgrade)
}

func TestRowsConvert(t *testing.T) {
	const moment = 1791106200123456 // 2026-10-04 09:30:00.123456 UTC
	id := [16]byte{0: 0xab, 15: 0x01}
	for _, test := range []struct {
		name string
		from any
		read func(*sdk.Row) any
		want any // nil if it must be refused
	}{
		{"int64 from int64", 7, func(r *sdk.Row) any { return r.Int64(0) }, int64(7)},
		{"int64 from float64", 7.0, func(r *sdk.Row) any { return r.Int64(0) }, nil},
		{"int64 from text", "7", func(r *sdk.Row) any { return r.Int64(0) }, nil},
		{"int64 from NULL", nil, func(r *sdk.Row) any { return r.Int64(0) }, nil},
		{"float64 from float64", 0.1, func(r *sdk.Row) any { return r.Float64(0) }, 0.1},
		{"float64 from int64", -3, func(r *sdk.Row) any { return r.Float64(0) }, -3.0},
		{"float64 from an int64 that it cannot hold", 1<<53 + 1, func(r *sdk.Row) any { return r.Float64(0) }, nil},
		{"float64 from the largest int64", math.MaxInt64, func(r *sdk.Row) any { return r.Float64(0) }, nil},
		{"float64 from the smallest int64", math.MinInt64, func(r *sdk.Row) any { return r.Float64(0) }, float64(math.MinInt64)},
		{"float64 from numeric", sdk.Numeric("-12.50"), func(r *sdk.Row) any { return r.Float64(0) }, -12.5},
		{"float64 from text", "1.5", func(r *sdk.Row) any { return r.Float64(0) }, nil},
		{"bool from bool", true, func(r *sdk.Row) any { return r.Bool(0) }, true},
		{"bool from 0", 0, func(r *sdk.Row) any { return r.Bool(0) }, false},
		{"bool from 2", 2, func(r *sdk.Row) any { return r.Bool(0) }, nil},
		{"text from text", "ä", func(r *sdk.Row) any { return r.Text(0) }, "ä"},
		{"text from numeric", sdk.Numeric("1.50"), func(r *sdk.Row) any { return r.Text(0) }, "1.50"},
		{"text from json", sdk.JSON("[]"), func(r *sdk.Row) any { return r.Text(0) }, "[]"},
		{"text from uuid", id, func(r *sdk.Row) any { return r.Text(0) }, "ab000000-0000-0000-0000-000000000001"},
		{"text from int64", 1, func(r *sdk.Row) any { return r.Text(0) }, nil},
		{"text from bytes", []byte("a"), func(r *sdk.Row) any { return r.Text(0) }, nil},
		{"bytes from bytes", []byte("a"), func(r *sdk.Row) any { return string(r.Bytes(0)) }, "a"},
		{"bytes from text", "a", func(r *sdk.Row) any { return string(r.Bytes(0)) }, "a"},
		{"bytes from int64", 1, func(r *sdk.Row) any { return string(r.Bytes(0)) }, nil},
		{"uuid from uuid", id, func(r *sdk.Row) any { return r.UUID(0) }, id},
		{"uuid from its text", "AB000000-0000-0000-0000-000000000001", func(r *sdk.Row) any { return r.UUID(0) }, id},
		{"uuid from hex", "ab000000000000000000000000000001", func(r *sdk.Row) any { return r.UUID(0) }, id},
		{"uuid from bytes", id[:], func(r *sdk.Row) any { return r.UUID(0) }, id},
		{"uuid from misplaced hyphens", "ab0000000-000-0000-0000-000000000001", func(r *sdk.Row) any { return r.UUID(0) }, nil},
		{"uuid from text that is none", "gb000000-0000-0000-0000-000000000001", func(r *sdk.Row) any { return r.UUID(0) }, nil},
		{"timestamp from timestamp", sdk.Timestamp(moment), func(r *sdk.Row) any { return r.Timestamp(0) }, int64(moment)},
		{"timestamp from timestamptz", sdk.TimestampTZ(-1), func(r *sdk.Row) any { return r.Timestamp(0) }, int64(-1)},
		{"timestamp from date", sdk.Date(-1), func(r *sdk.Row) any { return r.Timestamp(0) }, int64(-86400e6)},
		{"timestamp from infinity", sdk.Timestamp(math.MaxInt64), func(r *sdk.Row) any { return r.Timestamp(0) }, nil},
		{"timestamp from -infinity", sdk.Date(math.MinInt32), func(r *sdk.Row) any { return r.Timestamp(0) }, nil},
		{"timestamp from time", sdk.TimeOfDay(1), func(r *sdk.Row) any { return r.Timestamp(0) }, nil},
		{"a value as it came", sdk.Interval(1, 2, 3), func(r *sdk.Row) any { return r.Value(0).Months }, int32(1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := sdktest.NewFake(sdk.PostgreSQL)
			fake.Rows("SELECT", "v", []any{test.from})
			var got any
			err := run(fake, func(tx *sdk.Tx) error {
				rows := tx.Query("SELECT v")
				for row := range rows.All() {
					got = test.read(row)
				}
				return rows.Err()
			})
			if test.want == nil {
				if err == nil || !strings.Contains(err.Error(), "column 0 (v)") {
					t.Errorf("read as %v, error %v; want it refused", got, err)
				}
			} else if err != nil || got != test.want {
				t.Errorf("read as %v (%v), want %v", got, err, test.want)
			}
		})
	}
}

func TestTimestampFromText(t *testing.T) {
	const moment = 1791106200000000 // 2026-10-04 09:30:00 UTC
	for text, want := range map[string]int64{
		"2026-10-04 09:30:00":                           moment,
		"2026-10-04T09:30:00Z":                          moment,
		"2026-10-04 09:30":                              moment,
		"2026-10-04 09:30:00.1":                         moment + 100_000,
		"2026-10-04 09:30:00.123456":                    moment + 123_456,
		"2026-10-04 09:30:00.1234569999999999999999999": moment + 123_456,
		"2026-10-04 11:30:00+02:00":                     moment,
		"2026-10-04T04:00:00.5-05:30":                   moment + 500_000,
		"1970-01-01":                                    0,
		"1969-12-31 23:59:59.999999":                    -1,
		"2024-02-29":                                    19782 * 86400e6,
		"2000-02-29":                                    11016 * 86400e6,
		"0000-03-01":                                    -719468 * 86400e6,
		"9999-12-31":                                    2932896 * 86400e6,
	} {
		if got, err := readTimestamp(text); err != nil || got != want {
			t.Errorf("%q was read as %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "now", "2026", "2026-10", "2026-13-01", "2026-00-01", "2026-10-00", "2026-04-31", "2023-02-29", "1900-02-29",
		"2026-10-04 ", "2026-10-04 9:30", "2026-10-04 24:00", "2026-10-04 09:60", "2026-10-04 09:30:60", "2026-10-04 09:30:00.",
		"2026-10-04 09:30:00 +02:00", "2026-10-04 09:30:00+0200", "2026-10-04 09:30:00+02:60", "2026-10-04 09:30:00+24:00",
		"2026-10-04 09:30:00ZZ", "2026/10/04", "02026-10-04", "2026-10-04x09:30", " 2026-10-04",
	} {
		if got, err := readTimestamp(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func readTimestamp(text string) (micros int64, err error) {
	fake := sdktest.NewFake(sdk.SQLite)
	fake.Rows("SELECT", "v", []any{text})
	err = run(fake, func(tx *sdk.Tx) error {
		rows := tx.Query("SELECT v")
		for row := range rows.All() {
			micros = row.Timestamp(0)
		}
		return rows.Err()
	})
	return micros, err
}

// A handler that overlooks an error must not complete: what it computed from
// half of the rows would be committed.
func TestOverlookedErrorsFailTheMigration(t *testing.T) {
	for name, test := range map[string]struct {
		run  func(*sdk.Tx) error
		want string
	}{
		"a value that cannot be read": {func(tx *sdk.Tx) error {
			for row := range tx.Query("SELECT").All() {
				row.Int64(1)
			}
			return nil
		}, "column 1 (b) is NULL"},
		"a column that is not there": {func(tx *sdk.Tx) error {
			for row := range tx.Query("SELECT").All() {
				row.IsNull(2)
			}
			return nil
		}, "a row of 2 columns has none at index 2"},
		"a query that fails": {func(tx *sdk.Tx) error {
			tx.Query("BROKEN")
			return nil
		}, "no such thing (42P01)"},
		"rows that are read twice": {func(tx *sdk.Tx) error {
			rows := tx.Query("SELECT")
			for range 2 {
				for range rows.All() {
					break
				}
			}
			return nil
		}, "read twice"},
		"a batch that is not flushed": {func(tx *sdk.Tx) error {
			return tx.Batch("INSERT INTO t").Add(1)
		}, "not flushed: INSERT INTO t"},
		"a section that failed": {func(tx *sdk.Tx) error {
			tx.Section("a", func() error { return errors.New("half done") })
			return nil
		}, "half done"},
		"a query in a savepoint": {func(tx *sdk.Tx) error {
			return tx.Savepoint("s", func() error {
				tx.Query("BROKEN")
				return nil
			})
		}, "no such thing (42P01)"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := sdktest.NewFake(sdk.PostgreSQL)
			fake.Rows("SELECT", "a, b", []any{1, nil}, []any{2, nil})
			fake.Fail("BROKEN", "42P01", "no such thing")
			err := run(fake, test.run)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if slices.Contains(fake.Calls()[2:], "COMMIT") && name != "a section that failed" {
				t.Errorf("calls %q: it committed", fake.Calls())
			}
		})
	}
}

func TestErrorsThatWereDealtWithAreForgotten(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.Rows("SELECT", "a", []any{"text"})
	fake.Fail("BROKEN", "42P01", "no such thing")
	err := run(fake, func(tx *sdk.Tx) error {
		rows := tx.Query("SELECT")
		for row := range rows.All() {
			row.Int64(0)
		}
		if rows.Err() == nil {
			return errors.New("a text was read as an integer")
		}
		err := tx.Savepoint("s", func() error {
			tx.Query("BROKEN")
			return tx.Batch("INSERT INTO t").Add(1)
		})
		if !errors.Is(err, sdk.ErrSQL) {
			return errors.Join(errors.New("the savepoint succeeded"), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBatches(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	var affected int64
	err := run(fake, func(tx *sdk.Tx) error {
		b := tx.Batch("INSERT")
		for _, row := range [][]any{{1, nil}, {nil, nil}, {2, "a"}, {nil, "b"}, {"three", 3}, {4.5, nil, true}, {}} {
			if err := b.Add(row...); err != nil {
				return err
			}
		}
		var err error
		affected, err = b.Flush()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"BEGIN", "INSERT [1 NULL]", "INSERT [NULL NULL]", "INSERT [2 'a']", "INSERT [NULL 'b']",
		"INSERT ['three' 3]", "INSERT [4.5 NULL true]", "INSERT", "COMMIT"}
	if got := fake.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	if affected != 7 {
		t.Errorf("%d rows affected, want 7", affected)
	}
}

func TestBatchStopsAtItsFirstError(t *testing.T) {
	fake := sdktest.NewFake(sdk.PostgreSQL)
	fake.FailOn("INSERT", []any{2}, "23505", "duplicate key")
	err := run(fake, func(tx *sdk.Tx) error {
		b := tx.Batch("INSERT")
		for i := range 3 {
			if err := b.Add(i + 1); err != nil {
				return errors.Join(errors.New("too early"), err)
			}
		}
		if _, err := b.Flush(); !errors.Is(err, sdk.ErrSQL) {
			return errors.Join(errors.New("no error"), err)
		}
		return b.Add(4)
	})
	if err == nil || !strings.HasSuffix(err.Error(), "duplicate key (23505)") {
		t.Errorf("error %v, want the database's alone", err)
	}
	if want := []string{"BEGIN", "INSERT [1]", "INSERT [2]", "ROLLBACK"}; !slices.Equal(fake.Calls(), want) {
		t.Errorf("calls %q, want %q", fake.Calls(), want)
	}
}

func TestArguments(t *testing.T) {
	type own int
	for name, test := range map[string]struct {
		arg  any
		want string
	}{
		"int": {-1, "[-1]"}, "int8": {int8(-1), "[-1]"}, "int16": {int16(1), "[1]"}, "int32": {int32(1), "[1]"},
		"uint8": {uint8(255), "[255]"}, "uint16": {uint16(1), "[1]"}, "uint32": {uint32(math.MaxUint32), "[4294967295]"},
		"uint": {uint(1), "[1]"}, "uint64": {uint64(math.MaxInt64), "[9223372036854775807]"},
		"float32": {float32(0.5), "[0.5]"}, "nil": {nil, "[NULL]"}, "Null": {sdk.Null, "[NULL]"},
		"too large": {uint64(math.MaxInt64) + 1, ""}, "a type of one's own": {own(1), ""}, "a pointer": {new(int), ""},
	} {
		t.Run(name, func(t *testing.T) {
			fake := sdktest.NewFake(sdk.PostgreSQL)
			err := run(fake, func(tx *sdk.Tx) error {
				_, err := tx.Exec("X", test.arg)
				return err
			})
			if test.want == "" {
				if !errors.Is(err, sdk.ErrArgument) || !strings.Contains(err.Error(), "argument 1 of the statement is") {
					t.Errorf("error %v, want a refusal", err)
				}
			} else if err != nil || fake.Calls()[1] != "X "+test.want {
				t.Errorf("sent %q (%v), want %s", fake.Calls()[1], err, test.want)
			}
		})
	}
}

func TestLog(t *testing.T) {
	runner := sdktest.New(sdktest.NewFake(sdk.SQLite))
	err := runner.Run(sdk.Migration{SQLite: sdk.Revision{ID: "0123456789ab"}, Upgrade: func(tx *sdk.Tx) error {
		tx.Log("on ", tx.Dialect(), ": ", 3, " of ", int64(4), ", ", 0.5, true, nil, errors.New("x"), []byte("ab"), struct{}{})
		tx.Debug("d")
		tx.Warn("w")
		tx.Progress(1, 0)
		tx.Progress(-1, 0)
		return nil
	}}, sdk.Upgrade)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"info: on sqlite: 3 of 4, 0.5trueNULLx2 bytes(a value that cannot be shown)", "debug: d", "warning: w", "progress: 1 of 0"}
	if got := runner.Log(); !slices.Equal(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestRunRefuses(t *testing.T) {
	fake := sdktest.NewFake(sdk.SQLite)
	m := sdk.Migration{Slug: "m", PostgreSQL: sdk.Revision{ID: "0123456789ab"}, Upgrade: func(*sdk.Tx) error { return nil }}
	if err := sdktest.New(fake).Run(m, sdk.Upgrade); err == nil || !strings.Contains(err.Error(), "no revision for sqlite") {
		t.Errorf("error %v", err)
	}
	if err := sdktest.New(fake).Run(m, sdk.Downgrade); err == nil || !strings.Contains(err.Error(), "it has no downgrade") {
		t.Errorf("error %v", err)
	}
}
