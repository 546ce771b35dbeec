package abi

import (
	"bytes"
	"io"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// What the fuzzer decodes, by its first argument.
const (
	fuzzRowset = iota
	fuzzColumns
	fuzzContext
	fuzzError
	fuzzManifest
	fuzzCapabilities
	fuzzBackfill
	fuzzLoad
	fuzzKinds
)

var documentKinds = map[int]string{
	fuzzContext: "context", fuzzError: "error", fuzzManifest: "manifest", fuzzCapabilities: "capabilities",
	fuzzBackfill: "backfill", fuzzLoad: "load",
}

// FuzzDecode checks that whatever decodes encodes to something that decodes to
// the same, to the same bytes where there is one way to write it, and that
// decoding allocates no more than a small multiple of its input.
func FuzzDecode(f *testing.F) {
	v := readVectors(f)
	seeds := 0
	add := func(kind int, b []byte) {
		f.Add(uint8(kind), b)
		seeds++
	}
	for _, r := range v.Rows {
		header, err := AppendRowsetHeader(nil, typesOf(f, r.Types))
		if err != nil {
			f.Fatal(err)
		}
		add(fuzzRowset, append(header, unhex(f, r.Hex)...))
	}
	for _, r := range v.Rowsets {
		add(fuzzRowset, unhex(f, r.Hex))
	}
	for _, c := range v.Columns {
		add(fuzzColumns, unhex(f, c.Hex))
	}
	for _, d := range v.Documents {
		for kind, name := range documentKinds {
			if name == d.Kind {
				add(kind, d.bytes(f))
			}
		}
	}
	if seeds < 200 {
		f.Fatalf("only %d seeds: testdata/vectors.json is not what it was", seeds)
	}
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		k := int(kind) % fuzzKinds
		checkAllocation(t, k, b)
		switch k {
		case fuzzRowset:
			checkRowset(t, b)
		case fuzzColumns:
			checkColumns(t, b)
		default:
			checkDocument(t, documentKinds[k], b)
		}
	})
}

// The decoder allocates at most 100 bytes per byte of input. A Value, at 56
// bytes, is the largest thing that one byte of input (a column of a rowset)
// can ask for; 64 KiB are for the runtime's own doings.
const (
	allocFactor = 100
	allocSlack  = 64 << 10
)

func checkAllocation(t *testing.T, kind int, b []byte) {
	used := allocated(func() {
		switch kind {
		case fuzzRowset:
			if r, err := NewRowReader(b); err == nil {
				for err == nil {
					_, err = r.Next()
				}
			}
		case fuzzColumns:
			_, _ = DecodeColumns(b)
		default:
			_, _, _ = decodeDocument(documentKinds[kind], b)
		}
	})
	if limit := uint64(len(b))*allocFactor + allocSlack; used > limit {
		t.Errorf("decoding %d bytes allocated %d, more than %d", len(b), used, limit)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func checkRowset(t *testing.T, b []byte) {
	if r, err := NewRowReader(b); err == nil {
		checkScanner(t, r.types, r.rest)
	}
	types, rows, err := readRowset(b)
	if err != nil {
		return
	}
	encoded, err := AppendRowsetHeader(nil, types)
	if err != nil {
		t.Fatal(err)
	}
	twoWays := false // a NULL can be written as one, or as a value of type null
	for _, ty := range types {
		twoWays = twoWays || ty == TypeNull || ty == TypeAny
	}
	for _, row := range rows {
		before := len(encoded)
		if encoded, err = AppendRow(encoded, types, row); err != nil {
			t.Fatal(err)
		}
		if got := len(encoded) - before; got != RowSize(types, row) {
			t.Fatalf("a row of %d bytes, and RowSize says %d", got, RowSize(types, row))
		}
		checkValues(t, row)
	}
	if !twoWays && !bytes.Equal(encoded, b) {
		t.Fatalf("decoded and encoded to %x", encoded)
	}
	r, err := NewRowReader(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range rows {
		got, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		sameValues(t, got, want)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatalf("after the last row: %v", err)
	}
}

// checkScanner checks that a RowScanner reads what DecodeRow reads, and refuses what
// that refuses, whatever stands behind the rows.
func checkScanner(t *testing.T, types []Type, b []byte) {
	t.Helper()
	behind := append(append([]byte(nil), b...), bytes.Repeat([]byte{0xff}, Slack)...)
	for _, rows := range [][]byte{behind[:len(b)], slices.Clip(b)} {
		s := NewRowScanner(types, new([Near]Cell))
		s.Reset(rows)
		for rest := b; ; {
			want, after, err := DecodeRow(types, rest, nil)
			if len(rest) == 0 {
				err = nil
			}
			more := s.Next()
			if got := s.Err(); len(rest) == 0 && (more || got != nil) || more != (err == nil && len(rest) > 0) ||
				!more && !reflect.DeepEqual(got, err) {
				t.Fatalf("there is a row: %t (%v), and DecodeRow says %v", more, got, err)
			}
			if !more {
				break
			}
			got := make([]Value, len(want))
			for i := range got {
				got[i] = s.Value(i)
			}
			sameValues(t, got, want)
			checkFast(t, s, want)
			rest = after
		}
		for i, c := range s.Cells() {
			if s.Err() != nil && c.Type != TypeNull {
				t.Errorf("column %d of a malformed row can be read", i)
			}
		}
	}
}

// checkFast checks what a RowScanner has of a row without being asked.
func checkFast(t *testing.T, s *RowScanner, want []Value) {
	t.Helper()
	for i, v := range want {
		c := &s.Cells()[i]
		ok := c.Type == v.Type
		switch v.Type {
		case TypeInt64, TypeTime, TypeTimestamp, TypeTimestampTZ:
			ok = ok && c.Int == v.Int
		case TypeFloat64:
			ok = ok && math.Float64bits(c.Float) == math.Float64bits(v.Float)
		case TypeText, TypeBytes, TypeNumeric, TypeJSON, TypeUUID:
			ok = ok && c.Text == string(v.Bytes)
		}
		if !ok {
			t.Errorf("value %d is not %+v", i, v)
		}
	}
}

// checkValues checks that each value is the same again when it is read by itself.
func checkValues(t *testing.T, row []Value) {
	for i := range row {
		b, err := ValueBytes(&row[i], nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := ValueOf(row[i].Type, b)
		if err != nil {
			t.Fatal(err)
		}
		sameValues(t, []Value{v}, row[i:i+1])
	}
}

func checkColumns(t *testing.T, b []byte) {
	columns, err := DecodeColumns(b)
	if err != nil {
		return
	}
	if encoded, err := AppendColumns(nil, columns); err != nil || !bytes.Equal(encoded, b) {
		t.Fatalf("decoded and encoded to %x (%v)", encoded, err)
	}
}

func checkDocument(t *testing.T, kind string, b []byte) {
	document, encode, err := decodeDocument(kind, b)
	if err != nil {
		return
	}
	if kind == "error" && len(b) > maxErrorText {
		return // its texts may be cut
	}
	encoded := encode()
	again, encode, err := decodeDocument(kind, encoded)
	if err != nil {
		t.Fatalf("encoded to %s, which is refused: %v", encoded, err)
	}
	if !sameDocument(document, again) {
		t.Fatalf("encoded to %s, which decodes to %+v, want %+v", encoded, again, document)
	}
	if string(encode()) != string(encoded) {
		t.Fatalf("encoded to %s and then to %s", encoded, encode())
	}
}

// sameDocument compares documents, in which an empty list is as good as none.
func sameDocument(a, b any) bool {
	if c, ok := a.(*Capabilities); ok {
		dropEmptyLists(c)
	}
	if m, ok := a.(*Manifest); ok {
		dropEmptyLists(&m.Capabilities)
		for i := range m.Revisions {
			v := &m.Revisions[i]
			v.UpgradeLines, v.DowngradeLines = dropEmpty(v.UpgradeLines), dropEmpty(v.DowngradeLines)
			v.Revises, v.DependsOn, v.Labels = dropEmpty(v.Revises), dropEmpty(v.DependsOn), dropEmpty(v.Labels)
		}
	}
	return reflect.DeepEqual(a, b)
}

func dropEmptyLists(c *Capabilities) {
	c.Owns, c.Functions = dropEmpty(c.Owns), dropEmpty(c.Functions)
	for i := range c.Uses {
		c.Uses[i].Columns = dropEmpty(c.Uses[i].Columns)
	}
}

func dropEmpty[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
