package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestRehash(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (n INTEGER);")
		f.write(rev2, "CREATE TABLE b (n INTEGER);")
		f.upgrade()
		f.put(rev1, "", "CREATE TABLE a (n INTEGER); -- edited")
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); !errors.As(err, new(*host.EditedError)) {
			t.Fatalf("an edited file: %v, want an EditedError", err)
		}

		r := f.runner(host.Config{})
		key := chain.Key{Line: chain.DefaultLine, ID: rev1}
		entry, err := r.Rehash(t.Context(), key, "a comment")
		if err != nil {
			t.Fatal(err)
		}
		now, _ := r.Graph().Revision(key)
		if entry.Digest != now.Digest || entry.Action != host.ActionRehash {
			t.Errorf("the entry is %+v, want the digest %s", entry, now.Digest)
		}
		if result := f.upgrade(); len(result.Applied) > 0 || len(result.Heads[chain.DefaultLine]) != 1 || result.Heads[chain.DefaultLine][0] != rev2 {
			t.Errorf("an upgrade afterwards did %v", result)
		}
		entries, err := r.History(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 3 || entries[0].Reason != "a comment" || entries[2].Digest == now.Digest {
			t.Errorf("the history is %+v, want a third entry and the first as it was", entries)
		}
	})
}

func TestRehashIsRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (n INTEGER);")
		r := f.runner(host.Config{})
		key := chain.Key{Line: chain.DefaultLine, ID: rev1}
		if _, err := r.Rehash(t.Context(), key, "why"); !errors.As(err, new(*host.NotAppliedError)) {
			t.Errorf("not applied: %v", err)
		}
		f.upgrade()
		for _, reason := range []string{"", "  ", "two\nlines", "\xff", strings.Repeat("a", 1001)} {
			if _, err := r.Rehash(t.Context(), key, reason); err == nil {
				t.Errorf("the reason %.20q was accepted", reason)
			}
		}
		if _, err := r.Rehash(t.Context(), chain.Key{Line: chain.DefaultLine, ID: rev2}, "why"); !errors.As(err, new(*chain.UnknownError)) {
			t.Errorf("an unknown revision: %v", err)
		}
		f.put(rev1, "", "CREATE TABLE a (n INTEGER); SELECT 'never closed")
		var parse *chain.ParseError
		if _, err := f.runner(host.Config{}).Rehash(t.Context(), key, "why"); !errors.As(err, &parse) {
			t.Errorf("a file that cannot be read: %v", err)
		}
		if entries, err := r.History(t.Context(), 0); err != nil || len(entries) != 1 {
			t.Errorf("the history has %d entries, %v, want the upgrade alone", len(entries), err)
		}
	})
}
