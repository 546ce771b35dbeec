package host_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// The rows of a chunk are as many as the time asked for allows. What a chunk takes
// whatever its size does not make it ever smaller.
func TestChunkSizes(t *testing.T) {
	const ms = time.Millisecond
	costs := func(fixed, each time.Duration) func(int64) time.Duration {
		return func(rows int64) time.Duration { return fixed + time.Duration(rows)*each }
	}
	// From the third chunk on, the database has other things to do as well.
	loaded := func() func(int64) time.Duration {
		n := 0
		return func(rows int64) time.Duration {
			if n++; n > 2 {
				return time.Duration(rows) * ms
			}
			return time.Duration(rows) * ms / 5
		}
	}
	for name, c := range map[string]struct {
		rows  int64
		takes func(int64) time.Duration
		want  []int64
	}{
		"all is for rows":                 {1700, costs(0, ms), []int64{1000, 200, 200, 200, 100}},
		"fast":                            {16000, costs(0, ms/100), []int64{1000, 2000, 4000, 8000, 1000}},
		"some is fixed":                   {1550, costs(50*ms, ms), []int64{1000, 190, 150, 150, 60}},
		"all is fixed":                    {2500, costs(4*time.Second, 0), []int64{1000, 50, 1000, 450}},
		"all is fixed, and differs a bit": {2500, func(rows int64) time.Duration { return 4*time.Second - time.Duration(rows)*ms/10 }, []int64{1000, 51, 1000, 449}},
		"most is fixed":                   {9040, costs(4*time.Second, ms), []int64{1000, 40, 1000, 2000, 4000, 1000}},
		"a little more than asked for":    {20000, costs(210*ms, ms/100), []int64{1000, 909, 829, 759, 697, 642, 1284, 2568, 5136, 6176}},
		"the database is slower":          {3900, loaded(), []int64{1000, 1000, 1000, 200, 200, 200, 200, 100}},
	} {
		if got := host.ChunkSizes(c.rows, 1000, 50_000, host.Config{ChunkTime: 200 * ms}, c.takes); !slices.Equal(got, c.want) {
			t.Errorf("%s: chunks of %v, want %v", name, got, c.want)
		}
	}
}
