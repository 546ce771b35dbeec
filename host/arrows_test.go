package host_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sandpiper-db/sandpiper"

// pure packages may import the standard library and what is listed.
var pure = map[string][]string{
	"sdk/abi":               {},
	"host/chain":            {},
	"host/wasmfile":         {"sdk/abi", "host/chain"},
	"host/sqlite/tabletext": {"host/chain"},
	"sdk/schema":            {"sdk/abi"},
	"sdk/json":              {"sdk/abi"},
	"sdk/sha256":            {},
	"host/policy":           {"sdk/abi", "sdk/schema", "host/chain"},
	"host/draw":             {"host/chain"},
	"host/spool":            {},
}

// allowed says who may import whom of this module, besides the pure packages
// that everybody under host may import. A package that is not listed is an
// error: whoever adds one decides where it stands (host/RATIONALE.md).
var allowed = map[string][]string{
	"host":                       {"host/source"},
	"host/source":                {},
	"host/sandbox":               {"host"},
	"host/postgres":              {"host", "host/postgres/grammar"},
	"host/postgres/grammar":      {},
	"host/postgres/postgrestest": {},
	"host/sqlite":                {"host"},
	"host/hosttest":              {"host"},
	"host/worker":                {"host"},
	"host/report":                {"host"},
	"host/diff":                  {"host"},
	"host/build":                 {"host/source"},
	"host/author":                {"host", "host/source"},
	"host/trust":                 {},
	"host/lint":                  {"host", "host/source", "host/postgres/grammar"},
	"host/autogenerate":          {"host", "host/source", "host/author", "host/diff"},
	"host/author/imports":        {"host", "host/author"},
	"host/author/configfile":     {"host/author"},
	"sdk":                        {"sdk/abi", "sdk/schema"},
	"sdk/sdktest":                {"sdk", "sdk/abi", "sdk/schema"},
	"sdk/sdktest/sqlitetest":     {"sdk", "sdk/sdktest", "sdk/abi", "sdk/schema", "host/sqlite"},
	"plugins/checksums":          {"sdk", "sdk/schema", "sdk/json", "sdk/sha256"},
	"plugins/sections":           {"sdk", "sdk/schema"},
	"plugins/slugs":              {"sdk", "sdk/schema"},
	"cmd/bench":                  {"host", "host/sandbox", "host/postgres", "host/postgres/postgrestest", "host/sqlite"},
	"cmd/sandpiper":              {"host", "host/sandbox", "host/postgres", "host/sqlite", "host/build", "host/author", "host/author/imports", "host/autogenerate", "host/diff", "host/draw", "host/lint", "host/source", "host/worker", "host/author/configfile", "host/trust", "host/report"},
}

// sole importers of what only one adapter may know of.
var sole = map[string][]string{
	"github.com/tetratelabs/wazero":   {"host/sandbox", "cmd/bench"},
	"github.com/jackc/pgx/v5":         {"host/postgres", "host/postgres/postgrestest"},
	"github.com/wasilibs/go-pgquery":  {"host/postgres/grammar"},
	"github.com/pganalyze":            {}, // needs cgo, or the server's sources compiled
	"github.com/ncruces/go-sqlite3":   {"host/sqlite", "sdk/sdktest/sqlitetest"},
	"golang.org/x/sys":                {"host/worker", "host/sandbox"},
	"golang.org/x/mod":                {"cmd/sandpiper"},
	"aead.dev/minisign":               {"host/trust"},
	"github.com/spf13/cobra":          {"cmd/sandpiper"},
	"github.com/pelletier/go-toml/v2": {"cmd/sandpiper", "host/author/configfile"},
	"go.opentelemetry.io/otel":        {"host"},
	"go.yaml.in/yaml":                 {"host/source"},
	"golang.org/x/text":               {"host/author"},
	"github.com/vbauerster/mpb":       {"cmd/sandpiper"},
	"github.com/jedib0t/go-pretty":    {"cmd/sandpiper"},
	"github.com/rogpeppe/go-internal": {"host/author"},
	"ariga.io/atlas":                  {"host/diff"},
	"github.com/hashicorp/hcl":        {"host/diff"},
	"github.com/zclconf/go-cty":       {"host/diff"},
}

// TestArrows keeps the picture of the house true: an import that crosses it
// shows up here rather than in a review. Tests of a package may import more.
func TestArrows(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		checkImports(t, strings.TrimPrefix(p.ImportPath, module+"/"), p.Imports)
	}
}

func checkImports(t *testing.T, pkg string, imports []string) {
	ours, isPure := pure[pkg]
	if !isPure {
		list, known := allowed[pkg]
		if !known {
			t.Errorf("%s: a new package; say in %s what it may import", pkg, "host/arrows_test.go")
			return
		}
		ours = list
	}
	for _, i := range imports {
		if name, ok := strings.CutPrefix(i, module+"/"); ok {
			_, toPure := pure[name]
			free := toPure && !isPure && !strings.HasPrefix(pkg, "sdk") && !strings.HasPrefix(pkg, "plugins")
			if !free && !slices.Contains(ours, name) {
				t.Errorf("%s imports %s", pkg, name)
			}
			continue
		}
		if !strings.Contains(strings.SplitN(i, "/", 2)[0], ".") {
			continue // the standard library
		}
		if isPure {
			t.Errorf("%s is pure and imports %s", pkg, i)
		}
		for prefix, who := range sole {
			if (i == prefix || strings.HasPrefix(i, prefix+"/")) && !slices.Contains(who, pkg) {
				t.Errorf("%s imports %s, which is for %v", pkg, i, who)
			}
		}
	}
}
