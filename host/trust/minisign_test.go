package trust_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/trust"
)

// The tool verifies what was signed here, with keys that were made here, and signs
// with them.
func TestMinisignReadsOurs(t *testing.T) {
	dir, key, f := t.TempDir(), newKey(t), module(t, "acme", "1.2.0")
	secret, err := key.File("")
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "acme.key", secret)
	put(t, dir, "acme.pub", key.Public().File())
	put(t, dir, "acme.wasm", f.Bytes())
	put(t, dir, "acme.wasm.minisig", sign(t, f, key))
	statement, err := trust.Statement(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-P", key.Public().String()}, {"-p", "acme.pub"}} {
		out, err := minisign(t, dir, "", append([]string{"-Vm", "acme.wasm"}, args...)...)
		if err != nil || !strings.Contains(out, "Trusted comment: "+statement+"\n") {
			t.Errorf("minisign -V %v: %v, %s", args, err, out)
		}
	}
	if out, err := minisign(t, dir, "", "-Sm", "acme.wasm", "-s", "acme.key", "-x", "theirs"); err != nil {
		t.Fatalf("minisign -S: %v, %s", err, out)
	}
	wantSigner(t, f, get(t, filepath.Join(dir, "theirs")), "alice", trusted("alice", key))
}

// What the tool signs is verified here, and its keys are read.
func TestMinisignIsRead(t *testing.T) {
	dir, f := t.TempDir(), module(t, "acme", "")
	put(t, dir, "acme.wasm", f.Bytes())
	if out, err := minisign(t, dir, "", "-GW", "-s", "acme.key", "-p", "acme.pub"); err != nil {
		t.Fatalf("minisign -G: %v, %s", err, out)
	}
	public, err := trust.ParsePublicKey(string(get(t, filepath.Join(dir, "acme.pub"))))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(get(t, filepath.Join(dir, "acme.pub"))); got != string(public.File()) {
		t.Errorf("its file is\n%s\nand ours\n%s", got, public.File())
	}
	secret, err := trust.ParseSecretKey(get(t, filepath.Join(dir, "acme.key")), "")
	if err != nil || secret.Public().String() != public.String() {
		t.Errorf("its secret key is read as that of %s, error %v", secret.Public(), err)
	}
	alice := trust.Key{Name: "alice", Public: public}
	for _, form := range [][]string{{}, {"-l"}, {"-t", "what I say"}} { // -l: without hashing before
		if out, err := minisign(t, dir, "", append([]string{"-Sm", "acme.wasm", "-s", "acme.key"}, form...)...); err != nil {
			t.Fatalf("minisign -S %v: %v, %s", form, err, out)
		}
		text := get(t, filepath.Join(dir, "acme.wasm.minisig"))
		wantSigner(t, f, text, "alice", alice)
		wantFault(t, trust.Bad, module(t, "acme", "2"), text, nil, alice)
	}
	// A statement is what it says wherever it comes from.
	for claim, fault := range map[string]trust.Fault{"sandpiper line=other": trust.Bad, "sandpiper ": trust.Bad, "sandpipers are birds": ""} {
		if out, err := minisign(t, dir, "", "-Sm", "acme.wasm", "-s", "acme.key", "-t", claim); err != nil {
			t.Fatalf("minisign -S: %v, %s", err, out)
		}
		wantFault(t, fault, f, get(t, filepath.Join(dir, "acme.wasm.minisig")), nil, alice)
	}
}

// An encrypted key of few rounds, which both read.
func TestMinisignReadsEncrypted(t *testing.T) {
	file := get(t, "testdata/cheap.key")
	key, err := trust.ParseSecretKey(file, password)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(get(t, "testdata/cheap.pub")); string(key.Public().File()) != want {
		t.Errorf("the public key is\n%s\nwant\n%s", key.Public().File(), want)
	}
	dir := t.TempDir()
	put(t, dir, "m", []byte("m"))
	put(t, dir, "cheap.key", file)
	if out, err := minisign(t, dir, password+"\n", "-Sm", "m", "-s", "cheap.key"); err != nil {
		t.Errorf("minisign -S: %v, %s", err, out)
	}
}
