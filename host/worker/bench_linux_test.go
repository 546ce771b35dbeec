package worker_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// BenchmarkStart is an order for a new process, BenchmarkOrder one for a process
// that has had others.
func BenchmarkStart(b *testing.B) {
	o := workOrder(b, abi.Capabilities{})
	for b.Loop() {
		p := process(b, "idle")
		if _, _, err := p.Work(b.Context(), o, ignore); err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
}

func BenchmarkOrder(b *testing.B) {
	o := workOrder(b, abi.Capabilities{})
	p := process(b, "idle")
	for b.Loop() {
		if _, _, err := p.Work(b.Context(), o, ignore); err != nil {
			b.Fatal(err)
		}
	}
}
