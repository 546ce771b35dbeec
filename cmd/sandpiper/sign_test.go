package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// vendorModule makes a module of a line, and returns its name.
func vendorModule(t *testing.T, dir, line, version string) string {
	t.Helper()
	module, err := wasmfile.Assemble(
		[]wasmfile.Step{{Upgrade: []wasmfile.Op{{Kind: wasmfile.OpExec, Text: "CREATE TABLE acme_t (id integer)"}}}},
		abi.Manifest{Manifest: 1, ABI: abi.Version, Line: line, Version: version, Capabilities: abi.Capabilities{Owns: []string{"acme_*"}},
			Revisions: []abi.Revision{{Dialect: abi.SQLite, ID: "aaaaaaaaaaaa", Slug: "begin"}}})
	if err != nil {
		t.Fatal(err)
	}
	return putFile(t, dir, line+".wasm", module)
}

func putFile(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestKeyWithPassword makes a key with a password, and minisign signs with it. The
// password has its full cost here. The key is made by another process, without the
// race detector, which makes that ten times as high.
func TestKeyWithPassword(t *testing.T) {
	program, dir := buildPlain(t), t.TempDir()
	module := vendorModule(t, dir, "acme", "1.0")
	call := func(input, program string, args ...string) string {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Stdin, cmd.Env = dir, strings.NewReader(input), append(os.Environ(), passwordEnv+"=sesame")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", program, args, err, out)
		}
		return string(out)
	}
	call("", program, "keygen", "acme")
	key, err := os.ReadFile(filepath.Join(dir, "acme.key"))
	if err != nil || !trust.Encrypted(key) {
		t.Fatalf("the key is not encrypted, error %v:\n%s", err, key)
	}
	call("sesame\n", "minisign", "-Sm", module, "-s", "acme.key")
	if out := call("", program, "verify", module, "--key", "acme.pub"); !strings.Contains(out, "\n  signed  with RW") {
		t.Errorf("verified as\n%s", out)
	}
}

// TestPasswordIsNotPiped: standard input that is no terminal has no password in it.
func TestPasswordIsNotPiped(t *testing.T) {
	dir := t.TempDir()
	var out, said bytes.Buffer
	code := run([]string{"keygen", filepath.Join(dir, "acme")}, strings.NewReader("sesame\nsesame\n"), &out, &said)
	if code != exitUsage || !strings.Contains(said.String(), passwordEnv) {
		t.Errorf("exit code %d, %s%s", code, &out, &said)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("the folder holds %v, error %v", files, err)
	}
}

// TestTrustAtOnce adds keys by several processes at once: each of them stays.
func TestTrustAtOnce(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	names := []string{"ann", "bob", "cid", "dan"}
	for _, name := range names {
		key, err := trust.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sandpiper", "trust", "add", name, key.Public().String())
		cmd.Dir = dir
		group.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		})
	}
	group.Wait()
	config, err := readConfig(filepath.Join(dir, configName))
	if err != nil || len(config.Trust) != len(names) {
		t.Errorf("trusted are %v, error %v", config.Trust, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v, error %v", files, err)
	}
}
