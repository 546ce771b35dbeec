package chain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func pluginPin(line, version, signer string) chain.PluginPin {
	return chain.PluginPin{Line: line, Version: version, Signer: signer,
		Module: chain.Digest([]byte(line)), Grants: chain.Digest([]byte("{}"))}
}

func withPlugins(t *testing.T, l *chain.Lock, pins ...chain.PluginPin) *chain.Lock {
	t.Helper()
	for _, p := range pins {
		var err error
		if l, err = l.WithPlugin(p); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestLockPinsPlugins(t *testing.T) {
	sq := line(t, chain.SQLite, "a", "one", "two")
	var none *chain.Lock
	first, second := pluginPin("acme", "1.2.0", "RWQ+/a="), pluginPin("zeta", "", "")
	odd := pluginPin("odd", "2 beta\n-", "")
	dash := pluginPin("dash", "-", "")
	plain := none.With(sq, all)
	l := withPlugins(t, plain, second, first, odd, dash)
	text := l.String()
	if want := "\nplugin acme 1.2.0 " + first.Module + " RWQ+/a= " + first.Grants + "\nplugin dash %2D "; !strings.Contains(text, want) {
		t.Errorf("the lock\n%s\nwant in it\n%s", text, want)
	}
	again := parseLock(t, text)
	if again.String() != text {
		t.Errorf("read and written again:\n%s\nwant:\n%s", again, text)
	}
	if got, want := again.Plugins(), []chain.PluginPin{first, dash, odd, second}; !slices.Equal(got, want) {
		t.Errorf("plugins %v, want %v", got, want)
	}
	if p, ok := again.Plugin("odd"); !ok || p != odd {
		t.Errorf("plugin %v %v, want %v", p, ok, odd)
	}
	if at := again.PluginAt("acme"); at == 0 || !strings.HasPrefix(strings.Split(text, "\n")[at-1], "plugin acme ") {
		t.Errorf("acme is at line %d of\n%s", at, text)
	}
	wantProblems(t, again.Check("sandpiper.lock", sq))

	// What is done to the chains leaves the plugins alone, and the other way round.
	longer := line(t, chain.SQLite, "a", "one", "two", "three")
	if got := again.With(longer, all).Plugins(); len(got) != 4 {
		t.Errorf("with another revision the plugins are %v", got)
	}
	if changes := l.Changes(l.With(longer, all)); len(changes) != 1 {
		t.Errorf("changes %v, want one", changes)
	}
	moved := first
	moved.Module = chain.Digest([]byte("acme, the next one"))
	if got, _ := withPlugins(t, again, moved).Plugin("acme"); got != moved {
		t.Errorf("acme is %v, want %v", got, moved)
	}
	for _, p := range again.Plugins() {
		again = again.WithoutPlugin(p.Line)
	}
	if again.String() != plain.String() {
		t.Errorf("without plugins:\n%s\nwant:\n%s", again, plain)
	}
	if len(parseLock(t, text).Plugins()) != 4 || len(l.Plugins()) != 4 {
		t.Error("a lock has changed with the one that was made of it")
	}
	if p, ok := none.Plugin("acme"); ok || none.Plugins() != nil || none.PluginAt("acme") != 0 || none.WithoutPlugin("acme").Plugins() != nil {
		t.Errorf("no lock pins %v", p)
	}
}

func TestPluginIsNotPinned(t *testing.T) {
	var none *chain.Lock
	for name, change := range map[string]func(*chain.PluginPin){
		"the project's line": func(p *chain.PluginPin) { p.Line = chain.DefaultLine },
		"no line":            func(p *chain.PluginPin) { p.Line = "a b" },
		"no digest":          func(p *chain.PluginPin) { p.Module = "" },
		"no grants":          func(p *chain.PluginPin) { p.Grants = "sha256:0" },
		"no key":             func(p *chain.PluginPin) { p.Signer = "RWQ RWQ" },
	} {
		p := pluginPin("acme", "1", "RWQ")
		change(&p)
		if l, err := none.WithPlugin(p); err == nil {
			t.Errorf("%s: pinned as\n%s", name, l)
		}
	}
}

func TestLockOfPluginsIsRefused(t *testing.T) {
	good := withPlugins(t, nil, pluginPin("acme", "1.0", "RWQ")).String()
	pin := strings.Split(good, "\n")[6]
	for name, c := range map[string]struct {
		text, want string
		line       int
	}{
		"a word less":    {strings.Replace(good, " RWQ", "", 1), "a plugin's line is: plugin, line, version", 7},
		"another digest": {strings.Replace(good, "RWQ sha256:", "RWQ sha1:", 1), "a digest is sha256:", 7},
		"no line":        {strings.Replace(good, "acme", "../acme", 1), "not the name of a plugin's line", 7},
		"no version":     {strings.Replace(good, "1.0", "1%zz", 1), `the version "1%zz"`, 7},
		"no key":         {strings.Replace(good, "RWQ", "R-Q", 1), "the signer is not a key", 7},
		"pinned twice":   {good + strings.Replace(pin, "1.0", "1.1", 1) + "\n", "plugin acme is pinned at line 7 already, to something else", 8},
		"a conflict":     {strings.Replace(good, pin, "<<<<<<< HEAD\n"+pin, 1), "sandpiper plugin update", 7},
		"a newer form":   {strings.Replace(good, "lock 2", "lock 3", 1), "newer version of Sandpiper (form 3, digest 1; this version reads form 2, digest 1)", 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chain.ParseLock("sandpiper.lock", []byte(c.text))
			var bad *chain.ParseError
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
				t.Errorf("error %v, want line %d: %s", err, c.line, c.want)
			}
		})
	}
	// Where both sides of a conflict were kept, the line is there twice.
	if got := parseLock(t, good+pin+"\n").String(); got != good {
		t.Errorf("written again:\n%s\nwant:\n%s", got, good)
	}
}
