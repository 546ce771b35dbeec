package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A pluginConfig is one [plugins.LINE] of sandpiper.toml: somebody else's module,
// and what it may do. "sandpiper plugin add" writes it.
type pluginConfig struct {
	Module string `toml:"module"` // relative to the file
	capabilitiesConfig
	Role        string `toml:"role"`
	WithoutRole bool   `toml:"without_role"`
}

// capabilitiesConfig is what a plugin is allowed, in [plugins.LINE], or what it
// asks for, in the [capabilities] of its source.
type capabilitiesConfig struct {
	Shared    bool        `toml:"shared"`
	Owns      []string    `toml:"owns"`
	Uses      []useConfig `toml:"uses"`
	Functions []string    `toml:"functions"`
	Rows      int64       `toml:"rows"`
	Seconds   int64       `toml:"seconds"`
	Fuel      int64       `toml:"fuel"`
	Memory    int64       `toml:"memory_mib"`
}

type useConfig struct {
	Table   string   `toml:"table"`
	Verbs   []string `toml:"verbs"`
	Columns []string `toml:"columns"`
}

// A keyConfig is one [trust.NAME]: a key whose signatures are trusted, or were.
type keyConfig struct {
	Key     string `toml:"key"`
	Revoked bool   `toml:"revoked"`
}

// capabilities returns them in the form of a manifest.
func (c capabilitiesConfig) capabilities() abi.Capabilities {
	out := abi.Capabilities{
		Shared: c.Shared, Owns: c.Owns, Functions: c.Functions,
		Rows: c.Rows, Seconds: c.Seconds, Fuel: c.Fuel, Memory: c.Memory,
	}
	for _, u := range c.Uses {
		out.Uses = append(out.Uses, abi.Use(u))
	}
	return out
}

// sectionError is an error in a section of sandpiper.toml.
func (c configFile) sectionError(err error, section ...string) error {
	var malformed *abi.MalformedError
	if errors.As(err, &malformed) {
		err = errors.New(malformed.Reason)
	}
	return usage("see: sandpiper help plugins", "%s:%d: [%s]: %w", c.path, c.sectionLine(section...), strings.Join(section, "."), err)
}

// sectionLine returns the line at which a section begins.
func (c configFile) sectionLine(section ...string) int {
	p := unstable.Parser{}
	p.Reset(c.text)
	for p.NextExpression() {
		e := p.Expression()
		at, line := 0, 0
		for key := e.Key(); key.Next() && at < len(section); at++ {
			part := key.Node()
			if string(part.Data) != section[at] {
				at = -1
				break
			}
			if line == 0 {
				line = p.Shape(part.Raw).Start.Line
			}
		}
		if at > 0 {
			return line
		}
	}
	return 1
}

// askedIn returns what [capabilities] of the sandpiper.toml in the folder of a
// module's source asks for, nothing where there is no such file.
func askedIn(source string) (abi.Capabilities, error) {
	name := filepath.Join(source, configName)
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return abi.Capabilities{}, nil
	}
	file, err := readConfig(name)
	if err != nil {
		return abi.Capabilities{}, err
	}
	asked := file.Capabilities.capabilities()
	if err := asked.Validate(); err != nil {
		return abi.Capabilities{}, file.sectionError(err, "capabilities")
	}
	return asked, nil
}
