package sandbox

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A transcript writes a line for each call of a guest, such as
//
//	exec "INSERT INTO t VALUES (?)" [1] defer -> OK
//	query "SELECT id FROM t" [] -> OK, handle 1
//	rows_next 1 -> OK, 3 rows
//
// A nil transcript writes nothing, and costs nothing.
type transcript struct {
	sandbox *Sandbox
	line    strings.Builder
	outcome string
}

func (t *transcript) begin(name string) {
	if t != nil {
		t.line.Reset()
		t.line.WriteString(name)
		t.outcome = ""
	}
}

// word appends a word to the line.
func (t *transcript) word(format string, args ...any) {
	if t != nil {
		t.line.WriteByte(' ')
		fmt.Fprintf(&t.line, format, args...)
	}
}

func (t *transcript) quote(s string) {
	if t != nil {
		t.word("%s", strconv.Quote(s))
	}
}

// result says more than the errno does.
func (t *transcript) result(format string, args ...any) {
	if t != nil {
		t.outcome = ", " + fmt.Sprintf(format, args...)
	}
}

// end writes the line.
func (t *transcript) end(errno abi.Errno, err error) {
	if t == nil {
		return
	}
	if errno != abi.ErrnoOK && err != errno {
		t.outcome = ": " + err.Error()
	}
	t.sandbox.traceMu.Lock()
	defer t.sandbox.traceMu.Unlock()
	fmt.Fprintf(t.sandbox.opts.Trace, "%s -> %s%s\n", t.line.String(), errno.String(), t.outcome)
}

func (t *transcript) values(values []abi.Value) {
	if t != nil {
		t.word("%s", formatRow(values))
	}
}

func (t *transcript) rowset(b []byte) {
	if t == nil {
		return
	}
	rows, err := abi.NewRowReader(b)
	var list []string
	for err == nil {
		var values []abi.Value
		if values, err = rows.Next(); err == nil {
			list = append(list, formatRow(values))
		}
	}
	if err != io.EOF {
		list = append(list, "malformed")
	}
	t.word("[%s]", strings.Join(list, ", "))
}

func (t *transcript) columns(columns []abi.Column) {
	if t == nil {
		return
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name + " " + c.Type.String()
	}
	t.result("(%s)", strings.Join(list, ", "))
}

func formatRow(values []abi.Value) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = formatValue(v)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func formatValue(v abi.Value) string {
	switch v.Type {
	case abi.TypeNull:
		return "NULL"
	case abi.TypeInt64:
		return strconv.FormatInt(v.Int, 10)
	case abi.TypeFloat64:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case abi.TypeBool:
		return strconv.FormatBool(v.Int == 1)
	case abi.TypeText:
		return strconv.Quote(string(v.Bytes))
	case abi.TypeNumeric, abi.TypeJSON:
		return v.Type.String() + " " + strconv.Quote(string(v.Bytes))
	case abi.TypeInterval:
		return fmt.Sprintf("interval %dmo %dd %dus", v.Months, v.Days, v.Int)
	case abi.TypeBytes, abi.TypeUUID:
		return fmt.Sprintf("%v %x", v.Type, v.Bytes)
	default:
		return fmt.Sprintf("%v %d", v.Type, v.Int)
	}
}
