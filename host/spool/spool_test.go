package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/spool"
)

// rowOf makes the i-th row: a NULL, something empty, and more the larger size is.
func rowOf(i, size int) [][]byte {
	return [][]byte{fmt.Append(nil, "row ", i), nil, {}, bytes.Repeat([]byte{byte(i)}, i%7*size)}
}

func TestRowsComeBack(t *testing.T) {
	for name, c := range map[string]struct{ rows, size int }{
		"none": {0, 0}, "few": {10, 1}, "as many as fit": {1000, 500}, "many": {20_000, 200}, "large ones": {20, 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			var s spool.Spool
			for i := range c.rows {
				if err := s.Put(rowOf(i, c.size)); err != nil {
					t.Fatal(err)
				}
			}
			if s.Rows() != int64(c.rows) {
				t.Errorf("%d rows, want %d", s.Rows(), c.rows)
			}
			values := make([][]byte, 4)
			for i := range c.rows {
				if err := s.Next(values); err != nil {
					t.Fatal(err)
				}
				for k, want := range rowOf(i, c.size) {
					if !bytes.Equal(values[k], want) || (values[k] == nil) != (want == nil) {
						t.Fatalf("value %d of row %d is another", k, i)
					}
				}
			}
			if err := s.Next(values); err != io.EOF {
				t.Errorf("after the last row: %v", err)
			}
			for range 2 {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
}

// TestRowsWithoutColumns: PostgreSQL has queries that return them.
func TestRowsWithoutColumns(t *testing.T) {
	var s spool.Spool
	for range 2 {
		if err := s.Put(nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []error{nil, nil, io.EOF} {
		if err := s.Next(nil); err != want {
			t.Errorf("row %d: %v, want %v", i, err, want)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var s spool.Spool
	defer s.Close()
	row := [][]byte{bytes.Repeat([]byte("x"), 1000)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100_000 {
		if err := s.Put(row); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2*spool.Memory {
		t.Errorf("%d MiB are in memory", grown>>20)
	}
	if s.Bytes() < 100_000_000 {
		t.Errorf("%d bytes", s.Bytes())
	}
}

func TestNowhereToKeepThem(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	var s spool.Spool
	defer s.Close()
	var err error
	for i := 0; err == nil && i < 100; i++ {
		err = s.Put([][]byte{bytes.Repeat([]byte("x"), 1<<20)})
	}
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v, want an error that says what to do", err)
	}
}
