package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A contender is one of the programs in a figure. before, if set, readies the
// database and is not timed.
type contender struct {
	name   string
	before func(target string) error
	run    func(target string) error
}

// compare lets the contenders take turns, each time on a fresh database, and
// prints the ratio of the first one's median to that of each other. A limit of 0 is
// none.
func (b *bench) compare(figure, dialect string, limit float64, contenders ...contender) error {
	if !strings.Contains(figure, b.only) {
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
		if limit > 0 {
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
	return time.Since(start), err
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
