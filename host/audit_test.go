package host_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestAuditPlugins(t *testing.T) {
	const one, two = "sha256:1111111111111111111111111111111111111111111111111111111111111111", "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	run := func(action host.Action, id, module, signer, grants string) host.Entry {
		return host.Entry{Key: chain.Key{Line: "acme", ID: id}, Action: action, Module: module, Signer: signer, Grants: grants}
	}
	const owns = `{"owns":["acme_*"]}`
	up := run(host.ActionUpgrade, "0000000000a1", one, "alice", owns)
	down := run(host.ActionDowngrade, "0000000000a1", one, "alice", owns)
	purge := run(host.ActionPurge, "", "", "", "")
	own := host.Entry{Key: chain.Key{Line: "main", ID: "000000000001"}, Action: host.ActionUpgrade}
	plugin := func(digest, signer string, allowed abi.Capabilities, refused error) []host.AtHand {
		grants, err := policy.New("acme", allowed)
		if err != nil {
			t.Fatal(err)
		}
		return []host.AtHand{{Plugin: host.Plugin{Path: "acme.wasm", Grants: grants, Signer: signer}, Digest: digest, Refused: refused}}
	}
	acme := abi.Capabilities{Owns: []string{"acme_*"}}
	for name, c := range map[string]struct {
		history  []host.Entry // newest first
		atHand   []host.AtHand
		runs     int
		problems []string // rule and a part of the message
		remarks  []string
	}{
		"as it ran":              {[]host.Entry{own, up, own}, plugin(one, "alice", acme, nil), 1, nil, nil},
		"nothing but its own":    {[]host.Entry{own}, nil, 0, nil, nil},
		"undone and removed":     {[]host.Entry{down, up}, nil, 2, nil, nil},
		"purged and removed":     {[]host.Entry{purge, up}, nil, 2, nil, nil},
		"removed":                {[]host.Entry{up}, nil, 1, []string{"plugin: the database has 1 revision of line acme, and there is no plugin acme"}, nil},
		"another file, unsigned": {[]host.Entry{up}, plugin(two, "", acme, nil), 1, []string{"module: it ran as module 111111111111, and 222222222222 is here"}, nil},
		"signed by another":      {[]host.Entry{up}, plugin(two, "bob", acme, nil), 1, []string{"module: it ran as module"}, nil},
		"signed by the same":     {[]host.Entry{up}, plugin(two, "alice", acme, nil), 1, nil, []string{"signed by the same key"}},
		"only the last run counts": {
			[]host.Entry{run(host.ActionUpgrade, "0000000000a2", two, "alice", owns), up}, plugin(two, "", acme, nil), 2, nil, nil,
		},
		"a run would not take it": {
			[]host.Entry{up}, plugin("", "", acme, errors.New("its file is gone")), 1, []string{"plugin: its file is gone"}, nil,
		},
		"more granted": {
			[]host.Entry{up}, plugin(one, "alice", abi.Capabilities{Owns: []string{"acme_*"}, Functions: []string{"f"}}, nil), 1, nil,
			[]string{"granted more than when it ran last: calls the function f"},
		},
		"less granted": {
			[]host.Entry{up}, plugin(one, "alice", abi.Capabilities{Owns: []string{"acme_t"}}, nil), 1, nil,
			[]string{"no longer granted what it had when it ran last: owns the tables and views named acme_*"},
		},
		"a signer who is not trusted": {
			[]host.Entry{run(host.ActionUpgrade, "0000000000a1", one, "mallory", owns)}, plugin(one, "", acme, nil), 1,
			[]string{"signer: what it signed has run here, and is applied: mallory is revoked"}, nil,
		},
		"grants that nobody wrote": {
			[]host.Entry{run(host.ActionUpgrade, "0000000000a1", one, "alice", "all of it")}, plugin(one, "alice", acme, nil), 1,
			[]string{"grants: the grants that the ledger has cannot be read"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			trusted := func(signer string) error {
				if signer == "mallory" {
					return errors.New("mallory is revoked")
				}
				return nil
			}
			a := host.AuditPlugins(c.history, c.atHand, trusted)
			var problems []string
			for _, p := range a.Problems {
				problems = append(problems, string(p.Rule)+": "+p.Message)
			}
			fits := func(got, want string) bool { return strings.Contains(got, want) }
			if len(a.Runs) != c.runs || !slices.EqualFunc(problems, c.problems, fits) || !slices.EqualFunc(a.Remarks, c.remarks, fits) {
				t.Errorf("%d runs, problems %q, remarks %q", len(a.Runs), problems, a.Remarks)
			}
		})
	}
}
