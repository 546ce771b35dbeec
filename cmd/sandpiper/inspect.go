package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An inspectData is the data of inspect.
type inspectData struct {
	File     string       `json:"file"`
	Size     int          `json:"size"`
	Digest   string       `json:"digest"`
	Manifest manifestJSON `json:"manifest"`
	Imports  []string     `json:"imports"` // module.name
	Exports  []string     `json:"exports"`
	MemoryKB int64        `json:"memory_kib,omitempty"` // at the start
}

type manifestJSON struct {
	ABI       string         `json:"abi"`
	Name      string         `json:"name"`
	Version   string         `json:"version"`
	Line      string         `json:"line"`
	Revisions []revisionJSON `json:"revisions"`
}

func newInspect(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE.wasm",
		Short: "Print what a module holds, without running it",
		Long: `Prints a module's manifest, size, digest and imports. Nothing in the module is
run or compiled, so it is safe to inspect a module that nobody trusts yet.`,
		Example: `  sandpiper inspect vendor.wasm
  sandpiper inspect vendor.wasm --json`,
		Args: arguments(1, 1, "one FILE.wasm"),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return usage("", "the module cannot be read: %w", err)
			}
			data, err := inspect(args[0], b)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			a.result(data, func(w io.Writer) { a.printInspection(w, data) })
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"wasm"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
}

// inspect reads a module as a runner does before it runs anything.
func inspect(name string, b []byte) (*inspectData, error) {
	f, err := wasmfile.Open(b)
	if err != nil {
		return nil, err
	}
	m, err := f.Manifest()
	if err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	data := &inspectData{
		File: name, Size: f.Size(), Digest: f.Digest(),
		Manifest: manifestJSON{m.ABI, m.Name, m.Version, m.Line, []revisionJSON{}},
		Imports:  []string{}, Exports: []string{},
	}
	for _, i := range f.Imports() {
		data.Imports = append(data.Imports, i.Module+"."+i.Name)
	}
	for _, e := range f.Exports() {
		data.Exports = append(data.Exports, e.Name)
	}
	if memory, ok := f.Memory(); ok {
		data.MemoryKB = int64(memory.Min) * 64
	}
	for _, r := range m.Revisions {
		data.Manifest.Revisions = append(data.Manifest.Revisions, moduleRevision(m, r))
	}
	return data, nil
}

func moduleRevision(m abi.Manifest, r abi.Revision) revisionJSON {
	return revisionJSON{
		Revision: r.ID, Line: m.Line, Dialect: r.Dialect, Slug: r.Slug,
		Revises: append([]string{}, r.Revises...), DependsOn: r.DependsOn, Labels: r.Labels,
		Created: r.Created, Irreversible: r.Irreversible, Digest: r.Digest, Source: r.Source,
	}
}

func (a *app) printInspection(w io.Writer, data *inspectData) {
	m := data.Manifest
	fmt.Fprintf(w, "file     %s\nname     %s\n", data.File, title(m.Name, m.Version))
	fmt.Fprintf(w, "line     %s\nabi      %s\n", m.Line, m.ABI)
	fmt.Fprintf(w, "size     %s, %d KiB of memory at the start\ndigest   %s\n", size(data.Size), data.MemoryKB, data.Digest)
	fmt.Fprintf(w, "imports  %s\n\n", strings.Join(data.Imports, "\n         "))
	rows := make([]table.Row, 0, len(m.Revisions))
	for _, r := range m.Revisions {
		note := ""
		if r.Irreversible {
			note = "irreversible"
		}
		rows = append(rows, table.Row{r.Dialect, r.Revision, parents(r.Revises), r.Slug, note})
	}
	a.printTable(w, table.Row{"dialect", "revision", "revises", "migration", ""}, rows)
}
