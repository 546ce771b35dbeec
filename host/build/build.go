package build

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Options are what a module says of itself. The zero value works.
type Options struct {
	// Name is the module's name, for people. Defaults to what the plugin
	// says, else to the name of the folder.
	Name string

	// Version is the module's version, for people. Defaults to what the
	// plugin says.
	Version string

	// Line is the line of the module's revisions. Defaults to what the plugin
	// says, else to chain.DefaultLine.
	Line string

	// Capabilities are what the module asks for where it is run as a plugin.
	// Defaults to what the plugin says, else to nothing.
	Capabilities abi.Capabilities

	// Dialect is what a folder that holds files itself is written for.
	// Defaults to the folder's name, where that is a dialect's.
	Dialect chain.Dialect

	// Naming is how indexes and constraints of schema operations are called
	// that a file does not name. Defaults to schema.DefaultNaming, field by
	// field.
	Naming schema.Naming
}

// A Describer runs a module's sandpiper_describe and returns the document that
// the module hands over (ABI.md, sections 1 and 6.3). Package sandbox has one.
type Describer interface {
	Describe(ctx context.Context, module []byte) ([]byte, error)
}

// A Module is a built module.
type Module struct {
	Bytes    []byte
	Digest   string // "sha256:…"
	Manifest abi.Manifest
}

// Build makes a module of what is there: a folder with versions/ or of migration
// files, the folder of a Go package, or a .wasm file without a manifest.
func Build(ctx context.Context, from string, d Describer, opts Options) (*Module, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	full, err := filepath.Abs(from)
	if err != nil {
		return nil, err
	}
	folder := filepath.Base(full)
	if !info.IsDir() {
		b, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		return describe(ctx, b, d, strings.TrimSuffix(folder, filepath.Ext(folder)), opts)
	}
	if goFiles, err := filepath.Glob(filepath.Join(glob(from), "*.go")); err != nil {
		return nil, err
	} else if len(goFiles) > 0 {
		b, err := compileGo(ctx, from)
		if err != nil {
			return nil, err
		}
		return describe(ctx, b, d, folder, opts)
	}
	return assemble(os.DirFS(from), folder, opts)
}

// glob quotes what filepath.Glob would take for a pattern.
func glob(path string) string {
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}

// describe asks a module for its manifest and appends it.
func describe(ctx context.Context, b []byte, d Describer, name string, opts Options) (*Module, error) {
	f, err := wasmfile.Open(b)
	if err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(f.Exports(), func(e wasmfile.Export) bool { return e.Name == abi.ExportDescribe }) {
		return nil, &wasmfile.InterfaceError{
			What:   "export " + abi.ExportDescribe,
			Reason: "the module has none, so nobody knows its revisions: a Go plugin gets it by importing the sdk",
		}
	}
	document, err := d.Describe(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("ask the module for its manifest: %w", err)
	}
	m, err := abi.DecodeManifest(document)
	if err != nil {
		return nil, fmt.Errorf("the manifest that the module gives: %w", err)
	}
	opts.apply(m, name)
	if b, err = wasmfile.AppendManifest(b, *m); err != nil {
		return nil, err
	}
	return finish(b)
}

// apply puts what the caller wants into a manifest.
func (o Options) apply(m *abi.Manifest, name string) {
	m.Name = cmp.Or(o.Name, m.Name, name)
	m.Version = cmp.Or(o.Version, m.Version)
	m.Line = cmp.Or(o.Line, m.Line, chain.DefaultLine)
	if !o.Capabilities.Empty() {
		m.Capabilities = o.Capabilities
	}
}

// A CapabilitiesError says that a module that is no plugin asks for capabilities.
type CapabilitiesError struct {
	Line string // the module's
}

// Error says why that cannot be.
func (e *CapabilitiesError) Error() string {
	return fmt.Sprintf("the module asks for capabilities and is of the line %s, whose modules are the project's own and are not limited: a plugin has a line of its own", e.Line)
}

// finish reads a module as a runner will, and checks that its revisions make a
// chain for each dialect.
func finish(b []byte) (*Module, error) {
	f, err := wasmfile.Open(b)
	if err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	m, err := f.Manifest()
	if err != nil {
		return nil, err
	}
	if !chain.ValidLine(m.Line) {
		return nil, fmt.Errorf("%q cannot be the name of a line: 1 to 60 letters and digits of ASCII and _, with . / and - inside, and not head, heads or base", m.Line)
	}
	if m.Line == chain.DefaultLine && !m.Capabilities.Empty() {
		return nil, &CapabilitiesError{m.Line}
	}
	for _, d := range chain.Dialects {
		// Parents may be in other files of the line, and dependencies in other
		// lines, which only the runner sees.
		here := map[string]bool{}
		for _, r := range m.Revisions {
			here[r.ID] = here[r.ID] || chain.Dialect(r.Dialect) == d
		}
		elsewhere := func(id string) bool { return !here[id] }
		var revisions []chain.Revision
		for _, r := range m.Revisions {
			if chain.Dialect(r.Dialect) == d {
				revisions = append(revisions, chain.Revision{
					Key: chain.Key{Line: m.Line, ID: r.ID}, Dialect: d,
					Revises: slices.DeleteFunc(slices.Clone(r.Revises), elsewhere),
					Labels:  r.Labels, Source: r.Source,
				})
			}
		}
		if _, err := chain.NewGraph(d, revisions); err != nil {
			return nil, err
		}
	}
	return &Module{Bytes: b, Digest: f.Digest(), Manifest: m}, nil
}
