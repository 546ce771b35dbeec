package trust_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/trust"
)

func TestKeysGoThroughFiles(t *testing.T) {
	key := newKey(t)
	file, err := key.File("")
	if err != nil {
		t.Fatal(err)
	}
	if trust.Encrypted(file) {
		t.Error("encrypted without a password")
	}
	for name, text := range map[string]string{"as written": string(file), "CRLF": strings.ReplaceAll(string(file), "\n", "\r\n"), "trimmed": strings.TrimSpace(string(file))} {
		again, err := trust.ParseSecretKey([]byte(text), "")
		if err != nil || again.Public().String() != key.Public().String() {
			t.Errorf("%s: read as the key of %s, error %v; want %s", name, again.Public(), err, key.Public())
		}
	}
	public := string(key.Public().File())
	for name, text := range map[string]string{"as written": public, "CRLF": strings.ReplaceAll(public, "\n", "\r\n"), "alone": key.Public().String(), "white space": "  " + key.Public().String() + "\n\n"} {
		if got, err := trust.ParsePublicKey(text); err != nil || got.String() != key.Public().String() {
			t.Errorf("%s: read as %s, error %v; want %s", name, got, err, key.Public())
		}
	}
}

func TestPublicKeyIsRefused(t *testing.T) {
	key := newKey(t)
	secret, err := key.File("")
	if err != nil {
		t.Fatal(err)
	}
	good := key.Public().String()
	other := base64.StdEncoding.EncodeToString(append([]byte("EX"), make([]byte, 40)...))
	for name, c := range map[string]struct{ text, want string }{
		"nothing":        {"", "not a public key of minisign"},
		"cut off":        {good[:50], "a line of 56 characters"},
		"too long":       {good + "AAAA", "a line of 56 characters"},
		"two":            {good + "\n" + good, "not a public key"},
		"another kind":   {other, "not a public key"},
		"a secret key":   {string(secret), "it is a secret key: give away the .pub file"},
		"its line alone": {strings.Split(string(secret), "\n")[1], "it is a secret key"},
		"SSH":            {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI alice", "it is a key of SSH"},
		"PEM":            {"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "PEM"},
		"a signature":    {string(sign(t, module(t, "acme", ""), key)), "it is a signature"},
		"huge":           {strings.Repeat("A", trust.MaxKeyFile+1), "too much for a key"},
		"no text":        {"\x00\xff", "not a public key"},
	} {
		if got, err := trust.ParsePublicKey(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: read as %s, error %v, want %s", name, got, err, c.want)
		}
	}
}

func TestSecretKeyIsRefused(t *testing.T) {
	cheap := string(get(t, "testdata/cheap.key"))
	comment, line, _ := strings.Cut(strings.TrimSpace(cheap), "\n")
	key := newKey(t)
	plain, err := key.File("")
	if err != nil {
		t.Fatal(err)
	}
	// edit changes a byte of what the base64 of a key holds.
	edit := func(file string, at int) string {
		comment, line, _ := strings.Cut(strings.TrimSpace(file), "\n")
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		raw[at] ^= 0x10
		return comment + "\n" + base64.StdEncoding.EncodeToString(raw) + "\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing":               {"", "not a secret key of minisign"},
		"cut off":               {comment + "\n" + line[:100], "it is cut off"},
		"cut off in a byte":     {comment + "\n" + line[:101], "it is cut off"},
		"the comment alone":     {comment, "it is cut off"},
		"a public key":          {string(get(t, "testdata/cheap.pub")), "it is a public key; sign with the secret one"},
		"SSH":                   {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", "it is a key of SSH"},
		"PEM":                   {"-----BEGIN PRIVATE KEY-----\nMC4C\n", "PEM"},
		"another algorithm":     {edit(cheap, 0), "of another kind"},
		"another checksum":      {edit(cheap, 4), "of another kind"},
		"another derivation":    {edit(cheap, 2), "encrypted in a way that minisign does not use"},
		"an edited key":         {edit(cheap, 60), trust.ErrPassword.Error()},
		"unbounded cost":        {edit(cheap, 45), trust.ErrPassword.Error()},
		"unbounded memory":      {edit(cheap, 53), trust.ErrPassword.Error()},
		"an edited plain key":   {edit(string(plain), 70), "its two halves do not belong together"},
		"an edited public half": {edit(string(plain), 100), "its two halves do not belong together"},
	} {
		if _, err := trust.ParseSecretKey([]byte(c.text), password); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	for _, wrong := range []string{"", "wrong", password + " "} {
		if _, err := trust.ParseSecretKey([]byte(cheap), wrong); !errors.Is(err, trust.ErrPassword) {
			t.Errorf("password %q: error %v", wrong, err)
		}
	}
}
