package author_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A lock file that is begun for a plugin has everything that Check asks for, and
// what writes revisions later keeps the plugin.
func TestPinPlugin(t *testing.T) {
	dir := workspace(t)
	folder := open(t, dir)
	folder.Lock = nil
	pin := chain.PluginPin{Line: "acme", Version: "1.0", Module: chain.Digest(nil), Grants: chain.Digest(nil)}
	lock, err := folder.PinPlugin(pin)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteLock(lock); err != nil {
		t.Fatal(err)
	}
	if problems := open(t, dir).Check(); len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	write(t, dir, author.Draft{Message: "more"})
	folder = open(t, dir)
	if got, ok := folder.Lock.Plugin("acme"); !ok || got != pin {
		t.Errorf("after another revision acme is pinned as %v", got)
	}
	if problems := folder.Check(); len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	if _, err := folder.PinPlugin(chain.PluginPin{Line: "acme"}); err == nil {
		t.Error("a plugin without digests was pinned")
	}
}
