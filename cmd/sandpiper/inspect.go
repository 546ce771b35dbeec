package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
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
	MemoryKB int64        `json:"memory_kib,omitempty"`     // at the start
	MemoryTo int64        `json:"memory_max_kib,omitempty"` // at most, as it declares
	Allows   []string     `json:"allows,omitempty"`         // what its capabilities come to, in words
	Refused  string       `json:"refused,omitempty"`        // why its code does not pass the checks

	Signature signatureJSON `json:"signature"`
}

// A signatureJSON is who signed a module; nobody if it is empty.
type signatureJSON struct {
	Signer  string `json:"signer,omitempty"` // the name of the key in sandpiper.toml
	Key     string `json:"key,omitempty"`
	Unknown string `json:"unknown,omitempty"` // the ID of a key that is not there
	Refused string `json:"refused,omitempty"` // why the signature is not right
}

type manifestJSON struct {
	ABI          string          `json:"abi"`
	Name         string          `json:"name"`
	Version      string          `json:"version"`
	Line         string          `json:"line"`
	Capabilities json.RawMessage `json:"capabilities,omitempty"` // as in the manifest
	Revisions    []revisionJSON  `json:"revisions"`
}

func newInspect(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE.wasm",
		Short: "Print what a module holds, without running it",
		Long: `Prints a module's manifest, size, digest and imports, what it asks for where it is
run as a plugin, in plain words, who signed it (FILE.wasm.minisig, against [trust] of
sandpiper.toml), and whether its code passes the checks that a runner makes. Nothing
in the module is run or compiled, so it is safe to inspect a module that nobody trusts
yet.`,
		Example: `  sandpiper inspect vendor.wasm
  sandpiper inspect vendor.wasm --json`,
		Args: arguments(1, 1, "one FILE.wasm"),
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := openModule(args[0])
			if err != nil {
				return err
			}
			config, err := findConfig(a.flags.config, a.flags.dir)
			if err != nil {
				return err
			}
			by, badSignature := config.signedBy(m)
			badCode := m.checkCode()
			data := inspect(m, by, badCode, badSignature)
			a.result(data, func(w io.Writer) { a.printInspection(w, data, by.words()) })
			return cmp.Or(badCode, badSignature)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"wasm"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
}

// inspect says what is in a module.
func inspect(o *openedModule, by signer, badCode, badSignature error) *inspectData {
	m, f := o.manifest, o.file
	data := &inspectData{
		File: o.name, Size: f.Size(), Digest: f.Digest(),
		Manifest: manifestJSON{ABI: m.ABI, Name: m.Name, Version: m.Version, Line: m.Line, Revisions: []revisionJSON{}},
		Imports:  []string{}, Exports: []string{},
	}
	if m.Line != chain.DefaultLine {
		data.Manifest.Capabilities = abi.AppendCapabilities(nil, &m.Capabilities)
		data.Allows = policy.Words(m.Capabilities)
	}
	if badCode != nil {
		data.Refused = badCode.Error()
	}
	data.Signature = signatureJSON{Signer: by.Name, Key: by.Key, Unknown: by.stranger}
	if badSignature != nil {
		data.Signature.Refused = badSignature.Error()
	}
	for _, i := range f.Imports() {
		data.Imports = append(data.Imports, i.Module+"."+i.Name)
	}
	for _, e := range f.Exports() {
		data.Exports = append(data.Exports, e.Name)
	}
	if memory, ok := f.Memory(); ok {
		data.MemoryKB, data.MemoryTo = int64(memory.Min)*64, int64(memory.Max)*64
	}
	for _, r := range m.Revisions {
		data.Manifest.Revisions = append(data.Manifest.Revisions, moduleRevision(m, r))
	}
	return data
}

func moduleRevision(m abi.Manifest, r abi.Revision) revisionJSON {
	return revisionJSON{
		Revision: r.ID, Line: m.Line, Dialect: r.Dialect, Slug: r.Slug,
		Revises: append([]string{}, r.Revises...), DependsOn: r.DependsOn, Labels: r.Labels,
		Created: r.Created, Irreversible: r.Irreversible, Digest: r.Digest, Source: r.Source,
	}
}

func (a *app) printInspection(w io.Writer, data *inspectData, signed string) {
	m := data.Manifest
	fmt.Fprintf(w, "file     %s\nname     %s\n", data.File, plain(title(m.Name, m.Version)))
	fmt.Fprintf(w, "line     %s\nabi      %s\n", plain(m.Line), plain(m.ABI))
	fmt.Fprintf(w, "size     %s\nmemory   %s\ndigest   %s\n", size(data.Size), memoryWords(data.MemoryKB, data.MemoryTo), data.Digest)
	code := "passes the checks"
	if data.Refused != "" {
		code = "refused"
	}
	if data.Signature.Refused != "" {
		signed = "the signature is refused"
	}
	fmt.Fprintf(w, "code     %s\nsigned   %s\nimports  %s\n", code, signed, strings.Join(data.Imports, "\n         "))
	if len(data.Allows) > 0 {
		fmt.Fprintf(w, "asks     %s\n", strings.Join(data.Allows, "\n         "))
	}
	fmt.Fprintln(w)
	rows := make([]table.Row, 0, len(m.Revisions))
	for _, r := range m.Revisions {
		note := ""
		if r.Irreversible {
			note = "irreversible"
		}
		rows = append(rows, table.Row{r.Dialect, r.Revision, parents(r.Revises), plain(r.Slug), note})
	}
	a.printTable(w, table.Row{"dialect", "revision", "revises", "migration", ""}, rows)
}

// memoryWords is how much memory a module has, in KiB.
func memoryWords(atStart, atMost int64) string {
	return fmt.Sprintf("%s at the start, %s at most", size(int(atStart)<<10), size(int(atMost)<<10))
}
