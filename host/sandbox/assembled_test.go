package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// TestAssembled runs what package wasmfile assembles, and compares the calls it
// makes.
func TestAssembled(t *testing.T) {
	exec := func(sql string) wasmfile.Op { return wasmfile.Op{Text: sql} }
	begin, end := wasmfile.Op{Kind: wasmfile.OpAutocommitBegin}, wasmfile.Op{Kind: wasmfile.OpAutocommitEnd}
	module := assembleSteps(t,
		wasmfile.Step{
			Upgrade:   []wasmfile.Op{exec("CREATE TABLE t (name text)"), exec("INSERT INTO t VALUES ('é')")},
			Downgrade: []wasmfile.Op{exec("DROP TABLE t")},
		},
		wasmfile.Step{Upgrade: []wasmfile.Op{exec("a"), begin, exec("VACUUM"), end, exec("b")}},
		wasmfile.Step{Upgrade: []wasmfile.Op{exec("a"), exec("fail"), exec("b")}, Downgrade: []wasmfile.Op{}},
	)
	for _, c := range []struct {
		name  string
		step  int32
		dir   chain.Direction
		want  string // part of the error
		calls string
	}{
		{"upgrade", 0, chain.Upgrade, "", `
			exec "CREATE TABLE t (name text)" [] defer -> OK
			exec "INSERT INTO t VALUES ('é')" [] defer -> OK`},
		{"downgrade", 0, chain.Downgrade, "", `
			exec "DROP TABLE t" [] defer -> OK`},
		{"autocommit", 1, chain.Upgrade, "", `
			exec "a" [] defer -> OK
			section_begin autocommit "" -> OK, run
			exec "VACUUM" [] -> OK, 1 affected
			section_end -> OK
			exec "b" [] defer -> OK`},
		{"no downgrade", 1, chain.Downgrade, "this migration has no downgrade", `
			fail "this migration has no downgrade" -> OK`},
		{"error in the middle", 2, chain.Upgrade, `relation "x" does not exist`, `
			exec "a" [] defer -> OK
			exec "fail" [] defer -> SQL: relation "x" does not exist (42P01)`},
		{"empty downgrade", 2, chain.Downgrade, "", ``},
		{"step that does not exist", 3, chain.Upgrade, "no such step or direction", `
			fail "the module has no such step or direction" -> OK`},
		{"negative step", -1, chain.Upgrade, "no such step or direction", `
			fail "the module has no such step or direction" -> OK`},
		{"direction that does not exist", 0, 2, "no such step or direction", `
			fail "the module has no such step or direction" -> OK`},
	} {
		for _, mode := range []sandbox.Mode{sandbox.Auto, sandbox.Compiler} {
			t.Run(c.name+" "+string(mode), func(t *testing.T) {
				var trace bytes.Buffer
				r := run()
				r.Step, r.Direction = c.step, c.dir
				err := loadAndRun(open(t, sandbox.Options{Trace: &trace, Mode: mode}), module, r, &database{})
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				want := strings.ReplaceAll(strings.TrimPrefix(c.calls, "\n"), "\t", "")
				if got := strings.TrimSuffix(trace.String(), "\n"); got != want {
					t.Errorf("its calls are\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// TestAssembledLarge runs every step of a module of thousands, and one whose
// text is large.
func TestAssembledLarge(t *testing.T) {
	steps := make([]wasmfile.Step, 3000)
	for i := range steps {
		steps[i].Upgrade = []wasmfile.Op{{Text: fmt.Sprintf("INSERT INTO t VALUES (%d)", i)}}
	}
	text := "INSERT INTO t VALUES ('" + strings.Repeat("x", 5<<20) + "')"
	steps[1234].Upgrade = []wasmfile.Op{{Text: text}}
	box := open(t, sandbox.Options{})
	g, err := box.Load(context.Background(), assembleSteps(t, steps...), host.GuestLimits{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for i := range steps {
		if i > 20 && i < len(steps)-20 && i != 1234 && i%97 != 0 {
			continue
		}
		r, db := run(), &database{}
		r.Step = int32(i)
		if _, err := g.Run(context.Background(), r, db); err != nil {
			t.Fatal(err)
		}
		if want := steps[i].Upgrade[0].Text; len(db.executed) != 1 || db.executed[0] != want {
			t.Errorf("step %d executed %d statements", i, len(db.executed))
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	box := open(t, sandbox.Options{})
	good := assemble(t, "SELECT 1")
	for name, module := range map[string][]byte{
		"nothing":   nil,
		"SQL":       []byte("CREATE TABLE t (id int);"),
		"truncated": good[:len(good)/2],
		"noise":     bytes.Repeat([]byte{0xff}, 100),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := box.Load(context.Background(), module, host.GuestLimits{})
			var guest *host.GuestError
			if !errors.As(err, &guest) || guest.Kind != host.GuestRefused || guest.Err == nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLeftovers looks for what one guest left in memory that another one gets.
func TestLeftovers(t *testing.T) {
	box := open(t, sandbox.Options{})
	reader, err := os.ReadFile("testdata/testkit/leftovers.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := loadAndRun(box, assemble(t, "a secret statement"), run(), &database{}); err != nil {
			t.Fatal(err)
		}
		db := &database{}
		if err := loadAndRun(box, reader, run(), db); err == nil {
			t.Fatalf("it executed %q", db.executed)
		}
	}
}
