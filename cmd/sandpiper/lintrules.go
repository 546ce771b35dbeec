package main

import (
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
)

// lintRules is [lint] of sandpiper.toml: by rule a severity, or a table of them by
// dialect.
type lintRules map[string]any

// config makes the linter's configuration. path is the file, for messages.
func (rules lintRules) config(path string) (lint.Config, error) {
	var cfg lint.Config
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		byDialect, ok := rules[rule].(map[string]any)
		if !ok {
			byDialect = map[string]any{"": rules[rule]}
		}
		for _, dialect := range slices.Sorted(maps.Keys(byDialect)) {
			severity, ok := byDialect[dialect].(string)
			if !ok {
				return cfg, usage("write off, warning or error; see: sandpiper help config", "%s: [lint] %s: %v is no severity", path, rule, byDialect[dialect])
			}
			var of []chain.Dialect
			if dialect != "" {
				of = []chain.Dialect{chain.Dialect(dialect)}
			}
			if err := cfg.Set(rule, lint.Severity(severity), of...); err != nil {
				return cfg, usage("see: sandpiper lint --rules", "%s: [lint] %w", path, err)
			}
		}
	}
	return cfg, nil
}
