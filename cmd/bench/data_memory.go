package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// streamFactor is how many more rows are streamed than worked on.
const streamFactor = 10

// memory prints the most memory of a run whose guest reads rows and keeps none,
// beside that of a guest that has none to read, and of a runner that has nothing to
// run but a statement.
func (d *data) memory(dialect chain.Dialect) error {
	figure := "data memory " + string(dialect)
	if !d.wants(figure) {
		return nil
	}
	guest, err := d.project("stream")
	if err != nil {
		return err
	}
	idle := filepath.Join(d.folder, "data-idle")
	file := filepath.Join(idle, "versions", string(dialect), "2026_11_26_000000_da7a00000004_idle.sql")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte("-- Revision ID: da7a00000004\n-- Revises:\n\nCREATE TABLE idle (n integer);\n"), 0o644); err != nil {
		return err
	}
	if _, err := d.peak(dialect, guest, 0); err != nil { // so that the module is in the cache
		return err
	}
	var peaks [3]float64
	for i, run := range []struct {
		project string
		rows    int
	}{{guest, d.rows * streamFactor}, {guest, 0}, {idle, 0}} {
		if peaks[i], err = d.peak(dialect, run.project, run.rows); err != nil {
			return fmt.Errorf("%s: %w", figure, err)
		}
	}
	fmt.Printf("%-34s %-12s %8.1f MiB   %d rows\n", figure, "sandpiper", peaks[0], d.rows*streamFactor)
	fmt.Printf("%-34s %-12s %8.1f MiB   %.1f less\n", "", "no rows", peaks[1], peaks[0]-peaks[1])
	fmt.Printf("%-34s %-12s %8.1f MiB   %.1f less (at most 64 wanted)\n", "", "no guest", peaks[2], peaks[0]-peaks[2])
	return nil
}

// peak returns the most memory of an upgrade whose guest is asked to read so many
// rows, in MiB.
func (d *data) peak(dialect chain.Dialect, project string, rows int) (mib float64, err error) {
	target, drop, err := d.database(string(dialect))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	if err := command(nil, d.native, "want", target, strconv.Itoa(rows)); err != nil {
		return 0, err
	}
	bytes, err := peakMemory(d.sandpiper, "upgrade", "--quiet", "--dir", project, "--database", url(string(dialect), target))
	return float64(bytes) / (1 << 20), err
}
