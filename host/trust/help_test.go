package trust_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The password of testdata/cheap.key, whose derivation costs little.
const password = "correct horse"

// module makes a module.
func module(t testing.TB, line, version string) *wasmfile.File {
	t.Helper()
	b, err := wasmfile.Assemble(
		[]wasmfile.Step{{Upgrade: []wasmfile.Op{{Kind: wasmfile.OpExec, Text: "CREATE TABLE acme_t (id integer)"}}}},
		abi.Manifest{Manifest: 1, ABI: abi.Version, Line: line, Version: version, Capabilities: abi.Capabilities{Owns: []string{"acme_*"}},
			Revisions: []abi.Revision{{Dialect: abi.SQLite, ID: "aaaaaaaaaaaa", Slug: "begin"}}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := wasmfile.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newKey(t testing.TB) trust.SecretKey {
	t.Helper()
	k, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, f *wasmfile.File, k trust.SecretKey) []byte {
	t.Helper()
	text, err := trust.Sign(f, k)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func trusted(name string, k trust.SecretKey) trust.Key {
	return trust.Key{Name: name, Public: k.Public()}
}

func pinned(f *wasmfile.File, line string, signer string) *chain.PluginPin {
	return &chain.PluginPin{Line: line, Module: f.Digest(), Signer: signer}
}

// minisign runs the tool, with a password on its standard input, and returns
// what it prints.
func minisign(t *testing.T, dir, input string, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("minisign")
	if err != nil {
		t.Fatal("minisign is needed, a package of Debian: ", err)
	}
	cmd := exec.Command(tool, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// put writes a file into a folder.
func put(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
