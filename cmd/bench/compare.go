package main

import (
	"fmt"
	"os"
	"path/filepath"
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
	warm   bool                      // runs once first with an empty cache, which is reported separately
}

// usage is what a contender took: by the clock, and of the processors. What a
// server that it talks to did meanwhile is in the first alone.
type usage struct{ clock, processors time.Duration }

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
	if contenders[0].warm {
		cold, err := b.uncached(dialect, contenders[0])
		if err != nil {
			return fmt.Errorf("%s: %s: %w", figure, contenders[0].name, err)
		}
		fmt.Printf("%-34s %-12s %8.1f ms   processors %.1f ms, with an empty cache\n", figure, contenders[0].name, milliseconds(cold.clock), milliseconds(cold.processors))
	}
	clock, processors := make([][]time.Duration, len(contenders)), make([][]time.Duration, len(contenders))
	for range b.rounds {
		for i, c := range contenders {
			took, err := b.once(dialect, c)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", figure, c.name, err)
			}
			clock[i], processors[i] = append(clock[i], took.clock), append(processors[i], took.processors)
		}
	}
	ours, work := median(clock[0]), median(processors[0])
	fmt.Printf("%-34s %-12s %8.1f ms   processors %.1f ms\n", figure, contenders[0].name, milliseconds(ours), milliseconds(work))
	for i, c := range contenders[1:] {
		theirs, their := median(clock[i+1]), median(processors[i+1])
		wanted := ""
		if c.limit > 0 {
			wanted = fmt.Sprintf(" (at most %.1f wanted)", c.limit)
		}
		fmt.Printf("%-34s %-12s %8.1f ms   ratio %.2f%s; processors %.1f ms, ratio %.2f\n", "", c.name,
			milliseconds(theirs), float64(ours)/float64(theirs), wanted, milliseconds(their), float64(work)/float64(their))
	}
	return nil
}

// uncached runs a contender once with an empty cache, and leaves what is in it then to
// the rounds that follow.
func (b *bench) uncached(dialect string, c contender) (usage, error) {
	if err := b.emptyCache(); err != nil {
		return usage{}, err
	}
	return b.once(dialect, c)
}

func (b *bench) emptyCache() error { return os.RemoveAll(filepath.Join(b.folder, cacheFolder)) }

func (b *bench) once(dialect string, c contender) (took usage, err error) {
	target, drop, err := b.database(dialect)
	if err != nil {
		return usage{}, err
	}
	defer func() {
		if dropErr := drop(); err == nil {
			err = dropErr
		}
	}()
	if c.before != nil {
		if err := c.before(target); err != nil {
			return usage{}, err
		}
	}
	start, before := time.Now(), childrenTime()
	err = c.run(target)
	took = usage{time.Since(start), childrenTime() - before}
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
