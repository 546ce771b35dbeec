package main

import (
	"cmp"
	"encoding/binary"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A testModule is a module made for a test: one thing is wrong with it, or its
// migration does one thing wrong.
type testModule struct {
	imports [2]string // module and function
	text    string    // at offset 0 of the memory
	code    string
	line    string // "" is main
	asks    string // for which function
	bare    bool   // no manifest
	cut     bool   // half the file is missing

	revision abi.Revision // what it says beside its id
}

var fail = [2]string{abi.Module, "fail"}

const reason = "no rows to migrate"

var testModules = map[string]testModule{
	"fine":        {imports: fail, code: "\x41\x00"},                 // i32.const 0
	"traps":       {imports: fail, code: "\x00"},                     // unreachable
	"loops":       {imports: fail, code: "\x03\x40\x0c\x00\x0b\x00"}, // loop br 0 end unreachable
	"deep":        {imports: fail, code: strings.Repeat("\x03\x40", 65) + strings.Repeat("\x0b", 65) + "\x41\x00"},
	"deep-plugin": {imports: fail, line: "deep", code: strings.Repeat("\x03\x40", 65) + strings.Repeat("\x0b", 65) + "\x41\x00"},
	"fails":       {imports: fail, text: reason, code: "\x41\x00\x41" + string(rune(len(reason))) + "\x10\x00\x1a\x41\x01"},
	"asks-files":  {imports: fail, line: "files", asks: "pg_read_file", code: "\x41\x00"},
	"newer-abi":   {imports: [2]string{abi.ModulePrefix + "1.9", "fail"}, code: "\x41\x00"},
	"imports":     {imports: [2]string{"env", "system"}, code: "\x41\x00"},
	"no-manifest": {imports: fail, code: "\x41\x00", bare: true},
	"truncated":   {imports: fail, code: "\x41\x00", cut: true},

	// What a plugin may say of itself that the project has not.
	"needs-nothing":   misfit(abi.Revision{}),
	"needs-main":      misfit(abi.Revision{DependsOn: []string{"main@ffffffffffff"}}),
	"needs-a-line":    misfit(abi.Revision{DependsOn: []string{"nowhere@0a0a0a0a0a0a"}}),
	"needs-a-parent":  misfit(abi.Revision{Revises: []string{"ffffffffffff"}}),
	"revises-itself":  misfit(abi.Revision{Revises: []string{"0a0a0a0a0a0a"}}),
	"labelled-head":   misfit(abi.Revision{Labels: []string{"head"}}),
	"labelled-main":   misfit(abi.Revision{Labels: []string{"main"}}),
	"breaks-its-line": misfit(abi.Revision{Slug: "x\nDROP TABLE users;\n--"}),
}

func misfit(rev abi.Revision) testModule {
	return testModule{imports: fail, line: "misfit", code: "\x41\x00", revision: rev}
}

func writeModule(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wasm KIND FILE")
	}
	m, ok := testModules[args[0]]
	if !ok {
		ts.Fatalf("unknown kind of module %q", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), m.bytes(), 0o666))
}

// bytes writes the module. Its one import and its sandpiper_run share a type,
// (i32, i32) -> (i32).
func (m testModule) bytes() []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	add := func(id byte, contents string) { b = append(append(b, id), vector(contents)...) }
	add(1, "\x01\x60\x02\x7f\x7f\x01\x7f")
	add(2, "\x01"+vector(m.imports[0])+vector(m.imports[1])+"\x00\x00")
	add(3, "\x01\x00")
	add(5, "\x01\x00\x01")
	add(7, "\x02"+vector(abi.ExportMemory)+"\x02\x00"+vector(abi.ExportRun)+"\x00\x01")
	add(10, "\x01"+vector("\x00"+m.code+"\x0b"))
	add(11, "\x01\x00\x41\x00\x0b"+vector(m.text))
	if !m.bare {
		manifest := abi.Manifest{Manifest: 1, ABI: abi.Version, Name: "test", Line: cmp.Or(m.line, "main")}
		if m.asks != "" {
			manifest.Capabilities.Functions = []string{m.asks}
		}
		for _, dialect := range []string{abi.PostgreSQL, abi.SQLite} {
			rev := m.revision
			rev.Dialect, rev.ID, rev.Slug, rev.Irreversible = dialect, "0a0a0a0a0a0a", cmp.Or(rev.Slug, "from_a_module"), true
			manifest.Revisions = append(manifest.Revisions, rev)
		}
		add(0, vector(abi.ManifestSection)+string(abi.AppendManifest(nil, &manifest)))
	}
	if m.cut {
		b = b[:len(b)/2]
	}
	return b
}

// vector is contents with their length before them.
func vector(contents string) string {
	return string(binary.AppendUvarint(nil, uint64(len(contents)))) + contents
}
