package chain

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// A PluginPin is what a lock file pins of a plugin: a line of the file, after
// those of the dialects.
//
//	plugin acme 1.2.0 sha256:… RWQ… sha256:…
type PluginPin struct {
	Line    string
	Version string // for people, "" if it has none
	Module  string // the digest of the module
	Signer  string // the public key that had signed it, "" if none had
	Grants  string // the digest of what it is granted
}

// pluginWord begins the line of a plugin.
const pluginWord = "plugin"

const pluginHead = `# Written by "sandpiper plugin": of each plugin the line, the version, the digest of the
# module, the key that signed it, and the digest of what it is granted.
`

// Plugins returns the plugins that the lock pins, sorted by line.
func (l *Lock) Plugins() (pins []PluginPin) {
	if l == nil {
		return nil
	}
	for _, line := range slices.Sorted(maps.Keys(l.plugins)) {
		pins = append(pins, l.plugins[line].PluginPin)
	}
	return pins
}

// Plugin returns what the lock pins of a plugin.
func (l *Lock) Plugin(line string) (PluginPin, bool) {
	if l == nil {
		return PluginPin{}, false
	}
	p, ok := l.plugins[line]
	return p.PluginPin, ok
}

// PluginAt returns the number of the line that pins a plugin, 0 if none does or
// the lock was not read from a file.
func (l *Lock) PluginAt(line string) int {
	if l == nil {
		return 0
	}
	return l.plugins[line].at
}

// WithPlugin returns a lock that pins a plugin, and everything else as before.
func (l *Lock) WithPlugin(p PluginPin) (*Lock, error) {
	if reason := p.wrong(); reason != "" {
		return nil, fmt.Errorf("plugin %q cannot be pinned: %s", p.Line, reason)
	}
	next := l.clone()
	next.plugins[p.Line] = pluginPin{PluginPin: p}
	return next, nil
}

// WithoutPlugin returns a lock that does not pin a plugin, and everything else as
// before.
func (l *Lock) WithoutPlugin(line string) *Lock {
	next := l.clone()
	delete(next.plugins, line)
	return next
}

// A pluginPin is the line of a plugin as it was read.
type pluginPin struct {
	PluginPin
	at int
}

// wrong says why a plugin cannot be pinned, "" if it can.
func (p PluginPin) wrong() string {
	switch {
	case !ValidLine(p.Line) || p.Line == DefaultLine:
		return "that is not the name of a plugin's line"
	case !isDigest(p.Module) || !isDigest(p.Grants):
		return "a digest is sha256: and 64 hex digits"
	case span(p.Signer, isBase64) != len(p.Signer):
		return "the signer is not a key"
	}
	return ""
}

// isBase64 reports whether a character may be in a key: RFC 4648, section 4.
func isBase64(c byte) bool {
	return c == '+' || c == '/' || c == '=' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// OneWord returns a text as one word of ASCII, "-" if it is empty, as versions are
// written in lock files and signatures.
func OneWord(text string) string {
	if text == "-" {
		return "%2D"
	}
	return cmp.Or(url.PathEscape(text), "-")
}

// String is the line of the lock file.
func (p PluginPin) String() string {
	return fmt.Sprintf("%s %s %s %s %s %s", pluginWord, p.Line, OneWord(p.Version), p.Module, cmp.Or(p.Signer, "-"), p.Grants)
}

// parsePlugin reads the words of a line. reason says what is wrong with them.
func parsePlugin(words []string) (p PluginPin, reason string) {
	if len(words) != 6 {
		return p, "a plugin's line is: plugin, line, version, digest of the module, signer, digest of the grants"
	}
	version, err := url.PathUnescape(words[2])
	if words[2] == "-" {
		version = ""
	}
	if err != nil {
		return p, fmt.Sprintf("the version %q is not as it is written", words[2])
	}
	p = PluginPin{Line: words[1], Version: version, Module: words[3], Signer: words[4], Grants: words[5]}
	if p.Signer == "-" {
		p.Signer = ""
	}
	return p, p.wrong()
}
