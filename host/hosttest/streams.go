package hosttest

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// TestStreams checks that rows are read in a bounded part of memory, however many
// there are and whatever is sent while they are open.
func TestStreams(t *testing.T, h Harness, n int) {
	_, conn := ready(t, h)
	run(t, conn, "CREATE TABLE seen (a INTEGER)")
	all := statement(fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "+
		"SELECT i, 'row ' || i, i * 2, NULL, 'a text that is the same in every row' FROM n", n))
	for _, interrupted := range []bool{false, true} {
		t.Run(fmt.Sprintf("something else is sent: %v", interrupted), func(t *testing.T) {
			rollback(t, conn, func(tx host.Tx) {
				grown := heapGrowth(func() {
					rows, err := tx.Query(t.Context(), all)
					if err != nil {
						t.Fatal(err)
					}
					defer rows.Close()
					for i := 1; i <= n; i++ {
						row, err := rows.Next()
						if err != nil {
							t.Fatal(err)
						}
						if row[0].Int != int64(i) || string(row[1].Bytes) != fmt.Sprint("row ", i) || row[2].Int != int64(2*i) || !row[3].IsNull() || len(row[4].Bytes) != 36 {
							t.Fatalf("row %d is %v", i, row)
						}
						if interrupted && i%(n/4) == 0 {
							if _, err := tx.Exec(t.Context(), statement(fmt.Sprintf("INSERT INTO seen VALUES (%d)", i))); err != nil {
								t.Fatal(err)
							}
						}
					}
					if _, err := rows.Next(); !errors.Is(err, io.EOF) {
						t.Errorf("after the last row: %v, want io.EOF", err)
					}
				})
				if grown > 32<<20 {
					t.Errorf("%d rows took %d MiB of memory", n, grown>>20)
				}
			})
		})
	}
}

// TestLargeValue checks that the memory that a value of n bytes takes on its way is
// no multiple of it.
func TestLargeValue(t *testing.T, h Harness, n int) {
	_, conn := ready(t, h)
	run(t, conn, "CREATE TABLE t (a TEXT)")
	value := abi.Text(strings.Repeat("large ", n/6))
	stmt := statement("INSERT INTO t VALUES ("+h.Param(1)+")", value)
	rows := Rowset(t, []abi.Type{abi.TypeText}, []abi.Value{value})
	rollback(t, conn, func(tx host.Tx) {
		measure(t, "Exec", n, func() error {
			_, err := tx.Exec(t.Context(), stmt)
			return err
		})
		measure(t, "Load", n, func() error {
			if _, err := tx.Load(t.Context(), statement(""), into("t", "a"), rows); err != nil {
				return err
			}
			return execAll(t.Context(), tx, "DELETE FROM t WHERE a = ''")
		})
		measure(t, "Query", n, func() error {
			rows, err := tx.Query(t.Context(), statement("SELECT a FROM t LIMIT 1"))
			if err != nil {
				return err
			}
			defer rows.Close()
			row, err := rows.Next()
			if err == nil && len(row[0].Bytes) != len(value.Bytes) {
				return fmt.Errorf("%d bytes came back", len(row[0].Bytes))
			}
			return err
		})
	})
}

func measure(t *testing.T, name string, n int, do func() error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := do(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(n)*3/2 {
		t.Errorf("%s: a value of %d MiB took %d MiB", name, n>>20, took>>20)
	}
}

// heapGrowth returns how much more was in the heap at any time while do ran, what
// is garbage included. Of that there is little, whatever else the heap holds, since
// it is collected early.
func heapGrowth(do func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	inUse := func() int64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before, peak := inUse(), int64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, inUse())
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	do()
	close(stop)
	<-stopped
	return peak - before
}
