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

// memory prints the most memory of a run whose guest reads rows and keeps none, with
// its module compiled in that run and before it, beside that of a guest that has none
// to read, and of a runner that has nothing to run but a statement.
func (d *data) memory(dialect chain.Dialect) error {
	figure := "data memory " + string(dialect)
	if !d.wants(figure) {
		return nil
	}
	guest, err := d.project("stream")
	if err != nil {
		return err
	}
	idle, err := d.idle(dialect)
	if err != nil {
		return err
	}
	if err := d.emptyCache(); err != nil {
		return err
	}
	rows := d.rows * streamFactor
	runs := []struct {
		name    string
		project string
		rows    int
	}{
		{fmt.Sprintf("%d rows, with an empty cache", rows), guest, rows},
		{fmt.Sprintf("%d rows", rows), guest, rows},
		{"no rows", guest, 0},
		{"no guest", idle, 0},
	}
	peaks := make([]float64, len(runs))
	for i, run := range runs {
		if peaks[i], err = d.peak(dialect, run.project, run.rows); err == nil {
			err = d.wantCompiled()
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", figure, run.name, err)
		}
	}
	least := peaks[len(peaks)-1]
	for i, run := range runs {
		more := ""
		if above := peaks[i] - least; run.rows > 0 {
			more = fmt.Sprintf(", %.1f more than without a guest (at most 64 wanted)", above)
		}
		fmt.Printf("%-34s %-12s %8.1f MiB   %s%s\n", figure, "sandpiper", peaks[i], run.name, more)
		figure = ""
	}
	return nil
}

// idle writes a project whose migration is a statement.
func (d *data) idle(dialect chain.Dialect) (string, error) {
	dir := filepath.Join(d.folder, "data-idle")
	file := filepath.Join(dir, "versions", string(dialect), "2026_11_26_000000_da7a00000004_idle.sql")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	return dir, os.WriteFile(file, []byte("-- Revision ID: da7a00000004\n-- Revises:\n\nCREATE TABLE idle (n integer);\n"), 0o644)
}

// wantCompiled returns an error if the cache has nothing: the run before was over too
// soon for what it is to show, and leaves nothing to the next one.
func (d *data) wantCompiled() error {
	found, err := filepath.Glob(filepath.Join(d.folder, cacheFolder, "sandpiper", "*", "sums"))
	if err == nil && len(found) == 0 {
		err = errors.New("the module was not compiled meanwhile: more -rows take longer")
	}
	return err
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
	bytes, err := peakMemory(d.cacheEnv(), d.sandpiper, "upgrade", "--quiet", "--dir", project, "--database", url(string(dialect), target))
	return float64(bytes) / (1 << 20), err
}
