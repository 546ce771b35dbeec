package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// crossingRows is how many rows cross in a turn.
const crossingRows = 2_000_000

// crossing prints how many rows of five columns a second come from the host into a
// guest that decodes them and does nothing else with them, metered, on one core,
// beside a loop in Go over the same bytes.
func (b *bench) crossing() error {
	const figure = "crossing"
	if !strings.Contains(figure, b.only) {
		return nil
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rows := newFiveColumns()
	encoded, err := rows.encode()
	if err != nil {
		return err
	}
	best := time.Duration(math.MaxInt64)
	var want int64
	for range b.rounds {
		start := time.Now()
		count, sum := 0, int64(0)
		for count < crossingRows {
			n, s, err := readFiveColumns(encoded)
			if err != nil {
				return err
			}
			count, sum = count+n, sum+s
		}
		best = min(best, time.Since(start))
		want = sum & math.MaxInt64
	}
	fmt.Printf("%-34s %-12s %8.1f million rows/s, %.0f ns each\n", figure, "Go loop", perSecond(best)/1e6, perRow(best))
	for _, g := range []struct {
		language
		wanted float64
	}{{languages[0], 8}, {languages[1], 3}} {
		source := map[string]string{"C": "guest.c", "Go": "main.go"}[g.name]
		out := filepath.Join(b.folder, "crossing.wasm")
		args := append(append([]string{}, g.build[1:]...), "-o", out, "./"+filepath.Join("cmd", "bench", "testdata", "crossing", source))
		if err := command(g.env, g.build[0], args...); err != nil {
			return err
		}
		module, err := os.ReadFile(out)
		if err != nil {
			return err
		}
		took, err := b.cross(module, rows, want)
		if err != nil {
			return fmt.Errorf("%s: %s guest: %w", figure, g.name, err)
		}
		fmt.Printf("%-34s %-12s %8.1f million rows/s, %.0f ns each (at least %.0f million wanted)\n", "", g.name+" guest",
			perSecond(took)/1e6, perRow(took), g.wanted)
	}
	return nil
}

func perSecond(took time.Duration) float64 { return crossingRows / took.Seconds() }
func perRow(took time.Duration) float64    { return float64(took.Nanoseconds()) / crossingRows }

// cross runs a guest that reads all rows, and returns the shortest time.
func (b *bench) cross(module []byte, rows *fiveColumns, want int64) (best time.Duration, err error) {
	ctx := context.Background()
	box, err := sandbox.New(sandbox.Options{Mode: sandbox.Compiler, CacheDir: filepath.Join(b.folder, "cache")})
	if err != nil {
		return 0, err
	}
	defer box.Close()
	g, err := box.Load(ctx, module, host.GuestLimits{})
	if err != nil {
		return 0, err
	}
	defer g.Close()
	best = math.MaxInt64
	for range b.rounds {
		calls := &crossingCalls{rows: rows}
		start := time.Now()
		_, err := g.Run(ctx, host.GuestRun{Started: time.Unix(0, 0), Context: abi.Context{ABI: abi.Version, Dialect: abi.SQLite}}, calls)
		best = min(best, time.Since(start))
		if err != nil {
			return 0, err
		}
		if calls.count != crossingRows || calls.sum != want {
			return 0, fmt.Errorf("it read %d rows with the sum %d; there are %d with %d", calls.count, calls.sum, crossingRows, want)
		}
	}
	return best, nil
}

// crossingCalls answer query with rows, and keep what progress is given. A guest of
// this figure makes no other calls.
type crossingCalls struct {
	host.Calls
	rows       *fiveColumns
	count, sum int64
}

func (c *crossingCalls) Query(context.Context, string, []abi.Value) (host.Rows, error) {
	return &crossed{fiveColumns: c.rows}, nil
}

func (c *crossingCalls) Progress(_ context.Context, done, total int64) { c.count, c.sum = done, total }

func (c *crossingCalls) Log(context.Context, host.LogLevel, string) {}

// fiveColumns are 1,000 rows, over and over.
type fiveColumns struct {
	columns []abi.Column
	values  [1000][5]abi.Value
}

func newFiveColumns() *fiveColumns {
	f := &fiveColumns{columns: []abi.Column{
		{Name: "id", Type: abi.TypeInt64}, {Name: "weight", Type: abi.TypeFloat64}, {Name: "name", Type: abi.TypeText},
		{Name: "created", Type: abi.TypeTimestamp}, {Name: "note", Type: abi.TypeText},
	}}
	const names = "a name of some twenty letters"
	for i := range f.values {
		f.values[i] = [5]abi.Value{
			abi.Int64(int64(i)), abi.Float64(float64(i) / 8), abi.Text(names[:8+i%20]),
			abi.Timestamp(1_700_000_000_000_000 + int64(i)), abi.Text(names[:i%16]),
		}
		if i%4 == 0 {
			f.values[i][4] = abi.Null()
		}
	}
	return f
}

// encode returns the 1,000 rows as a guest gets them.
func (f *fiveColumns) encode() (b []byte, err error) {
	for i := range f.values {
		if b, err = abi.AppendRow(b, abi.Types(f.columns), f.values[i][:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// crossed are the rows of one query.
type crossed struct {
	*fiveColumns
	read int
}

func (c *crossed) Columns() []abi.Column { return c.columns }

func (c *crossed) Next() ([]abi.Value, error) {
	if c.read == crossingRows {
		return nil, io.EOF
	}
	c.read++
	return c.values[c.read%len(c.values)][:], nil
}

func (c *crossed) Close() error { return nil }
