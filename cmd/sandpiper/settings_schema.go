package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// schemaConfig is [schema] of sandpiper.toml: what revision --autogenerate and
// check compare.
type schemaConfig struct {
	perDialect
	Databases  perDialect   `toml:"databases"`
	FiltersOff []string     `toml:"filters_off"`
	Ignore     []ignoreRule `toml:"ignore"`
}

// perDialect is a text for each dialect.
type perDialect struct {
	PostgreSQL string `toml:"postgresql"`
	SQLite     string `toml:"sqlite"`
}

func (p perDialect) of(d chain.Dialect) string {
	if d == chain.PostgreSQL {
		return p.PostgreSQL
	}
	return p.SQLite
}

// An ignoreRule is one [[schema.ignore]].
type ignoreRule struct {
	Rule    string `toml:"rule"`
	Kind    string `toml:"kind"`
	Table   string `toml:"table"`
	Name    string `toml:"name"`
	Dialect string `toml:"dialect"`
	Action  string `toml:"action"`
}

// filters returns what hides differences.
func (c configFile) filters() ([]diff.Filter, error) {
	var rules []autogenerate.Rule
	for _, r := range c.Schema.Ignore {
		rules = append(rules, autogenerate.Rule{
			Rule: r.Rule, Kind: diff.Kind(r.Kind), Table: r.Table, Name: r.Name,
			Dialect: chain.Dialect(r.Dialect), Action: diff.Action(r.Action),
		})
	}
	for _, line := range c.pluginLines() {
		rules = append(rules, pluginRules(line, c.Plugins[line])...)
	}
	filters, err := autogenerate.Filters(rules, c.Schema.FiltersOff)
	if err != nil {
		return nil, usage("see: sandpiper help config", "%s: [schema]: %w", c.path, err)
	}
	return filters, nil
}

// pluginRules hide what a plugin owns, where it is beside what the project owns: on
// PostgreSQL it has a schema of its own unless it shares one.
func pluginRules(line string, p pluginConfig) (rules []autogenerate.Rule) {
	dialect := chain.SQLite
	if p.Shared {
		dialect = ""
	}
	for _, pattern := range p.Owns {
		name := "plugin " + line
		rules = append(rules, autogenerate.Rule{Rule: name, Table: pattern, Dialect: dialect}, autogenerate.Rule{Rule: name, Name: pattern, Dialect: dialect})
	}
	return rules
}

// place makes a URL or the name of a file in sandpiper.toml one from here.
func (c configFile) place(text string) (string, error) {
	text, err := expandEnv(text, os.LookupEnv)
	switch {
	case err != nil:
		return "", usage("", "%s: [schema]: %w", c.path, err)
	case dialectOf(text) != "":
		return c.relativeURL(text), nil
	case text == "" || filepath.IsAbs(text):
		return text, nil
	}
	return filepath.Join(c.base(), text), nil
}

// dialectOf tells a database's dialect from its URL, "" if it is none.
func dialectOf(url string) chain.Dialect {
	switch scheme, _, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		return chain.SQLite
	case "postgres", "postgresql":
		return chain.PostgreSQL
	}
	return ""
}
