package sdk_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

var box = sync.OnceValues(func() (*sandbox.Sandbox, error) { return sandbox.New(sandbox.Options{}) })

// guest is the plugin in testdata/guest, built as `sandpiper build` does it.
var guest = sync.OnceValues(func() (*build.Module, error) {
	b, err := box()
	if err != nil {
		return nil, err
	}
	return build.Build(context.Background(), filepath.Join("testdata", "guest"), b, build.Options{})
})

func guestModule(t *testing.T) *build.Module {
	t.Helper()
	m, err := guest()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// databases open a fresh database of each dialect.
var databases = map[string]func(*testing.T) host.Database{
	abi.SQLite: func(t *testing.T) host.Database {
		db, err := sqlite.Open("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
		if err != nil {
			t.Fatal(err)
		}
		return db
	},
	abi.PostgreSQL: func(t *testing.T) host.Database {
		db, err := postgres.Open(postgrestest.URL(t))
		if err != nil {
			t.Fatal(err)
		}
		return db
	},
}

// prefixes are what the ids of a dialect's revisions begin with.
var prefixes = map[string]string{abi.SQLite: "bbbbbbbbbb", abi.PostgreSQL: "aaaaaaaaaa"}

// upgrade runs one revision of the guest after its parent, on a fresh database
// of each dialect, and gives the test what came of it.
func upgrade(t *testing.T, number string, check func(t *testing.T, r result)) {
	for dialect, open := range databases {
		t.Run(dialect, func(t *testing.T) {
			db := open(t)
			r := result{dialect: dialect, prefix: prefixes[dialect]}
			r.runner = newRunner(t, db, host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventLog {
					r.log = append(r.log, e.Text)
				}
			}})
			_, r.err = r.runner.Upgrade(t.Context(), "guest@"+r.prefix+number)
			check(t, r)
		})
	}
}

// newRunner returns a runner of the guest.
func newRunner(t *testing.T, db host.Database, cfg host.Config) *host.Runner {
	t.Helper()
	b, err := box()
	if err != nil {
		t.Fatal(err)
	}
	return newRunnerIn(t, b, db, cfg)
}

func newRunnerIn(t *testing.T, b *sandbox.Sandbox, db host.Database, cfg host.Config) *host.Runner {
	t.Helper()
	cfg.Path = "guest.wasm"
	runner, err := host.NewRunner(fstest.MapFS{"guest.wasm": {Data: guestModule(t).Bytes}}, db, b, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return runner
}

type result struct {
	dialect, prefix string
	runner          *host.Runner
	log             []string
	err             error
}

// applied returns the revisions that the database says are applied.
func (r result) applied(t *testing.T) []string {
	t.Helper()
	ledger, err := r.runner.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for key := range ledger.Applied {
		ids = append(ids, strings.TrimPrefix(key.ID, r.prefix))
	}
	slices.Sort(ids)
	return ids
}

func TestGuestsThatComplete(t *testing.T) {
	for number, want := range map[string]string{
		"02": "types: ", "03": "large: 5003 rows of 764967 bytes", "04": "nested: 375750", "05": "survived ",
		"10": "backfill: 2000 rows, 2000 tokens, 1 to 2 visits, 3300 in all",
		"14": "chunks: 3000 rows, 3000 visits",
	} {
		t.Run(number, func(t *testing.T) {
			upgrade(t, number, func(t *testing.T, r result) {
				if r.err != nil {
					t.Fatal(r.err)
				}
				if len(r.log) != 2 || !strings.HasPrefix(r.log[1], want) {
					t.Errorf("log %q, want the context and %q", r.log, want)
				}
				context := "context: 1.0 " + r.dialect + " guest " + r.prefix + "01 upgrade true true"
				if len(r.log) > 0 && r.log[0] != context {
					t.Errorf("log %q, want %q", r.log[0], context)
				}
				if got := r.applied(t); !slices.Equal(got, []string{"01", number}) {
					t.Errorf("applied %q", got)
				}
			})
		})
	}
}

func TestGuestsThatFail(t *testing.T) {
	for number, want := range map[string]struct {
		kind host.GuestErrorKind
		text string
	}{
		"06": {host.GuestReturned, "nowhere"},
		"07": {host.GuestReturned, "column 0 (name) holds text, which cannot be read as an integer"},
		"08": {host.GuestPanicked, "index out of range [5] with length 0"},
		"09": {host.GuestReturned, "a reason with \uFFFD and \uFFFD in it"},
		"13": {host.GuestReturned, "were not read to their end"},
	} {
		t.Run(number, func(t *testing.T) {
			upgrade(t, number, func(t *testing.T, r result) {
				var failed *host.GuestError
				if !errors.As(r.err, &failed) || failed.Kind != want.kind || !strings.Contains(r.err.Error(), want.text) {
					t.Fatalf("error %v, want one that %s: %s", r.err, want.kind, want.text)
				}
				if want.kind == host.GuestPanicked && !strings.Contains(failed.Message+failed.Stack, "guest/main.go:") {
					t.Errorf("the panic has no file and line: %q %q", failed.Message, failed.Stack)
				}
				if got := r.applied(t); !slices.Equal(got, []string{"01"}) {
					t.Errorf("applied %q, want the first alone", got)
				}
			})
		})
	}
}

// A Go guest imports the functions of ABI.md and no others: what the Go
// runtime wants of WASI is in section 7.
func TestGuestImports(t *testing.T) {
	module := guestModule(t)
	page, err := os.ReadFile(filepath.Join("abi", "ABI.md"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := wasmfile.Open(module.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Imports() {
		if i.Module != abi.Module && i.Module != abi.WASIModule || !strings.Contains(string(page), "`"+i.Name+"`") {
			t.Errorf("the guest imports %s.%s, which ABI.md does not have", i.Module, i.Name)
		}
	}
	if size, limit := len(module.Bytes), 2_460_000; size > limit {
		t.Errorf("the guest has %d bytes, more than %d: what did it begin to link?", size, limit)
	}
}

// Reflection, fmt and encoding/json would make every module half again as
// large, and slower to compile; time and os bring package syscall with them.
func TestGuestDependencies(t *testing.T) {
	list := exec.Command("go", "list", "-deps", ".", "./json", "./sha256")
	list.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, p := range []string{"abi", "json", "sha256"} {
		if !slices.Contains(deps, "github.com/sandpiper-db/sandpiper/sdk/"+p) {
			t.Fatalf("the dependencies lack sdk/%s: %q", p, deps)
		}
	}
	for _, p := range []string{"reflect", "fmt", "encoding/json", "encoding/binary", "crypto/sha256", "time", "syscall", "os"} {
		if slices.Contains(deps, p) {
			t.Errorf("the SDK links %s into guests", p)
		}
	}
}

// The same source in two folders must give the same bytes.
func TestGuestBuildsAreReproducible(t *testing.T) {
	copied := t.TempDir()
	root := ".."
	for _, pattern := range []string{"go.mod", "go.sum", "sdk/*.go", "sdk/abi/*.go", "sdk/schema/*.go", "sdk/testdata/guest/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(copied, strings.TrimPrefix(file, root))
			if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := box()
	if err != nil {
		t.Fatal(err)
	}
	again, err := build.Build(t.Context(), filepath.Join(copied, "sdk", "testdata", "guest"), b, build.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := guestModule(t).Digest; again.Digest != want {
		t.Errorf("built in another folder it is %s, here %s", again.Digest, want)
	}
}
