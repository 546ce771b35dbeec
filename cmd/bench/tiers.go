package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// tiers prints how long a Go guest takes, by the clock and with an empty cache, which
// is interpreted and then compiled, compiled before it begins, and interpreted alone:
// a migration that is over at once, and a backfill. The database takes no time.
func (b *bench) tiers() error {
	if !strings.Contains("tiers", b.only) {
		return nil
	}
	module, err := b.guest(languages[1], "tiers", "main.go")
	if err != nil {
		return err
	}
	modes := []struct {
		name string
		mode sandbox.Mode
	}{{"tiers", sandbox.Auto}, {"compiled", sandbox.Compiler}, {"interpreted", sandbox.Interpreter}}
	for step, figure := range []string{"tiers, short migration", fmt.Sprintf("tiers, backfill of %d rows", tieredRows)} {
		times := make([][]time.Duration, len(modes))
		for range b.rounds {
			for i, m := range modes {
				took, err := b.cold(module, m.mode, int32(step))
				if err != nil {
					return fmt.Errorf("%s: %s: %w", figure, m.name, err)
				}
				times[i] = append(times[i], took)
			}
		}
		ours := median(times[0])
		for i, m := range modes {
			fmt.Printf("%-34s %-12s %8.1f ms   ratio %.2f\n", figure, m.name, milliseconds(median(times[i])), float64(ours)/float64(median(times[i])))
			figure = ""
		}
	}
	return nil
}

// cold loads a guest with an empty cache and runs a step of it, as the engine does.
func (b *bench) cold(module []byte, mode sandbox.Mode, step int32) (took time.Duration, err error) {
	dir, err := os.MkdirTemp(b.folder, "cache-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	box, err := sandbox.New(sandbox.Options{Mode: mode, CacheDir: dir})
	if err != nil {
		return 0, err
	}
	defer box.Close()
	ctx := context.Background()
	calls := &tieredCalls{crossingCalls: crossingCalls{rows: newFiveColumns()}}
	start := time.Now()
	defer func() { took = time.Since(start) }() // with what there is to wait for at the end
	g, err := box.Load(ctx, module, host.GuestLimits{})
	if err != nil {
		return 0, err
	}
	defer g.Close()
	run := host.GuestRun{Step: step, Started: time.Unix(0, 0), Context: abi.Context{ABI: abi.Version, Dialect: abi.SQLite}, Anew: true}
	for {
		run.Used, err = g.Run(ctx, run, calls)
		if !calls.left && !errors.Is(err, host.ErrSuperseded) {
			break
		}
		calls.left = false
	}
	if step == 1 && calls.updated != tieredRows {
		return 0, fmt.Errorf("%d rows were updated: %w", calls.updated, err)
	}
	return 0, err
}

// tieredCalls are a database with a table of rows, which are visited in chunks.
type tieredCalls struct {
	crossingCalls
	visited, updated int
	left             bool
}

const (
	tieredRows  = 200_000
	tieredChunk = 10_000
)

func (c *tieredCalls) Exec(context.Context, string, []abi.Value, bool) (int64, error) { return 0, nil }

func (c *tieredCalls) BackfillBegin(context.Context, *abi.Backfill) (bool, error) { return false, nil }

func (c *tieredCalls) BackfillNext(_ context.Context, leave bool) (host.Chunk, error) {
	switch {
	case leave:
		c.left = true
		return host.Chunk{}, context.Canceled
	case c.visited == tieredRows:
		return host.Chunk{}, io.EOF
	}
	c.visited += tieredChunk
	return host.Chunk{Rows: &crossed{fiveColumns: c.rows, read: crossingRows - tieredChunk}}, nil
}

func (c *tieredCalls) ExecBatch(_ context.Context, _ string, rows *abi.RowReader) (n int64, err error) {
	for err == nil {
		if _, err = rows.Next(); err == nil {
			n++
		}
	}
	c.updated += int(n)
	if err == io.EOF {
		err = nil
	}
	return n, err
}
