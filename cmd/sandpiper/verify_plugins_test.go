package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// TestVerifyPlugins changes what verify compares of a plugin, one thing at a time.
func TestVerifyPlugins(t *testing.T) {
	key, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	settings := "[plugins.acme]\nmodule = \"plugins/acme.wasm\"\nowns = [\"acme_*\"]\n\n[trust.alice]\nkey = \"" + key.Public().String() + "\"\n"
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   string // of the problem, "" if there is none
	}{
		"nothing": {func(*testing.T, string) {}, ""},
		"another module": {func(t *testing.T, dir string) { vendorModule(t, filepath.Join(dir, "plugins"), "acme", "1.1") },
			"its signature is for another module"},
		"another module, signed": {func(t *testing.T, dir string) {
			signFile(t, vendorModule(t, filepath.Join(dir, "plugins"), "acme", "1.1"), key)
		}, "it is not the module that sandpiper.lock pins"},
		"no signature, which the lock makes up for": {func(t *testing.T, dir string) { removeFile(t, dir, "plugins/acme.wasm.minisig") }, ""},
		"a revoked key": {func(t *testing.T, dir string) {
			putFile(t, dir, configName, []byte(settings+"revoked = true\n"))
		}, "it is signed with the key of alice, which is revoked"},
		"a revoked key, and no signature": {func(t *testing.T, dir string) {
			removeFile(t, dir, "plugins/acme.wasm.minisig")
			putFile(t, dir, configName, []byte(settings+"revoked = true\n"))
		}, "it is signed with the key of alice, which is revoked"},
		"no module": {func(t *testing.T, dir string) { removeFile(t, dir, "plugins/acme.wasm") }, "the module cannot be read"},
		"other grants": {func(t *testing.T, dir string) {
			putFile(t, dir, configName, []byte(strings.Replace(settings, "acme_*", "ac*", 1)))
		}, "its grants are not those that"},
		"no pin": {func(t *testing.T, dir string) { pinModule(t, dir, nil) },
			"does not pin it: look at what it may do"},
		"no plugin": {func(t *testing.T, dir string) { putFile(t, dir, configName, nil) }, "it pins a plugin that sandpiper.toml does not have"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, folder := range []string{"plugins", "versions/sqlite"} {
				if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			putFile(t, dir, configName, []byte(settings))
			putFile(t, dir, "versions/sqlite/2026_01_01_000000_000000000001_a.sql",
				[]byte("-- Revision ID: 000000000001\n-- Revises:\n-- Created: 2026-01-01T00:00:00Z\n-- +upgrade\nCREATE TABLE a (n INTEGER);\n-- +downgrade\nDROP TABLE a;\n"))
			module := vendorModule(t, filepath.Join(dir, "plugins"), "acme", "1.0")
			signFile(t, module, key)
			m, err := openModule(module)
			if err != nil {
				t.Fatal(err)
			}
			granted := abi.Capabilities{Owns: []string{"acme_*"}}
			pinModule(t, dir, &chain.PluginPin{Line: "acme", Version: "1.0", Module: m.file.Digest(), Signer: key.Public().String(), Grants: trust.Digest(&granted)})
			c.change(t, dir)

			var out, said bytes.Buffer
			code := run([]string{"verify", "--offline", "--config", filepath.Join(dir, configName), "--dir", dir}, strings.NewReader(""), &out, &said)
			switch {
			case c.want == "" && code != exitOK:
				t.Errorf("exit code %d\n%s%s", code, &out, &said)
			case c.want != "" && (code != exitProblems || !strings.Contains(out.String(), c.want) || !strings.Contains(out.String(), "1 revision: 1 problem\n")):
				t.Errorf("exit code %d, want %d and %q\n%s%s", code, exitProblems, c.want, &out, &said)
			}
		})
	}
}

func signFile(t *testing.T, module string, key trust.SecretKey) {
	t.Helper()
	m, err := openModule(module)
	if err != nil {
		t.Fatal(err)
	}
	text, err := trust.Sign(m.file, key)
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Dir(module), filepath.Base(module)+trust.Extension, text)
}

func removeFile(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
		t.Fatal(err)
	}
}

// pinModule writes a lock file for a folder, with a plugin if there is one.
func pinModule(t *testing.T, dir string, pin *chain.PluginPin) {
	t.Helper()
	a := &app{}
	a.flags.config, a.flags.dir = filepath.Join(dir, configName), dir
	c, err := a.wholeChains()
	if err != nil {
		t.Fatal(err)
	}
	lock := (&author.Folder{Dir: dir, Graphs: c.folder.Graphs}).Relock(func(chain.Dialect, chain.Key) bool { return true })
	if pin != nil {
		if lock, err = lock.WithPlugin(*pin); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.folder.WriteLock(lock); err != nil {
		t.Fatal(err)
	}
}
