package hosttest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// testValues holds the tables of ABI.md, section 5.6, against the database.
func testValues(t *testing.T, h Harness) {
	_, conn := ready(t, h)
	typical, edges := valueTables(t, h)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for _, c := range typical {
		generate := generators[c.value]
		if generate == nil {
			t.Errorf("ABI.md has a row about %s, and nobody knows any", c.value)
			continue
		}
		rows := make([][]abi.Value, 60)
		for i := range rows {
			rows[i] = []abi.Value{abi.Int64(int64(i)), generate(random, h.Dialect)}
		}
		for name, put := range puts(t, h) {
			t.Run(c.value+" by "+name, func(t *testing.T) {
				rollback(t, conn, func(tx host.Tx) {
					if err := execAll(t.Context(), tx, "CREATE TABLE v (i INTEGER, v "+c.column+")"); err != nil {
						t.Fatal(err)
					}
					if err := put(tx, rows); err != nil {
						t.Fatal(err)
					}
					for i, got := range queryTx(t, tx, statement("SELECT v FROM v ORDER BY i")) {
						if v := rows[i][1]; got[0].Type.String() != c.result || !same(got[0], readAs(v, c.result)) {
							t.Fatalf("of %s became %s, want %s", show(v), show(got[0]), show(readAs(v, c.result)))
						}
					}
				})
			})
		}
	}
	for _, c := range edges {
		v, ok := edgeValues[c.value]
		if !ok {
			t.Errorf("ABI.md has a row about %s, and nobody knows one", c.value)
			continue
		}
		for name, put := range puts(t, h) {
			t.Run(c.value+" by "+name, func(t *testing.T) { testEdge(t, h, conn, c, v, name, put) })
		}
	}
}

func testEdge(t *testing.T, h Harness, conn host.Conn, c documented, v abi.Value, name string, put func(host.Tx, [][]abi.Value) error) {
	if name != "exec_batch" && name != "bulk_load" && strings.Contains(c.value, "NUL") {
		return // parameters reach the dialect without one
	}
	rollback(t, conn, func(tx host.Tx) {
		if err := execAll(t.Context(), tx, "CREATE TABLE v (i INTEGER, v "+c.column+")"); err != nil {
			t.Fatal(err)
		}
		err := put(tx, [][]abi.Value{{abi.Int64(0), v}})
		if err == nil {
			_, err = tx.Exec(t.Context(), statement("DELETE FROM v WHERE i = 1"))
		}
		if c.result == "refused" || strings.Contains(c.remark, "`"+name+"` refuses") {
			if err == nil {
				t.Fatalf("%s is not refused", show(v))
			}
			for _, place := range []string{"parameter 2", `column "v"`, "column 2"} {
				if strings.Contains(err.Error(), place) {
					return
				}
			}
			t.Fatalf("the error does not say where %s is: %v", show(v), err)
		}
		if err != nil {
			t.Fatalf("%s: %v", show(v), err)
		}
		got := queryTx(t, tx, statement("SELECT v FROM v"))[0][0]
		want := v
		if h.Dialect == chain.SQLite {
			want = readAs(v, got.Type.String())
		}
		if kept := same(got, want); kept != (c.result == "kept") {
			t.Errorf("%s became %s, which is not %q", show(v), show(got), c.result)
		}
	})
}

// puts are the ways in which rows of two values get into table v.
func puts(t *testing.T, h Harness) map[string]func(host.Tx, [][]abi.Value) error {
	insert := fmt.Sprintf("INSERT INTO v (i, v) VALUES (%s, %s)", h.Param(1), h.Param(2))
	types := func(rows [][]abi.Value) []abi.Type { return []abi.Type{rows[0][0].Type, rows[0][1].Type} }
	return map[string]func(host.Tx, [][]abi.Value) error{
		"exec": func(tx host.Tx, rows [][]abi.Value) error {
			for _, row := range rows {
				if _, err := tx.Exec(t.Context(), statement(insert, row...)); err != nil {
					return err
				}
			}
			return nil
		},
		"query": func(tx host.Tx, rows [][]abi.Value) error {
			for _, row := range rows {
				open, err := tx.Query(t.Context(), statement(insert+" RETURNING i", row...))
				if err != nil {
					return err
				}
				if err := open.Close(); err != nil {
					return err
				}
			}
			return nil
		},
		"exec_batch": func(tx host.Tx, rows [][]abi.Value) error {
			_, err := tx.ExecBatch(t.Context(), statement(insert), Rowset(t, types(rows), rows...))
			return err
		},
		"bulk_load": func(tx host.Tx, rows [][]abi.Value) error {
			_, err := tx.Load(t.Context(), statement(""), into("v", "i", "v"), Rowset(t, types(rows), rows...))
			return err
		},
	}
}

// A documented is what a row of a table says of this dialect.
type documented struct {
	value, column string
	result        string // the first word of what becomes of it
	remark        string
}

// valueTables reads the tables.
func valueTables(t *testing.T, h Harness) (typical, edges []documented) {
	t.Helper()
	text, err := os.ReadFile("../../sdk/abi/ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### 5.6 ")
	section, _, _ = strings.Cut(section, "\n## ")
	tables := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || strings.HasPrefix(cells[0], "---") {
			continue
		}
		if strings.TrimSpace(cells[0]) == "value" {
			tables++
			continue
		}
		at := 1
		if h.Dialect == chain.SQLite {
			at = 3
		}
		plain := func(cell string) string { return strings.ReplaceAll(strings.TrimSpace(cell), "`", "") }
		result, _, _ := strings.Cut(strings.NewReplacer(",", " ", ":", " ").Replace(plain(cells[at+1])), " ")
		d := documented{value: plain(cells[0]), column: plain(cells[at]), result: result, remark: cells[at+1]}
		if tables == 1 {
			typical = append(typical, d)
		} else {
			edges = append(edges, d)
		}
	}
	if len(typical) < 10 || len(edges) < 10 {
		t.Fatalf("section 5.6 of ABI.md has tables of %d and %d rows", len(typical), len(edges))
	}
	return typical, edges
}

// readAs returns the value that v is read back as where it is of a type, which is
// its own or one of SQLite's.
func readAs(v abi.Value, as string) abi.Value {
	if v.Type.String() == as || v.IsNull() {
		return v
	}
	if v.Type == abi.TypeBool {
		return abi.Int64(v.Int)
	}
	return abi.Text(textForm(v))
}

// textForm is what SQLite's date functions call a value, and ISO 8601 an interval.
func textForm(v abi.Value) string {
	switch v.Type {
	case abi.TypeDate:
		return time.Unix(v.Int*24*60*60, 0).UTC().Format("2006-01-02")
	case abi.TypeTime:
		return time.UnixMicro(v.Int).UTC().Format("15:04:05.000000")
	case abi.TypeTimestamp, abi.TypeTimestampTZ:
		return time.UnixMicro(v.Int).UTC().Format("2006-01-02 15:04:05.000000")
	case abi.TypeUUID:
		return fmt.Sprintf("%x-%x-%x-%x-%x", v.Bytes[:4], v.Bytes[4:6], v.Bytes[6:8], v.Bytes[8:10], v.Bytes[10:])
	case abi.TypeInterval:
		sign, micros := "", v.Int
		if micros < 0 {
			sign, micros = "-", -micros
		}
		return fmt.Sprintf("P%dM%dDT%s%d.%06dS", v.Months, v.Days, sign, micros/1e6, micros%1e6)
	}
	return string(v.Bytes)
}

// edgeValues are the values at the edges, by what ABI.md calls them.
var edgeValues = map[string]abi.Value{
	"NaN":                               abi.Float64(math.Float64frombits(0x7ff8 << 48)),
	"an infinite float64":               abi.Float64(math.Inf(-1)),
	"-0.0":                              abi.Float64(math.Copysign(0, -1)),
	"an int64 too large for the column": abi.Int64(1 << 31),
	"an int64 beyond 2⁵³":               abi.Int64(1<<53 + 1),
	"a numeric beyond 2⁶³":              abi.Numeric("9223372036854775808"),
	"a numeric of 40 digits":            abi.Numeric("12345678901234567890.12345678901234567890"),
	"a numeric beyond 10³⁰⁸":            abi.Numeric("1" + strings.Repeat("0", 400)),
	"a numeric within 10⁻³⁰⁸ of 0":      abi.Numeric("0." + strings.Repeat("0", 400) + "1"),
	"a numeric that is NaN":             abi.Numeric("NaN"),
	"a text with a NUL":                 abi.Text("a\x00b"),
	"an empty text":                     abi.Text(""),
	"an infinite timestamp":             abi.Timestamp(math.MaxInt64),
	"an infinite date":                  abi.Date(math.MinInt32),
	"a date in the year 44 BC":          abi.Date(int32(time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))),
	"a timestamp in the year 294246":    abi.Timestamp(math.MaxInt64 - 1e12),
	"a timestamp before 4714-11-24 BC":  abi.Timestamp(-210866803200000001),
	"the time 24:00:00":                 abi.Time(24 * 60 * 60 * 1_000_000),
	"a jsonb":                           abi.JSON(`{"b":1,  "a":2}`),
	"a char(n)":                         abi.Text("abc"),
}

// generators make random values of which both the type and the database can hold
// all, by what ABI.md calls them.
var generators = map[string]func(*rand.Rand, chain.Dialect) abi.Value{
	"int64":   func(r *rand.Rand, _ chain.Dialect) abi.Value { return abi.Int64(integerOf(r)) },
	"float64": func(r *rand.Rand, _ chain.Dialect) abi.Value { return abi.Float64(floatOf(r)) },
	"bool":    func(r *rand.Rand, _ chain.Dialect) abi.Value { return abi.Bool(r.IntN(2) == 0) },
	"text":    func(r *rand.Rand, _ chain.Dialect) abi.Value { return abi.Text(textOf(r)) },
	"bytes": func(r *rand.Rand, _ chain.Dialect) abi.Value {
		b := make([]byte, r.IntN(300))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return abi.Bytes(b)
	},
	"numeric": func(r *rand.Rand, _ chain.Dialect) abi.Value { return abi.Numeric(decimalOf(r)) },
	"uuid": func(r *rand.Rand, _ chain.Dialect) abi.Value {
		var u [16]byte
		for i := range u {
			u[i] = byte(r.Uint32())
		}
		return abi.UUID(u)
	},
	"date": func(r *rand.Rand, d chain.Dialect) abi.Value {
		first, last := instants(d)
		return abi.Date(int32((first + r.Int64N(last-first)) / (24 * 60 * 60 * 1_000_000)))
	},
	"time": func(r *rand.Rand, _ chain.Dialect) abi.Value { return abi.Time(r.Int64N(24 * 60 * 60 * 1_000_000)) },
	"timestamp": func(r *rand.Rand, d chain.Dialect) abi.Value {
		first, last := instants(d)
		return abi.Timestamp(first + r.Int64N(last-first))
	},
	"timestamptz": func(r *rand.Rand, d chain.Dialect) abi.Value {
		first, last := instants(d)
		return abi.TimestampTZ(first + r.Int64N(last-first))
	},
	"interval": func(r *rand.Rand, _ chain.Dialect) abi.Value {
		return abi.Interval(integerOf(r)>>10, int32(integerOf(r)>>40), int32(integerOf(r)>>40))
	},
	"json": func(r *rand.Rand, _ chain.Dialect) abi.Value {
		return abi.JSON(fmt.Sprintf(`{"n":  %s, "t": %q}`, decimalOf(r), strings.Repeat("a", r.IntN(9))))
	},
	"an array of texts": func(r *rand.Rand, _ chain.Dialect) abi.Value {
		return abi.Text([]string{`{}`, `{a,"b c",NULL}`, `{"NULL","","\"","\\"}`, `{{a,b},{c,d}}`, `[2:3]={a,b}`}[r.IntN(5)])
	},
	"an array of numbers": func(r *rand.Rand, _ chain.Dialect) abi.Value {
		return abi.Text(fmt.Sprintf("{%d,0.30000000000000004,NULL,1.7976931348623157e+308,5e-324}", r.IntN(1000)))
	},
}

// instants are the first and the last microsecond that a database has.
func instants(d chain.Dialect) (first, last int64) {
	if d == chain.SQLite {
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	}
	return -210866803200000000, math.MaxInt64 - 210866803200000000 - 1
}

func integerOf(r *rand.Rand) int64 { return int64(r.Uint64()) >> r.IntN(64) }

// floatOf returns numbers that are finite and not -0.0.
func floatOf(r *rand.Rand) float64 {
	for {
		f := math.Float64frombits(r.Uint64())
		if r.IntN(4) == 0 {
			f = float64(integerOf(r)) / 8
		}
		if !math.IsNaN(f) && !math.IsInf(f, 0) && (f != 0 || !math.Signbit(f)) {
			return f
		}
	}
}

func textOf(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(40) {
		b.WriteRune([]rune("aZ0 \t\n\r\\.'\"%$?{},ß🐦\x01\x7f\u2028")[r.IntN(20)])
	}
	return b.String()
}

// decimalOf returns numbers as the server writes them.
func decimalOf(r *rand.Rand) string {
	digits := fmt.Sprint(1 + r.IntN(9))
	for range r.IntN(35) {
		digits += fmt.Sprint(r.IntN(10))
	}
	if r.IntN(2) == 0 {
		digits = "-" + digits
	}
	if r.IntN(3) > 0 {
		digits += fmt.Sprintf(".%0*d", 1+r.IntN(12), r.IntN(10))
	}
	return digits
}
