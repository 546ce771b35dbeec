package abi

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// vectors is testdata/vectors.json.
type vectors struct {
	About, ABI string
	Rows       []rowVector
	Rowsets    []rowVector
	Columns    []struct {
		Name, Hex, Refused string
		Columns            []struct{ Name, Type string }
	}
	Documents []documentVector
}

type rowVector struct {
	Name, Hex, Refused string
	Types              []string
	Row                []map[string]any
	Rows               [][]map[string]any
	DecodeOnly         bool `json:"decode_only"`
}

type documentVector struct {
	Kind, Name, Text, Hex, Refused string
	Value                          json.RawMessage
	DecodeOnly                     bool `json:"decode_only"`
}

func (v documentVector) bytes(t testing.TB) []byte {
	if v.Hex != "" {
		return unhex(t, v.Hex)
	}
	return []byte(v.Text)
}

func readVectors(t testing.TB) *vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	v := new(vectors)
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
	if v.ABI != Version {
		t.Fatalf("the vectors are of ABI %s, the package implements %s", v.ABI, Version)
	}
	if len(v.Rows) == 0 || len(v.Rowsets) == 0 || len(v.Columns) == 0 || len(v.Documents) == 0 {
		t.Fatal("testdata/vectors.json lacks a kind of vectors")
	}
	return v
}

func TestRowVectors(t *testing.T) {
	for _, v := range readVectors(t).Rows {
		t.Run(v.Name, func(t *testing.T) {
			b, types := unhex(t, v.Hex), typesOf(t, v.Types)
			checkScanner(t, types, b)
			got, rest, err := DecodeRow(types, b, nil)
			if refused(t, err, v.Refused) {
				return
			}
			if len(rest) != 0 {
				t.Fatalf("%d bytes are left", len(rest))
			}
			want := valuesOf(t, v.Row)
			sameValues(t, got, want)
			if v.DecodeOnly {
				return
			}
			encoded, err := AppendRow([]byte("before"), types, want)
			if err != nil {
				t.Fatal(err)
			}
			if want := "before" + string(b); string(encoded) != want {
				t.Errorf("encoded to %x, want %x", encoded, want)
			}
		})
	}
}

func TestRowsetVectors(t *testing.T) {
	for _, v := range readVectors(t).Rowsets {
		t.Run(v.Name, func(t *testing.T) {
			b := unhex(t, v.Hex)
			types, rows, err := readRowset(b)
			if refused(t, err, v.Refused) {
				return
			}
			if want := typesOf(t, v.Types); len(types) != len(want) || len(want) > 0 && !reflect.DeepEqual(types, want) {
				t.Fatalf("types %v, want %v", types, want)
			}
			if len(rows) != len(v.Rows) {
				t.Fatalf("%d rows, want %d", len(rows), len(v.Rows))
			}
			encoded, err := AppendRowsetHeader(nil, types)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				want := valuesOf(t, v.Rows[i])
				sameValues(t, row, want)
				if encoded, err = AppendRow(encoded, types, want); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(encoded, b) {
				t.Errorf("encoded to %x, want %x", encoded, b)
			}
		})
	}
}

func TestColumnsVectors(t *testing.T) {
	for _, v := range readVectors(t).Columns {
		t.Run(v.Name, func(t *testing.T) {
			b := unhex(t, v.Hex)
			got, err := DecodeColumns(b)
			if refused(t, err, v.Refused) {
				return
			}
			want := make([]Column, len(v.Columns))
			for i, c := range v.Columns {
				want[i] = Column{c.Name, typeOf(t, c.Type)}
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("decoded to %v, want %v", got, want)
			}
			if encoded, err := AppendColumns(nil, want); err != nil || !bytes.Equal(encoded, b) {
				t.Errorf("encoded to %x (%v), want %x", encoded, err, b)
			}
		})
	}
}

func TestDocumentVectors(t *testing.T) {
	for _, v := range readVectors(t).Documents {
		t.Run(v.Kind+", "+v.Name, func(t *testing.T) {
			b := v.bytes(t)
			got, encode, err := decodeDocument(v.Kind, b)
			if refused(t, err, v.Refused) {
				return
			}
			want := newDocument(t, v.Kind)
			if err := json.Unmarshal(snakeToField(v.Value), want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("decoded to %+v, want %+v", got, want)
			}
			if !v.DecodeOnly && string(encode()) != string(b) {
				t.Errorf("encoded to %s, want %s", encode(), b)
			}
		})
	}
}

// decodeDocument decodes a document of a kind, and returns what encodes it again.
func decodeDocument(kind string, b []byte) (document any, encode func() []byte, err error) {
	switch kind {
	case "context":
		d, err := DecodeContext(b)
		return d, func() []byte { return AppendContext(nil, d) }, err
	case "error":
		d, err := DecodeError(b)
		return d, func() []byte { return AppendError(nil, d) }, err
	case "manifest":
		d, err := DecodeManifest(b)
		return d, func() []byte { return AppendManifest(nil, d) }, err
	case "capabilities":
		d, err := DecodeCapabilities(b)
		return d, func() []byte { return AppendCapabilities(nil, d) }, err
	case "backfill":
		d, err := DecodeBackfill(b)
		return d, func() []byte { return AppendBackfill(nil, d) }, err
	case "load":
		d, err := DecodeLoad(b)
		return d, func() []byte { return AppendLoad(nil, d) }, err
	}
	return nil, nil, errors.New("no such document: " + kind)
}

func newDocument(t *testing.T, kind string) any {
	switch kind {
	case "context":
		return new(Context)
	case "error":
		return new(ErrorDocument)
	case "manifest":
		return new(Manifest)
	case "capabilities":
		return new(Capabilities)
	case "backfill":
		return new(Backfill)
	case "load":
		return new(Load)
	}
	t.Fatalf("no such document: %s", kind)
	return nil
}

// snakeToField turns depends_on into DependsOn, since encoding/json matches
// names without regard to case and the package's structs have no tags. Memory is
// the only field that the document calls otherwise.
func snakeToField(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("memory_mib"), []byte("memory"))
	for _, name := range []string{"depends_on", "upgrade_lines", "downgrade_lines", "max_batch"} {
		b = bytes.ReplaceAll(b, []byte(name), []byte(strings.ReplaceAll(name, "_", "")))
	}
	return b
}

// readRowset reads a whole rowset.
func readRowset(b []byte) (types []Type, rows [][]Value, err error) {
	r, err := NewRowReader(b)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := r.Next()
		if err == io.EOF {
			return r.Types(), rows, nil
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, append([]Value{}, row...))
	}
}

// refused checks err against the vector's refusal and reports whether there is one.
func refused(t *testing.T, err error, want string) bool {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Fatal(err)
		}
		return false
	}
	var malformed *MalformedError
	if !errors.As(err, &malformed) || malformed.Errno() != ErrnoArgument {
		t.Fatalf("error %v, want a MalformedError", err)
	}
	if !strings.Contains(malformed.Reason, want) {
		t.Fatalf("refused because %q, want %q", malformed.Reason, want)
	}
	return true
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func typeOf(t testing.TB, name string) Type {
	t.Helper()
	for i, n := range typeNames {
		if n == name {
			return Type(i)
		}
	}
	t.Fatalf("no such type: %s", name)
	return 0
}

func typesOf(t testing.TB, names []string) []Type {
	types := make([]Type, len(names))
	for i, n := range names {
		types[i] = typeOf(t, n)
	}
	return types
}

func valuesOf(t testing.TB, row []map[string]any) []Value {
	values := make([]Value, len(row))
	for i, v := range row {
		for name, v := range v {
			values[i] = valueOf(t, name, v)
		}
	}
	return values
}

func valueOf(t testing.TB, name string, v any) Value {
	integer := func(v any, bits int) int64 {
		n, err := strconv.ParseInt(v.(string), 10, bits)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	switch name {
	case "int64":
		return Int64(integer(v, 64))
	case "float64":
		n, err := strconv.ParseUint(v.(string), 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return Float64(math.Float64frombits(n))
	case "bool":
		return Bool(v.(bool))
	case "text":
		return Text(v.(string))
	case "text_hex":
		return Text(string(unhex(t, v.(string))))
	case "bytes":
		return Bytes(unhex(t, v.(string)))
	case "numeric":
		return Numeric(v.(string))
	case "uuid":
		return UUID([16]byte(unhex(t, v.(string))))
	case "date":
		return Date(int32(integer(v, 32)))
	case "time":
		return Time(integer(v, 64))
	case "timestamp":
		return Timestamp(integer(v, 64))
	case "timestamptz":
		return TimestampTZ(integer(v, 64))
	case "interval":
		p := v.([]any)
		return Interval(integer(p[0], 64), int32(integer(p[1], 32)), int32(integer(p[2], 32)))
	case "json":
		return JSON(v.(string))
	}
	t.Fatalf("no such type: %s", name)
	return Value{}
}

// sameValues compares values bit by bit, so that a NaN equals itself.
func sameValues(t testing.TB, got, want []Value) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Type != w.Type || g.Int != w.Int || math.Float64bits(g.Float) != math.Float64bits(w.Float) ||
			!bytes.Equal(g.Bytes, w.Bytes) || g.Days != w.Days || g.Months != w.Months {
			t.Errorf("value %d is %+v, want %+v", i, g, w)
		}
	}
}
