package host

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An Audit is what the ledger says that plugins did, against the plugins at hand.
type Audit struct {
	Runs     []Entry // of plugins, newest first
	Problems []chain.Problem
	Remarks  []string // what differs and is explained
}

// AtHand is a plugin as a project has it now.
type AtHand struct {
	Plugin
	Digest  string // of its module, "" where that cannot be read
	Refused error  // why a run would not take it, nil if it would
}

// AuditPlugins compares a history, newest first, with the plugins at hand. trusted
// says what is wrong with a key that signed a module, nil for nothing. What the
// ledger has of a plugin is that it ran with grants; what the project's own modules
// did is not looked at.
func AuditPlugins(history []Entry, atHand []AtHand, trusted func(signer string) error) Audit {
	a := Audit{}
	plugins := map[string]*AtHand{}
	for i := range atHand {
		plugins[atHand[i].Grants.Line] = &atHand[i]
	}
	applied := appliedRevisions(history)
	last := map[string]Entry{} // of each line
	signers := map[string]bool{}
	for _, e := range history {
		if e.Grants == "" && e.Action != ActionPurge {
			continue
		}
		a.Runs = append(a.Runs, e)
		if e.Action == ActionPurge {
			continue
		}
		if _, later := last[e.Key.Line]; !later {
			last[e.Key.Line] = e
		}
		if e.Signer != "" && applied[e.Key.Line] > 0 {
			signers[e.Signer] = true
		}
	}
	for _, line := range slices.Sorted(maps.Keys(last)) {
		switch plugin := plugins[line]; {
		case applied[line] == 0:
		case plugin == nil:
			a.add(chain.RulePlugin, line, "", "%s of line %s, and there is no plugin %s: put it back with `sandpiper plugin add`, or be rid of it with `sandpiper plugin remove %s --purge`",
				hasRevisions(applied[line]), line, line, line)
		default:
			a.compare(last[line], plugin)
		}
	}
	for _, plugin := range atHand {
		if plugin.Refused != nil {
			a.add(chain.RulePlugin, plugin.Grants.Line, plugin.Path, "%v", plugin.Refused)
		}
	}
	for _, signer := range slices.Sorted(maps.Keys(signers)) {
		if err := trusted(signer); err != nil {
			a.add(chain.RuleSigner, "", "", "what it signed has run here, and is applied: %v", err)
		}
	}
	return a
}

// LastGrants returns what a plugin was granted when it ran last, by a history that is
// newest first. ok says that the plugin has ever run and was not purged after that.
func LastGrants(history []Entry, line string) (granted abi.Capabilities, ok bool) {
	for _, e := range history {
		if e.Key.Line != line {
			continue
		}
		if e.Action == ActionPurge {
			break
		}
		if had, err := abi.DecodeCapabilities([]byte(e.Grants)); e.Grants != "" && err == nil {
			return *had, true
		}
	}
	return granted, false
}

// appliedRevisions counts the revisions of each line that are applied.
func appliedRevisions(history []Entry) map[string]int {
	l := Ledger{Applied: map[chain.Key]Applied{}}
	for _, e := range slices.Backward(history) {
		l.Replay(e.Action, e.Key, Applied{})
	}
	counts := map[string]int{}
	for key := range l.Applied {
		counts[key.Line]++
	}
	return counts
}

// compare holds the last run of a line against its plugin.
func (a *Audit) compare(ran Entry, plugin *AtHand) {
	switch line := ran.Key.Line; {
	case plugin.Digest == "" || plugin.Digest == ran.Module:
	case ran.Signer != "" && ran.Signer == plugin.Signer:
		a.Remarks = append(a.Remarks, fmt.Sprintf("plugin %s is another module (%s) than the one that ran last (%s), signed by the same key",
			line, chain.ShortDigest(plugin.Digest), chain.ShortDigest(ran.Module)))
	default:
		a.add(chain.RuleModule, ran.Key.String(), plugin.Path, "it ran as module %s, and %s is here, which no signature of the same key connects with it: if that is an update, this ends with its next revision",
			chain.ShortDigest(ran.Module), chain.ShortDigest(plugin.Digest))
	}
	had, err := abi.DecodeCapabilities([]byte(ran.Grants))
	if err != nil {
		a.add(chain.RuleGrants, ran.Key.String(), "", "the grants that the ledger has cannot be read: %v", err)
		return
	}
	d := policy.Compare(*had, plugin.Grants.Allowed)
	for _, c := range d.More {
		a.Remarks = append(a.Remarks, fmt.Sprintf("plugin %s is granted more than when it ran last: %s", ran.Key.Line, c.Text))
	}
	for _, c := range d.Less {
		a.Remarks = append(a.Remarks, fmt.Sprintf("plugin %s is no longer granted what it had when it ran last: %s", ran.Key.Line, c.Text))
	}
}

func (a *Audit) add(rule chain.Rule, revision, source, format string, args ...any) {
	a.Problems = append(a.Problems, chain.Problem{Rule: rule, Revision: revision, Source: source, Message: fmt.Sprintf(format, args...)})
}

func hasRevisions(n int) string {
	if n == 1 {
		return "the database has 1 revision"
	}
	return fmt.Sprintf("the database has %d revisions", n)
}
