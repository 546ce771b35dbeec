package wasmfile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func sql(texts ...string) []wasmfile.Op {
	ops := []wasmfile.Op{}
	for _, t := range texts {
		ops = append(ops, wasmfile.Op{Kind: wasmfile.OpExec, Text: t})
	}
	return ops
}

// open opens an assembled module, which must be all that one is.
func open(t testing.TB, module []byte) *wasmfile.File {
	t.Helper()
	f, err := wasmfile.Open(module)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
	if !f.Straight() {
		t.Error("the module is not straight")
	}
	return f
}

func TestAssembleIsSmall(t *testing.T) {
	const text = "CREATE TABLE t (id integer PRIMARY KEY)"
	module, err := wasmfile.Assemble([]wasmfile.Step{{Upgrade: sql(text), Downgrade: sql()}}, manifest(1))
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, module)
	if got, want := len(f.Runnable()), 320+len(text); got > want {
		t.Errorf("%d bytes, want at most %d", got, want)
	}
	if m, _ := f.Memory(); m.Min != 1 || m.Max != 1 {
		t.Errorf("memory of %d to %d pages, want 1", m.Min, m.Max)
	}
	again, err := wasmfile.Assemble([]wasmfile.Step{{Upgrade: sql(text), Downgrade: sql()}}, manifest(1))
	if err != nil || !bytes.Equal(module, again) {
		t.Errorf("the same input gave other bytes: %v", err)
	}
	if m, err := f.Manifest(); err != nil || len(m.Revisions) != 1 {
		t.Errorf("manifest: %+v, %v", m, err)
	}
}

func TestAssembleManySteps(t *testing.T) {
	steps := make([]wasmfile.Step, 5000)
	for i := range steps {
		steps[i].Upgrade = sql(fmt.Sprintf("INSERT INTO t VALUES (%d)", i))
		if i%2 == 0 {
			steps[i].Downgrade = sql(fmt.Sprintf("DELETE FROM t WHERE id = %d", i))
		}
	}
	module, err := wasmfile.Assemble(steps, manifest(len(steps)))
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, module)
	if m, _ := f.Memory(); m.Max != 1 {
		t.Errorf("memory of %d pages: it should hold one step's text, not all", m.Max)
	}
}

func TestAssembleLargeText(t *testing.T) {
	text := "INSERT INTO t VALUES ('" + strings.Repeat("é", 5<<19) + "')"
	module, err := wasmfile.Assemble([]wasmfile.Step{{Upgrade: sql(text)}}, manifest(1))
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, module)
	if m, _ := f.Memory(); int(m.Min)<<16 < len(text) {
		t.Errorf("memory of %d pages for %d bytes", m.Min, len(text))
	}
}

// Backfills and phases are calls like others, so that the module stays straight.
func TestAssembleBackfillsAndPhases(t *testing.T) {
	module, err := wasmfile.Assemble([]wasmfile.Step{{Upgrade: []wasmfile.Op{
		{Kind: wasmfile.OpPhase, Phase: abi.PhaseExpand}, {Text: "ALTER TABLE t ADD a int"},
		{Kind: wasmfile.OpPhase, Phase: abi.PhaseBackfill}, {Kind: wasmfile.OpBackfill, Text: "{}"},
	}}}, manifest(1))
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, i := range open(t, module).Imports() {
		imports = append(imports, i.Name)
	}
	if got, want := strings.Join(imports, " "), "exec backfill_run phase fail"; got != want {
		t.Errorf("it imports %s, want %s", got, want)
	}
}

func TestAssembleRefuses(t *testing.T) {
	begin, end := wasmfile.Op{Kind: wasmfile.OpAutocommitBegin}, wasmfile.Op{Kind: wasmfile.OpAutocommitEnd}
	for _, c := range []struct {
		name  string
		steps []wasmfile.Step
		want  string
	}{
		{"revision without a step", nil, "is step 0 of 0"},
		{"NUL in a statement", []wasmfile.Step{{Upgrade: sql("SELECT 1", "SELECT '\x00'")}}, "operation 2 is not valid UTF-8, or holds a NUL"},
		{"text that is not UTF-8", []wasmfile.Step{{Downgrade: sql("SELECT '\xff'")}}, "step 0: operation 1"},
		{"half a character in each of two statements", []wasmfile.Step{{Upgrade: sql("SELECT '\xc3", "\xa9'")}}, "operation 1"},
		{"nested section", []wasmfile.Step{{Upgrade: []wasmfile.Op{begin, begin}}}, "inside another"},
		{"section not begun", []wasmfile.Step{{Upgrade: []wasmfile.Op{end}}}, "has not begun"},
		{"section not ended", []wasmfile.Step{{Upgrade: []wasmfile.Op{begin}}}, "not ended"},
		{"phase in a section", []wasmfile.Step{{Upgrade: []wasmfile.Op{begin, {Kind: wasmfile.OpPhase}, end}}}, "operation 2 begins a phase inside an autocommit section"},
		{"backfill in a section", []wasmfile.Step{{Upgrade: []wasmfile.Op{begin, {Kind: wasmfile.OpBackfill, Text: "{}"}, end}}}, "operation 2 is a backfill inside an autocommit section"},
		{"unknown operation", []wasmfile.Step{{Upgrade: []wasmfile.Op{{Kind: 9}}}}, "unknown kind 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := wasmfile.Assemble(c.steps, manifest(1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

// TestNotStraight holds functions that may run for long, or of which that isn't
// known. Function 0 is sandpiper_run; its body follows.
func TestNotStraight(t *testing.T) {
	data := "0b 03 01 01 00"
	for _, c := range []struct{ name, module string }{
		{"loop", guest[:len(guest)-len(bodyOfGuest)] + "0a 0b 01 09 00 03 40 0c 00 0b 41 00 0b"},
		{"recursion", guest[:len(guest)-len(bodyOfGuest)] + "0a 0a 01 08 00 41 00 41 00 10 00 0b"},
		{"copy of an unknown size", guest[:len(guest)-len(bodyOfGuest)] + "0a 10 01 0e 00 41 00 41 00 20 00 fc 08 00 00 41 00 0b" + data},
		{"copy of 128 MiB", guest[:len(guest)-len(bodyOfGuest)] + "0a 14 01 12 00 41 00 41 00 41 80 80 80 c0 00 fc 08 00 00 41 00 0b" + data},
		{"memory.grow", guest[:len(guest)-len(bodyOfGuest)] + "0a 0b 01 09 00 41 01 40 00 1a 41 00 0b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := wasmfile.Open(unhex(c.module))
			if err != nil {
				t.Fatal(err)
			}
			if f.Straight() {
				t.Error("it is taken for straight")
			}
		})
	}
	f, err := wasmfile.Open(unhex(guest))
	if err != nil || !f.Straight() {
		t.Errorf("a function that returns 0 is not straight: %v", err)
	}
}

// TestNotStraightByDoubling has functions that each call the one before twice:
// a few hundred bytes, 2^40 calls, no loop and no recursion.
func TestNotStraightByDoubling(t *testing.T) {
	const n = 40
	module := unhex(header + "01 07 01 60 02 7f 7f 01 7f")
	funcs, code := []byte{3, n + 1, n}, []byte{}
	for i := range n {
		funcs = append(funcs, 0)
		call := []byte{0x20, 0, 0x20, 1, 0x10, byte(i - 1)}
		if i == 0 {
			code = append(code, 4, 0, 0x41, 0, 0x0b)
			continue
		}
		body := append(append([]byte{0}, call...), 0x1a)
		body = append(append(body, call...), 0x0b)
		code = append(append(code, byte(len(body))), body...)
	}
	module = append(module, funcs...)
	size := len(code) + 1
	module = append(module, 10, byte(size&0x7f|0x80), byte(size>>7), n)
	f, err := wasmfile.Open(append(module, code...))
	if err != nil {
		t.Fatal(err)
	}
	if f.Straight() {
		t.Error("it is taken for straight")
	}
}

func BenchmarkOpen(b *testing.B) {
	steps := make([]wasmfile.Step, 116)
	for i := range steps {
		steps[i].Upgrade = sql(strings.Repeat("CREATE TABLE t (id int, name text);", 20))
	}
	module, err := wasmfile.Assemble(steps, manifest(len(steps)))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(module)))
	for b.Loop() {
		if _, err := wasmfile.Open(module); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAssemble(b *testing.B) {
	for b.Loop() {
		_, err := wasmfile.Assemble([]wasmfile.Step{{Upgrade: sql("CREATE TABLE t (id int)"), Downgrade: sql("DROP TABLE t")}}, manifest(1))
		if err != nil {
			b.Fatal(err)
		}
	}
}
