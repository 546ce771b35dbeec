package abi

import (
	"bytes"
	"testing"
)

// Rows that are cut off one by one are those that were appended, and what is cut
// short is none.
func TestCutRow(t *testing.T) {
	types := []Type{TypeAny, TypeAny}
	b, err := AppendRowsetHeader(nil, types)
	if err != nil {
		t.Fatal(err)
	}
	header := len(b)
	first, err := AppendRow(nil, types, []Value{Int64(1), {}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := AppendRow(nil, types, []Value{Text("two"), Bytes([]byte{2})})
	if err != nil {
		t.Fatal(err)
	}
	b = append(append(b, first...), second...)
	one, rest, err := CutRow(b[header:])
	if err != nil || !bytes.Equal(one, first) || !bytes.Equal(rest, second) {
		t.Errorf("got %v, %v, %v", one, rest, err)
	}
	r, err := NewRowReader(b)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Has(0) || !r.Has(2) || r.Has(3) {
		t.Error("there are two rows")
	}
	for n := range len(second) {
		if _, _, err := CutRow(second[:n]); err == nil {
			t.Errorf("%d bytes of %d are a row", n, len(second))
		}
	}
	if r, err = NewRowReader(b[:len(b)-1]); err != nil || r.Has(2) || !r.Has(1) {
		t.Errorf("the second row is cut short: %v", err)
	}
}
