package build_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

const (
	first = `-- Revision ID: 00000000000a
-- Revises:
-- Create Date: 2026-01-02 03:04:05
-- +upgrade
CREATE TABLE a (n INTEGER);

INSERT INTO a VALUES (1);
-- +downgrade
DROP TABLE a;
`
	second = `-- Revision ID: 000000000001
-- Revises: 00000000000a
-- Depends on: tools@0123456789ab
-- +autocommit begin
VACUUM;
-- +autocommit end
`
)

// folder writes files and returns the folder they are in.
func folder(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func describer(t *testing.T) build.Describer {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

func mustBuild(t *testing.T, dir string, opts build.Options) *build.Module {
	t.Helper()
	m, err := build.Build(context.Background(), dir, describer(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFolderOfSQL(t *testing.T) {
	dir := folder(t, "shop", map[string]string{
		// By name the child comes first; by its parents it does not.
		"versions/sqlite/a_child.sql":   second,
		"versions/sqlite/b_base.sql":    first,
		"versions/postgresql/base.sql":  first,
		"versions/sqlite/.hidden.sql":   "not a migration",
		"versions/sqlite/README.md":     "nor this",
		"MIGRATION-NOTES.md":            "",
		"versions/sqlite/drafts/ab.sql": "nor what is in a folder",
	})
	m := mustBuild(t, dir, build.Options{Version: "1.0"})
	if m.Manifest.Name != "shop" || m.Manifest.Version != "1.0" || m.Manifest.Line != chain.DefaultLine {
		t.Errorf("name %q, version %q, line %q", m.Manifest.Name, m.Manifest.Version, m.Manifest.Line)
	}
	var got []string
	for _, r := range m.Manifest.Revisions {
		got = append(got, r.Dialect+" "+r.ID)
	}
	if want := []string{"postgresql 00000000000a", "sqlite 00000000000a", "sqlite 000000000001"}; !slices.Equal(got, want) {
		t.Errorf("revisions %q, want %q", got, want)
	}
	base, child := m.Manifest.Revisions[1], m.Manifest.Revisions[2]
	if base.Source != "versions/sqlite/b_base.sql" || base.Created != "2026-01-02T03:04:05Z" || base.Irreversible ||
		base.Digest != chain.Digest([]byte(first)) || !slices.Equal(base.UpgradeLines, []int{5, 7}) || !slices.Equal(base.DowngradeLines, []int{9}) {
		t.Errorf("the base is %+v", base)
	}
	if !child.Irreversible || !slices.Equal(child.Revises, []string{"00000000000a"}) || !slices.Equal(child.DependsOn, []string{"tools@0123456789ab"}) {
		t.Errorf("the child is %+v", child)
	}
	f, err := wasmfile.Open(m.Bytes)
	if err != nil || f.Check() != nil || f.Digest() != m.Digest {
		t.Errorf("the module does not hold: %v, %v, digest %s", err, f.Check(), f.Digest())
	}
}

func TestSameFolderSameBytes(t *testing.T) {
	files := map[string]string{"sqlite/a.sql": first, "sqlite/b.sql": second}
	a := mustBuild(t, filepath.Join(folder(t, "x", files), "sqlite"), build.Options{})
	b := mustBuild(t, filepath.Join(folder(t, "y", files), "sqlite"), build.Options{})
	if !bytes.Equal(a.Bytes, b.Bytes) {
		t.Error("two builds of the same files differ")
	}
}

func TestFolderForOneDialect(t *testing.T) {
	dir := folder(t, "shop", map[string]string{"a.sql": first})
	m := mustBuild(t, dir, build.Options{Dialect: chain.PostgreSQL, Line: "acme", Name: "Acme"})
	if r := m.Manifest.Revisions[0]; r.Dialect != "postgresql" || m.Manifest.Line != "acme" || m.Manifest.Name != "Acme" {
		t.Errorf("dialect %q, line %q, name %q", r.Dialect, m.Manifest.Line, m.Manifest.Name)
	}
}

func TestCapabilities(t *testing.T) {
	dir := folder(t, "acme", map[string]string{"versions/sqlite/a.sql": first})
	asked := abi.Capabilities{Owns: []string{"acme_*"}, Rows: 10}
	m := mustBuild(t, dir, build.Options{Line: "acme", Capabilities: asked})
	f, err := wasmfile.Open(m.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := f.Manifest(); err != nil || !reflect.DeepEqual(read.Capabilities, asked) {
		t.Errorf("the module asks for %+v (%v)", read.Capabilities, err)
	}
	var own *build.CapabilitiesError
	if _, err := build.Build(context.Background(), dir, describer(t), build.Options{Capabilities: asked}); !errors.As(err, &own) {
		t.Errorf("error %v, want a CapabilitiesError: the line is main", err)
	}
	if _, err := build.Build(context.Background(), dir, describer(t), build.Options{Line: "acme", Capabilities: abi.Capabilities{Owns: []string{"*"}}}); err == nil {
		t.Error("a module that asks for every table was built")
	}
	for _, line := range []string{"we\"ird", "-x", "base", strings.Repeat("x", 61)} {
		if _, err := build.Build(context.Background(), dir, describer(t), build.Options{Line: line}); err == nil || !strings.Contains(err.Error(), "cannot be the name of a line") {
			t.Errorf("line %q: error %v", line, err)
		}
	}
}

func TestBadSources(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing parent", map[string]string{"versions/sqlite/a.sql": second}, "versions/sqlite/a.sql: "},
		{"one id twice", map[string]string{"versions/sqlite/a.sql": first, "versions/sqlite/b.sql": first}, "versions/sqlite/"},
		{"no header", map[string]string{"versions/sqlite/a.sql": "SELECT 1;"}, "versions/sqlite/a.sql: no revision id"},
		{"unterminated string", map[string]string{"versions/sqlite/a.sql": first + "SELECT 'x"}, "versions/sqlite/a.sql:10: "},
		{"a module among the files", map[string]string{"versions/sqlite/a.wasm": "\x00asm"}, "versions/sqlite/a.wasm is a module already"},
		{"a module for both dialects", map[string]string{"versions/a.wasm": "\x00asm", "versions/sqlite/a.sql": first}, "versions/a.wasm is a module already"},
		{"nothing in it", map[string]string{"versions/sqlite/README.md": ""}, "holds no migrations"},
		{"two lines", map[string]string{"versions/sqlite/a.sql": "-- Line: reports\n" + first}, "it is of the line reports"},
		{"which dialect", map[string]string{"a.sql": first}, "--dialect"},
		{"not Go that compiles", map[string]string{"main.go": "package main\nfunc main() { nonsense() }\n", "go.mod": "module x\n"}, "undefined: nonsense"},
		{"not a program", map[string]string{"lib.go": "package lib\n", "go.mod": "module x\n"}, "requires exactly one main package"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOFLAGS", "")
			t.Setenv("GOWORK", "off")
			t.Setenv("GOPROXY", "off")
			_, err := build.Build(context.Background(), folder(t, "shop", c.files), describer(t), build.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestBadModules(t *testing.T) {
	for name, module := range map[string]string{
		"not wasm":  "SELECT 1",
		"no guest":  "\x00asm\x01\x00\x00\x00",
		"truncated": "\x00asm\x01\x00\x00\x00\x01\x7f",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(folder(t, "x", map[string]string{"a.wasm": module}), "a.wasm")
			if _, err := build.Build(context.Background(), file, describer(t), build.Options{}); err == nil {
				t.Error("it was built")
			}
		})
	}
}

func TestNoToolchain(t *testing.T) {
	dir := folder(t, "x", map[string]string{"main.go": "package main\n"})
	t.Setenv("PATH", t.TempDir())
	_, err := build.Build(context.Background(), dir, describer(t), build.Options{})
	var missing *build.ToolchainError
	if !errors.As(err, &missing) {
		t.Errorf("error %v, want a ToolchainError", err)
	}
}

func TestBuildIsCancelled(t *testing.T) {
	dir := folder(t, "x", map[string]string{"main.go": "package main\nfunc main() {}\n", "go.mod": "module x\n"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := build.Build(ctx, dir, describer(t), build.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestWriteLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	m := &build.Module{Bytes: []byte("new")}
	name := filepath.Join(dir, "x.wasm")
	if err := os.WriteFile(name, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(name); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(name); string(b) != "new" {
		t.Errorf("the file holds %q", b)
	}
	// A folder cannot be replaced by a file.
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(taken); err == nil {
		t.Error("a folder was written over")
	}
	if err := m.Write(filepath.Join(dir, "nowhere", "x.wasm")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
}
