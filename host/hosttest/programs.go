package hosttest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// TwoPrograms has an old program and a new one write to the rows of a table whose
// columns are in step, some of them to the same rows, while a backfill goes through
// them in chunks: in the end each row agrees, and has what its last writer wrote.
//
// The table is person (id, name, first, last), whose rows 1 to Rows have a name of two
// words. It has a sync of name, which is the old program's, with first and last.
type TwoPrograms struct {
	Rows, Writes int
	Backfill     string                                           // sets first and last of the rows with id > %d AND id <= %d
	Program      func(t *testing.T) (exec func(sql string) error) // on a connection of its own
	Value        func(sql string) string                          // the only value of a query
}

// chunkOfPrograms is how many rows a chunk of the backfill has.
const chunkOfPrograms = 20

// Run runs the three, and looks at the rows.
func (p TwoPrograms) Run(t *testing.T) {
	t.Helper()
	var programs sync.WaitGroup
	program := func(do func(exec func(sql string, args ...any))) {
		exec := p.Program(t)
		programs.Go(func() {
			do(func(sql string, args ...any) {
				sql = fmt.Sprintf(sql, args...)
				if err := exec(sql); err != nil {
					t.Errorf("%s: %v", sql, err)
				}
			})
		})
	}
	// Rows of id % 3 = 0 are the old program's alone, those of 1 the new one's.
	last := [2]map[int]string{{}, {}}
	for which, write := range []string{
		"INSERT INTO person (id, name) VALUES (%[1]d, '%[2]s %[3]s') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
		"INSERT INTO person (id, first, last) VALUES (%[1]d, '%[2]s', '%[3]s') ON CONFLICT (id) DO UPDATE SET first = excluded.first, last = excluded.last",
	} {
		random := rand.New(rand.NewPCG(uint64(which), 0))
		program(func(exec func(string, ...any)) {
			for n := range p.Writes {
				id := 1 + random.IntN(p.Rows+p.Rows/3)
				if id%3 == 1-which {
					continue
				}
				first, second := fmt.Sprintf("p%d", which), fmt.Sprintf("n%d", n)
				exec(write, id, first, second)
				last[which][id] = first + " " + second
			}
		})
	}
	program(func(exec func(string, ...any)) {
		for from := 0; from < p.Rows; from += chunkOfPrograms {
			exec(p.Backfill, from, from+chunkOfPrograms)
		}
	})
	programs.Wait()
	if n := p.Value("SELECT count(*) FROM person WHERE (name = first || ' ' || last) IS NOT TRUE"); n != "0" {
		t.Errorf("%s rows do not agree", n)
	}
	for which := range last {
		for id, name := range last[which] {
			if id%3 != which {
				continue
			}
			if got := p.Value(fmt.Sprintf("SELECT name FROM person WHERE id = %d", id)); got != name {
				t.Errorf("row %d is %s, not %s", id, got, name)
			}
		}
	}
}
