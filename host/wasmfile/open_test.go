package wasmfile_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// TestOpenRefuses holds what Open must refuse. Each case is named for what is
// wrong with it; want is part of the error.
func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ name, module, want string }{
		{"header cut short", "00 61 73", "cut short"},
		{"version 2", "00 61 73 6d 02 00 00 00", "version that is not 1"},
		{"component", "00 61 73 6d 0d 00 01 00", "component"},
		{"section without size", header + "01", "its size is cut short"},
		{"section longer than the file", header + "01 05 00", "the section is cut short"},
		{"unknown section", header + "0e 01 00", "unknown section 14"},
		{"tag section", header + "0d 01 00", "exceptions"},
		{"two type sections", header + "01 01 00 01 01 00", "twice"},
		{"function section before type section", header + "03 01 00 01 01 00", "must precede"},
		{"data count after code", header + "0a 01 00 0c 01 00", "must precede"},
		{"bytes left over in a section", header + "01 02 00 00", "left over"},
		{"size in six bytes", header + "01 80 80 80 80 80 00", "not a 32-bit number"},
		{"size beyond 32 bits", header + "01 ff ff ff ff 1f", "not a 32-bit number"},

		{"2^32-1 types", header + "01 05 ff ff ff ff 0f", "4294967295 types, and 0 bytes are left"},
		{"2^32-1 imports", header + "02 05 ff ff ff ff 0f", "imports"},
		{"2^32-1 functions", header + "03 05 ff ff ff ff 0f", "functions"},
		{"2^32-1 tables", header + "04 05 ff ff ff ff 0f", "tables"},
		{"2^32-1 globals", header + "06 05 ff ff ff ff 0f", "globals"},
		{"2^32-1 exports", header + "07 05 ff ff ff ff 0f", "exports"},
		{"2^32-1 element segments", header + "09 05 ff ff ff ff 0f", "element segments"},
		{"2^32-1 function bodies", header + "0a 05 ff ff ff ff 0f", "function bodies"},
		{"2^32-1 data segments", header + "0b 05 ff ff ff ff 0f", "data segments"},
		{"2^32-1 declared data segments", header + "0c 05 ff ff ff ff 0f", "declared"},
		{"2^32-1 parameters", header + "01 09 01 60 ff ff ff ff 0f 00 00", "parameters"},
		{"2^32-1 results", header + "01 09 01 60 00 ff ff ff ff 0f 00", "results"},
		{"2^32-1 elements in a segment", header + "09 0a 01 01 00 ff ff ff ff 0f 00 00", "elements"},
		{"2^32-1 bytes in a data segment", header + "0b 07 01 01 ff ff ff ff 0f", "cut short"},
		{"2^32-1 bytes of a name", header + "02 0a 01 ff ff ff ff 0f 61 00 00 00", "cut short"},
		{"2^32-1 bytes of a custom section's name", header + "00 05 ff ff ff ff 0f", "cut short"},
		{"2^32-1 locals", header + "01 04 01 60 00 00 03 02 01 00 0a 0b 01 09 01 ff ff ff ff 0f 7f 0b 0b", "locals"},
		{"locals whose sum is too large", header + "01 04 01 60 00 00 03 02 01 00 0a 0d 01 0b 02 d0 86 03 7f d0 86 03 7e 0b 0b", "locals"},
		{"2^32-1 groups of locals", header + "01 04 01 60 00 00 03 02 01 00 0a 08 01 06 ff ff ff ff 0f 0b", "groups of locals"},

		{"GC type", header + "01 02 01 4e", "bytes are left"},
		{"recursive type group", header + "01 04 01 4e 01 60", "only function types"},
		{"unknown value type", header + "01 05 01 60 01 63 00", "unknown type of value"},
		{"import of an unknown type", header + "02 07 01 01 61 01 62 00 05", "type 5 does not exist"},
		{"import of an unknown kind", header + "02 07 01 01 61 01 62 09 00", "unknown kind"},
		{"name that is not UTF-8", header + "02 07 01 01 ff 01 62 00 00", "not UTF-8"},
		{"memory64", header + "05 03 01 04 01", "64-bit memories"},
		{"shared memory", header + "05 04 01 03 01 01", "shared"},
		{"two memories", header + "05 05 02 00 00 00 00", "more than the limit of 1"},
		{"memory of 65,537 pages", header + "05 05 01 00 81 80 04", "65,536 pages"},
		{"memory with its maximum below its minimum", header + "05 04 01 01 02 01", "below its minimum"},
		{"table of two million entries", header + "04 06 01 70 00 80 89 7a", "tables of more than"},
		{"tables that are large together", header + "04 0b 02 70 00 c0 84 3d 70 00 c0 84 3d", "tables of more than"},
		{"global computed by a call", header + "06 06 01 7f 00 10 00 0b", "instruction 0x10 in a constant"},
		{"global with two instructions", header + "06 08 01 7f 00 41 00 41 00 0b", "more than one instruction"},
		{"global with a constant beyond 32 bits", header + "06 0a 01 7f 00 41 ff ff ff ff 0f 0b", "not a 32-bit number"},
		{"export of nothing", header + "07 05 01 01 61 00 00", "does not exist"},
		{"exports of one name", header + "05 03 01 00 01 07 09 02 01 61 02 00 01 61 02 00", "two exports"},
		{"start function that does not exist", header + "08 01 00", "start function 0"},
		{"function without a body", header + "01 04 01 60 00 00 03 02 01 00", "1 functions are declared and 0"},
		{"body without a function", header + "0a 04 01 02 00 0b", "0 functions are declared and 1"},
		{"body without an end", header + "01 04 01 60 00 00 03 02 01 00 0a 04 01 02 00 01", "does not end with an end"},
		{"fewer data segments than declared", header + "0c 01 02 0b 03 01 01 00", "2 data segments"},
		{"data for memory 1", header + "0b 07 01 02 01 41 00 0b 00", "memory 1"},
		{"element segment of form 8", header + "09 04 01 08 00 00", "form 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			module := unhex(c.module)
			f, err := wasmfile.Open(module)
			if err == nil {
				t.Fatalf("opened as %+v", f)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want something with %q", err, c.want)
			}
			var format *wasmfile.FormatError
			if errors.As(err, &format) && (format.Offset < 0 || format.Offset > len(module)) {
				t.Errorf("offset %d is outside the file of %d bytes", format.Offset, len(module))
			}
		})
	}
}

func TestNotWasm(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "an empty file"},
		{"SQL", "CREATE TABLE t (id int);\n", "SQL text"},
		{"SQL with a comment", "-- Revision ID: 0123\n", "SQL text"},
		{"ELF", "\x7fELF\x02\x01\x01\x00", "native program (ELF)"},
		{"gzip", "\x1f\x8b\x08\x00", "gzip"},
		{"Go archive", "!<arch>\n__.PKGDEF", "go build"},
		{"SQLite", "SQLite format 3\x00", "SQLite database"},
		{"WAT", "\n;; a comment\n(module)", "wat2wasm"},
		{"HTML", "<!DOCTYPE html><html>", "HTML page"},
		{"LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "Git LFS"},
		{"noise", "\x01\x02\x00\xff", "binary data"},
		{"text", "hello", "text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := wasmfile.Open([]byte(c.file))
			if !errors.Is(err, wasmfile.ErrNotWasm) {
				t.Fatalf("got %v, want ErrNotWasm", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want something with %q", err, c.want)
			}
		})
	}
}

// TestTruncated cuts a module at every byte. Where a section ends, what is left
// is a module of its own, but one with something missing.
func TestTruncated(t *testing.T) {
	module, err := wasmfile.Assemble([]wasmfile.Step{{Upgrade: []wasmfile.Op{{Text: "SELECT 1"}}}}, manifest(1))
	if err != nil {
		t.Fatal(err)
	}
	for n := range module {
		f, err := wasmfile.Open(module[:n])
		if err == nil {
			_, err = f.Manifest()
		}
		if err == nil {
			t.Errorf("the first %d of %d bytes were accepted", n, len(module))
		}
	}
}

func TestFile(t *testing.T) {
	// A function imported, a memory of 1 to 3 pages, a custom section before
	// and one after, a section of names.
	module := unhex(header + "00 03 01 78 aa" + "01 05 01 60 01 7f 00" + "02 07 01 01 61 01 62 00 00" +
		"05 04 01 01 01 03" + "07 0a 01 06 6d 65 6d 6f 72 79 02 00" +
		"00 08 04 6e 61 6d 65 00 01 00" + "00 03 01 78 bb")
	f, err := wasmfile.Open(module)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Imports(); len(got) != 1 || got[0].Module != "a" || got[0].Name != "b" || got[0].Type.String() != "(i32) -> ()" {
		t.Errorf("imports: %+v", got)
	}
	if got := f.Exports(); len(got) != 1 || got[0].Name != "memory" || got[0].Kind != wasmfile.KindMemory {
		t.Errorf("exports: %+v", got)
	}
	if got, ok := f.Memory(); !ok || got.Min != 1 || got.Max != 3 {
		t.Errorf("memory: %+v", got)
	}
	if got := f.Custom("x"); len(got) != 2 || got[0][0] != 0xaa || got[1][0] != 0xbb {
		t.Errorf("custom sections: %x", got)
	}
	want := unhex(header + "01 05 01 60 01 7f 00" + "02 07 01 01 61 01 62 00 00" +
		"05 04 01 01 01 03" + "07 0a 01 06 6d 65 6d 6f 72 79 02 00" + "00 08 04 6e 61 6d 65 00 01 00")
	if got := f.Runnable(); !bytes.Equal(got, want) {
		t.Errorf("runnable:\n got %x\nwant %x", got, want)
	}
	if got := f.Digest(); len(got) != len("sha256:")+64 || !strings.HasPrefix(got, "sha256:") {
		t.Errorf("digest: %s", got)
	}
}

// TestMalformedNames holds sections of names that must not reach a decoder. The
// module is fine without them.
func TestMalformedNames(t *testing.T) {
	for name, section := range map[string]string{
		"2^32-1 functions":        "00 0c 04 6e 61 6d 65 01 05 ff ff ff ff 0f",
		"2^32-1 local maps":       "00 0c 04 6e 61 6d 65 02 05 ff ff ff ff 0f",
		"2^32-1 locals":           "00 0e 04 6e 61 6d 65 02 07 01 00 ff ff ff ff 0f",
		"2^32-1 bytes of a name":  "00 0e 04 6e 61 6d 65 01 07 01 00 ff ff ff ff 0f",
		"subsection too long":     "00 08 04 6e 61 6d 65 00 7f 00",
		"subsections out of turn": "00 0b 04 6e 61 6d 65 01 01 00 00 01 00",
	} {
		t.Run(name, func(t *testing.T) {
			f, err := wasmfile.Open(unhex(header + section))
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Runnable(); !bytes.Equal(got, unhex(header)) {
				t.Errorf("it is still there: %x", got)
			}
		})
	}
}

// FuzzOpen looks for modules that make Open panic, or allocate more than a
// constant times their size.
func FuzzOpen(f *testing.F) {
	module, err := wasmfile.Assemble([]wasmfile.Step{
		{Upgrade: []wasmfile.Op{{Text: "CREATE TABLE t (id int)"}}, Downgrade: []wasmfile.Op{{Text: "DROP TABLE t"}}},
		{Upgrade: []wasmfile.Op{{Kind: wasmfile.OpAutocommitBegin}, {Text: "VACUUM"}, {Kind: wasmfile.OpAutocommitEnd}}},
	}, manifest(2))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(module)
	f.Add(unhex(header + "01 04 01 60 00 00 03 02 01 00 0a 08 01 06 ff ff ff ff 0f 0b"))
	f.Add(unhex(header + "06 19 01 7b 00 fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b"))
	f.Add(unhex(header + "09 10 04 01 00 00 05 70 00 03 00 00 07 6f 01 d0 6f 0b"))
	f.Add(unhex(header + "00 0e 04 6e 61 6d 65 02 07 01 00 ff ff ff ff 0f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file, err := wasmfile.Open(b)
		if err == nil {
			file.Check()
			file.Straight()
			file.Runnable()
			if file.CheckCode() == nil {
				file.Meter(wasmfile.Limits{Pages: 1, Entries: 1})
			}
		}
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(100*len(b)+1<<17); got > limit {
			t.Errorf("%d bytes allocated for a module of %d bytes", got, len(b))
		}
		if err != nil {
			return
		}
		if _, err := wasmfile.Open(file.Runnable()); err != nil {
			t.Errorf("what is runnable of it does not open: %v", err)
		}
		out, err := wasmfile.AppendManifest(b, manifest(1))
		if err != nil {
			t.Fatal(err)
		}
		again, err := wasmfile.Open(out)
		if err != nil {
			t.Fatalf("with a manifest it does not open: %v", err)
		}
		if !bytes.Equal(again.Runnable(), file.Runnable()) {
			t.Error("the manifest changed what is runnable")
		}
	})
}
