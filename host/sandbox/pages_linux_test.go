package sandbox_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/sandbox"
)

// TestMemoryIsGivenBack: of the addresses that are set aside for a guest nothing stays,
// whether it ends or never begins.
func TestMemoryIsGivenBack(t *testing.T) {
	const runs = 100
	for _, text := range []string{"endless_start", "memory_grow"} {
		t.Run(text, func(t *testing.T) {
			g := load(t, open(t, sandbox.Options{Mode: sandbox.Interpreter, MaxFuel: 100_000}), readModule(t, "testdata/testkit/"+text+".wat"))
			before := addresses(t)
			for range runs {
				g.Run(t.Context(), run(), &database{}) // whatever comes of it
			}
			const of = 64 << 20 // what each may have, at least
			if grown := addresses(t) - before; grown > runs*of/2 {
				t.Errorf("%d MiB of addresses stay after %d runs", grown>>20, runs)
			}
		})
	}
}

// addresses returns how many bytes of addresses the process has.
//
// https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
func addresses(t *testing.T) (bytes int64) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(statm), &bytes)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes * int64(os.Getpagesize())
}
