package sdktest

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Fake is a Database of either dialect that holds no data. It records what it
// is sent, and answers as it was told beforehand: without an answer, a
// statement affects one row and a query has none.
type Fake struct {
	dialect sdk.Dialect
	calls   []string
	answers []answer

	backfills map[string]answer // by name
}

// An answer is given to statements that begin with a prefix.
type answer struct {
	prefix   string
	params   []sdk.Value // and that have these, if not nil
	affected int64
	columns  []abi.Column
	rows     [][]sdk.Value
	err      error
	once     bool
}

// NewFake returns a fake database.
func NewFake(dialect sdk.Dialect) *Fake { return &Fake{dialect: dialect} }

// Rows has queries that begin with prefix return rows. The columns are named in
// a list such as "id, title". A value is whatever can be an argument of
// [sdk.Tx.Exec]; every column's type is that of its values, or any if they
// differ. An answer that was given later comes first.
func (f *Fake) Rows(prefix, columns string, rows ...[]any) {
	a := newAnswer(columns, rows)
	a.prefix = prefix
	f.answers = append(f.answers, a)
}

// Backfill gives the rows that a backfill visits, in the order of its key, whose
// columns come first. Without it, a backfill has none.
func (f *Fake) Backfill(name, columns string, rows ...[]any) {
	if f.backfills == nil {
		f.backfills = map[string]answer{}
	}
	f.backfills[name] = newAnswer(columns, rows)
}

// newAnswer returns rows as an answer.
func newAnswer(columns string, rows [][]any) (a answer) {
	for name := range strings.SplitSeq(columns, ",") {
		a.columns = append(a.columns, abi.Column{Name: strings.TrimSpace(name)})
	}
	for _, row := range rows {
		values, err := sdk.Values(row...)
		if err == nil && len(values) != len(a.columns) {
			err = fmt.Errorf("a fake row of %d values for %d columns", len(values), len(a.columns))
		}
		if err != nil {
			a.err = err
			return a
		}
		for i, v := range values {
			switch t := &a.columns[i].Type; {
			case v.Type == abi.TypeNull || *t == v.Type:
			case *t == abi.TypeNull:
				*t = v.Type
			default:
				*t = abi.TypeAny
			}
		}
		a.rows = append(a.rows, values)
	}
	return a
}

// Affected has statements that begin with prefix affect n rows.
func (f *Fake) Affected(prefix string, n int64) {
	f.answers = append(f.answers, answer{prefix: prefix, affected: n})
}

// Fail has the next statement that begins with prefix fail, with the code as
// the database's.
func (f *Fake) Fail(prefix, code, message string) {
	f.answers = append(f.answers, answer{prefix: prefix, once: true,
		err: &sdk.Error{Errno: sdk.ErrSQL, Code: code, Message: message}})
}

// FailOn is Fail for the next statement that has these arguments as well.
func (f *Fake) FailOn(prefix string, args []any, code, message string) {
	f.Fail(prefix, code, message)
	a := &f.answers[len(f.answers)-1]
	if a.params, a.err = sdk.Values(args...); a.err == nil {
		a.err = &sdk.Error{Errno: sdk.ErrSQL, Code: code, Message: message}
	}
}

// Calls returns what was sent so far, one line each: "BEGIN", "COMMIT",
// "ROLLBACK", or a statement, followed by its parameters if there are any, as
// in
//
//	UPDATE deployment SET slug = $1 WHERE id = $2 ['a-name' 7]
func (f *Fake) Calls() []string { return append([]string(nil), f.calls...) }

// Dialect returns the dialect that the fake was made for.
func (f *Fake) Dialect() sdk.Dialect { return f.dialect }

// Begin records the beginning of a transaction.
func (f *Fake) Begin() error { return f.record("BEGIN", nil) }

// Commit records the end of a transaction.
func (f *Fake) Commit() error { return f.record("COMMIT", nil) }

// Rollback records the end of a transaction.
func (f *Fake) Rollback() error { return f.record("ROLLBACK", nil) }

// Exec records a statement and gives its answer.
func (f *Fake) Exec(sql string, params []sdk.Value) (int64, error) {
	a := f.answer(sql, params)
	return a.affected, a.err
}

// Query records a query and gives its answer.
func (f *Fake) Query(sql string, params []sdk.Value) (Rows, error) {
	a := f.answer(sql, params)
	if a.err != nil {
		return nil, a.err
	}
	return &fakeRows{a.columns, a.rows}, nil
}

func (f *Fake) record(sql string, params []sdk.Value) error {
	if len(params) > 0 {
		shown := make([]string, len(params))
		for i, v := range params {
			shown[i] = sdk.Show(v)
			if v.Type == abi.TypeText {
				shown[i] = "'" + shown[i] + "'"
			}
		}
		sql += " [" + strings.Join(shown, " ") + "]"
	}
	f.calls = append(f.calls, sql)
	return nil
}

func (f *Fake) answer(sql string, params []sdk.Value) answer {
	_ = f.record(sql, params)
	for i := len(f.answers) - 1; i >= 0; i-- {
		a := f.answers[i]
		if !strings.HasPrefix(sql, a.prefix) || a.params != nil && !reflect.DeepEqual(a.params, params) {
			continue
		}
		if a.once {
			f.answers = append(f.answers[:i], f.answers[i+1:]...)
		}
		return a
	}
	return answer{affected: 1}
}

// fakeRows are the rows of a canned answer.
type fakeRows struct {
	columns []abi.Column
	rows    [][]sdk.Value
}

func (r *fakeRows) Columns() ([]abi.Column, error) { return r.columns, nil }

func (r *fakeRows) Next() ([]abi.Value, error) {
	if len(r.rows) == 0 {
		return nil, io.EOF
	}
	row := r.rows[0]
	r.rows = r.rows[1:]
	return row, nil
}

func (r *fakeRows) Close() error {
	r.rows = nil
	return nil
}
