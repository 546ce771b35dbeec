package worker

import (
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// limits are what a child may have, beside what its process has at its start.
type limits struct {
	Memory   int64         // bytes that it can write to
	Space    int64         // bytes of addresses, those that are only reserved among them
	CPU      time.Duration // of one step
	Files    uint64        // open at once
	FileSize int64         // 0: without limit
}

const (
	// ownMemory is what a child needs beside the plugin's memory, twice: 180 MiB
	// for PostgreSQL's grammar, which is a module itself, 200 MiB at most to
	// compile the plugin's, and 10 MiB for a connection.
	ownMemory = 768 << 20

	// copies is how often the plugin's memory may be there at once: where it cannot
	// grow in its place, it is copied to where it has room, and what it has left is
	// collected later.
	copies = 3

	// reserved is what it needs of addresses: each connection to SQLite reserves
	// 256 MiB, and the grammar's memory 4 GiB.
	reserved = 8 << 30

	// cpuBeside is what a step may take beside the plugin's own time: to
	// compile, to begin, to collect garbage.
	cpuBeside = time.Minute

	// maxFiles is what a database, its journals, the connections and the cache of
	// compiled modules need, four times.
	maxFiles = 128

	// maxCompiled is the largest file where the database is elsewhere: what is
	// written is compiled modules.
	maxCompiled = 1 << 30

	// maxOrders is how many steps a child takes. The hard limit of its processor
	// time, which it cannot raise, is for so many.
	maxOrders = 100
)

func limitsFor(p host.Plugin, dialect chain.Dialect) limits {
	l := limits{
		Memory: ownMemory + copies*p.Grants.Memory()<<20,
		CPU:    p.Grants.Time() + cpuBeside,
		Files:  maxFiles,
	}
	l.Space = l.Memory + reserved
	if dialect == chain.PostgreSQL {
		l.FileSize = maxCompiled
	}
	return l
}

// tooMuchMemory is the error of a child that asked for more than it may have.
func (l limits) tooMuchMemory(granted int64) string {
	return fmt.Sprintf("its process asked for more than the %d MiB of memory that it may have: memory_mib = %d, %d times since it is copied when it grows, and %d MiB for the host",
		l.Memory>>20, granted, copies, int64(ownMemory)>>20)
}

// tooMuchCPU is the error of a child that used more than it may.
func (l limits) tooMuchCPU() string {
	return fmt.Sprintf("its process used all of the %s of processor time that it may have: the %s granted, and %s for the host",
		l.CPU, l.CPU-cpuBeside, cpuBeside)
}
