package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A contender is one of the programs in a figure.
type contender struct {
	name   string
	before func(target string) error // readies the database; not timed, and need not be set
	run    func(target string) error
	after  func(target string) error // looks at what was done; not timed, and need not be set
	limit  float64                   // the ratio to it that is wanted, at most; 0 is none
}

// wants reports whether a figure is to be run, or one whose name begins like that.
func (b *bench) wants(figure string) bool {
	return strings.Contains(figure, b.only) || strings.HasPrefix(b.only, figure)
}

// compare lets the contenders take turns, each time on a fresh database, and
// prints the ratio of the first one's median to that of each other.
func (b *bench) compare(figure, dialect string, contenders ...contender) error {
	if !b.wants(figure) {
		return nil
	}
	times := make([][]time.Duration, len(contenders))
	for range b.rounds {
		for i, c := range contenders {
			took, err := b.once(dialect, c)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", figure, c.name, err)
			}
			times[i] = append(times[i], took)
		}
	}
	ours := median(times[0])
	fmt.Printf("%-34s %-12s %8.1f ms\n", figure, contenders[0].name, milliseconds(ours))
	for i, c := range contenders[1:] {
		theirs := median(times[i+1])
		wanted := ""
		if limit := contenders[i+1].limit; limit > 0 {
			wanted = fmt.Sprintf(" (at most %.1f wanted)", limit)
		}
		fmt.Printf("%-34s %-12s %8.1f ms   ratio %.2f%s\n", "", c.name, milliseconds(theirs), float64(ours)/float64(theirs), wanted)
	}
	return nil
}

func (b *bench) once(dialect string, c contender) (took time.Duration, err error) {
	target, drop, err := b.database(dialect)
	if err != nil {
		return 0, err
	}
	defer func() {
		if dropErr := drop(); err == nil {
			err = dropErr
		}
	}()
	if c.before != nil {
		if err := c.before(target); err != nil {
			return 0, err
		}
	}
	start := time.Now()
	err = c.run(target)
	took = time.Since(start)
	if err == nil && c.after != nil {
		err = c.after(target)
	}
	return took, err
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
