package trust_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

func wantSigner(t *testing.T, f *wasmfile.File, text []byte, name string, keys ...trust.Key) {
	t.Helper()
	signer, err := trust.Check(f, text, keys, nil)
	if err != nil || signer.Name != name {
		t.Errorf("signed by %q, error %v, want %q", signer.Name, err, name)
	}
}

// wantFault checks that a module is refused for a reason, or not if that is "".
func wantFault(t *testing.T, want trust.Fault, f *wasmfile.File, text []byte, pin *chain.PluginPin, keys ...trust.Key) *trust.Error {
	t.Helper()
	signer, err := trust.Check(f, text, keys, pin)
	if want == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return nil
	}
	var e *trust.Error
	if !errors.As(err, &e) || e.Fault != want {
		t.Errorf("error %v by %v, want one that is %s", err, signer, want)
		return nil
	}
	if e.Msg == "" || e.Next == "" {
		t.Errorf("an error that does not say what to do: %+v", e)
	}
	return e
}

func TestStatement(t *testing.T) {
	f := module(t, "acme", "1.2.0")
	text := string(sign(t, f, newKey(t)))
	m, err := f.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	want := "trusted comment: sandpiper line=acme version=1.2.0 digest=" + f.Digest() + " abi=1.0 capabilities=" + chain.Digest([]byte(`{"owns":["acme_*"]}`))
	if got := strings.Split(text, "\n")[2]; got != want {
		t.Errorf("the statement\n%s\nwant\n%s", got, want)
	}
	if got := trust.Digest(&m.Capabilities); !strings.HasSuffix(want, got) {
		t.Errorf("the digest of the capabilities is %s", got)
	}
	// Whatever a manifest says, the statement is one line of words.
	for version, want := range map[string]string{"": "-", "-": "%2D", "1 2 x=y": "1%202%20x=y", "\u2003": "%E2%80%83"} {
		statement, err := trust.Statement(module(t, "acme", version))
		if err != nil || !strings.HasPrefix(statement, "sandpiper line=acme version="+want+" digest=sha256:") || len(strings.Fields(statement)) != 6 {
			t.Errorf("version %q: %q, error %v", version, statement, err)
		}
	}
}

func TestCheck(t *testing.T) {
	f, other := module(t, "acme", "1"), module(t, "acme", "2")
	alice, bob, mallory := newKey(t), newKey(t), newKey(t)
	keys := []trust.Key{trusted("bob", bob), trusted("alice", alice)}
	gone := trust.Key{Name: "alice", Public: alice.Public(), Revoked: true}
	text := sign(t, f, alice)
	if again := sign(t, f, alice); string(again) != string(text) {
		t.Error("signed twice, and not the same")
	}
	alicesPin, noPin := pinned(f, "acme", alice.Public().String()), pinned(f, "acme", "")

	signer, err := trust.Check(f, text, keys, nil)
	statement, _ := trust.Statement(f)
	if want := (trust.Signer{Name: "alice", Key: alice.Public().String(), Comment: statement}); err != nil || signer != want {
		t.Errorf("signed by %v, error %v, want %v", signer, err, want)
	}
	wantFault(t, "", f, text, alicesPin, keys...)
	wantFault(t, "", f, text, noPin, keys...)

	// What is pinned needs no signature; who had signed it is remembered.
	if signer, err := trust.Check(f, nil, keys, alicesPin); err != nil || signer.Name != "alice" || signer.Key != alice.Public().String() {
		t.Errorf("pinned: signed by %v, error %v", signer, err)
	}
	if signer, err := trust.Check(f, nil, nil, alicesPin); err != nil || signer != (trust.Signer{Key: alice.Public().String()}) {
		t.Errorf("pinned, and its key is gone: signed by %v, error %v", signer, err)
	}
	if signer, err := trust.Check(f, sign(t, f, mallory), keys, noPin); err != nil || signer != (trust.Signer{}) {
		t.Errorf("pinned, and signed by a stranger: signed by %v, error %v", signer, err)
	}

	wantFault(t, trust.Unsigned, f, nil, nil, keys...)
	if e := wantFault(t, trust.Unknown, f, sign(t, f, mallory), nil, keys...); e != nil && e.Key != mallory.Public().ID() {
		t.Errorf("the key of a stranger is %s, want %s", e.Key, mallory.Public().ID())
	}
	for name, pin := range map[string]*chain.PluginPin{"nothing": nil, "it": alicesPin, "it, unsigned": noPin} {
		t.Run("pins "+name, func(t *testing.T) {
			// A signature that is there has to be right.
			wantFault(t, trust.Bad, f, sign(t, other, alice), pin, keys...)
			wantFault(t, trust.Bad, f, sign(t, other, mallory), pin, keys...)
			wantFault(t, trust.Bad, f, []byte("nothing\n"), pin, keys...)
			wantFault(t, trust.Bad, f, []byte{}, pin, keys...)
			wantFault(t, trust.Revoked, f, text, pin, keys[0], gone)
			wantFault(t, "", f, sign(t, f, bob), pin, keys[0], gone)
		})
	}
	// To take its signature away does not help a revoked key.
	wantFault(t, trust.Revoked, f, nil, alicesPin, keys[0], gone)
	wantFault(t, "", f, nil, noPin, keys[0], gone)

	if e := wantFault(t, trust.Changed, other, sign(t, other, alice), alicesPin, keys...); e != nil && !strings.Contains(e.Next, "sandpiper plugin update acme") {
		t.Errorf("next: %s", e.Next)
	}
	wantFault(t, trust.Changed, other, nil, alicesPin, keys...)
	wantFault(t, trust.Changed, f, text, pinned(f, "other", ""), keys...)
}

// Each part of a signature's file counts, but for the comment that is not signed.
func TestSignatureIsEdited(t *testing.T) {
	f, alice := module(t, "acme", "1.2.0"), newKey(t)
	good := string(sign(t, f, alice))
	lines := strings.SplitAfter(good, "\n")
	another := strings.SplitAfter(string(sign(t, module(t, "acme", "2"), alice)), "\n")
	for name, c := range map[string]struct {
		text  string
		fault trust.Fault
	}{
		"as it was":           {good, ""},
		"CRLF":                {strings.ReplaceAll(good, "\n", "\r\n"), ""},
		"the free comment":    {"untrusted comment: hello\n" + lines[1] + lines[2] + lines[3], ""},
		"a version":           {strings.Replace(good, "version=1.2.0", "version=1.2.1", 1), trust.Bad},
		"a plain comment":     {lines[0] + lines[1] + "trusted comment: hello\n" + lines[3], trust.Bad},
		"another's comment":   {lines[0] + lines[1] + another[2] + another[3], trust.Bad},
		"another's signature": {lines[0] + another[1] + lines[2] + lines[3], trust.Bad},
		"a line break":        {strings.Replace(good, " version=", "\nversion=", 1), trust.Bad},
		"a carriage return":   {strings.Replace(good, " version=", "\rversion=", 1), trust.Bad},
		"words after":         {strings.TrimSuffix(lines[0]+lines[1]+lines[2], "\n") + " more\n" + lines[3], trust.Bad},
		"text after":          {good + "more\n", trust.Bad},
		"a line missing":      {lines[0] + lines[1] + lines[2], trust.Bad},
		"cut off":             {good[:len(good)-10], trust.Bad},
		"no free comment":     {lines[1] + lines[2] + lines[3], trust.Bad},
		"a public key":        {string(alice.Public().File()), trust.Bad},
		"huge":                {"untrusted comment: " + strings.Repeat("x", trust.MaxSignature) + "\n" + lines[1] + lines[2] + lines[3], trust.Bad},
		"zeros":               {strings.Repeat("\x00", 300), trust.Bad},
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, c.fault, f, []byte(c.text), nil, trusted("alice", alice))
			wantFault(t, c.fault, f, []byte(c.text), pinned(f, "acme", alice.Public().String()), trusted("alice", alice))
		})
	}
}

// FuzzSignature: whatever a signature's file holds, it is read without a crash,
// and vouches for the module only if it is the signature.
func FuzzSignature(f *testing.F) {
	m := module(f, "acme", "1.2.0")
	key, err := trust.ParseSecretKey(get(f, "testdata/cheap.key"), password)
	if err != nil {
		f.Fatal(err)
	}
	good := sign(f, m, key)
	_, signed, _ := strings.Cut(string(good), "\n")
	f.Add(good)
	f.Add([]byte(strings.ReplaceAll(string(good), "\n", "\r\n")))
	f.Add(sign(f, module(f, "acme", "2"), key))
	f.Add(key.Public().File())
	f.Add([]byte("untrusted comment: \n\ntrusted comment: \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		signer, err := trust.Check(m, text, []trust.Key{trusted("alice", key)}, nil)
		if err != nil {
			var e *trust.Error
			if !errors.As(err, &e) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		_, rest, _ := strings.Cut(string(text), "\n")
		if signer.Name != "alice" || strings.Join(strings.Fields(rest), " ") != strings.Join(strings.Fields(signed), " ") {
			t.Fatalf("signed by %v: %q", signer, text)
		}
	})
}

// What a signature is of is told from what was done to it.
func TestEditedIsNotAnother(t *testing.T) {
	alice, f := newKey(t), module(t, "acme", "1.2.0")
	good := string(sign(t, f, alice))
	for name, c := range map[string]struct{ text, want string }{
		"edited":            {strings.Replace(good, "version=1.2.0", "version=1.2.1", 1), `its signature was edited: it is of this module, and says "version=1.2.1", which is not so`},
		"of another module": {string(sign(t, module(t, "acme", "1.2.1"), alice)), `its signature is for another module: it says "version=1.2.1", which is not so of this one`},
	} {
		if _, err := trust.Check(f, []byte(c.text), []trust.Key{trusted("alice", alice)}, nil); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}
