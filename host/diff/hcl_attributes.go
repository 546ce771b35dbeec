package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// indexAttributes are what Atlas reads of an index, and of what is like one.
var indexAttributes = []string{"unique", "columns", "type", "comment", "where", "include", "nulls_distinct", "page_per_range"}

// attributes are what Atlas reads in each kind of block; it passes over others.
//
// https://atlasgo.io/atlas-schema/hcl
var attributes = map[string][]string{
	"schema":      {"name", "comment"},
	"enum":        {"schema", "values"},
	"table":       {"schema", "comment", "strict", "without_rowid"},
	"column":      {"type", "null", "default", "comment", "as", "auto_increment"},
	"identity":    {"generated", "start", "increment"},
	"as":          {"expr", "type"},
	"primary_key": indexAttributes,
	"index":       indexAttributes,
	"unique":      indexAttributes,
	"on":          {"column", "expr", "desc", "ops", "nulls_first", "nulls_last"},
	"foreign_key": {"columns", "ref_columns", "on_update", "on_delete"},
	"check":       {"expr"},
	"partition":   {"type", "columns"},
	"by":          {"column", "expr"},
}

// everywhere are attributes of Atlas's language itself.
var everywhere = []string{"for_each", "depends_on"}

// meant refuses attributes that would be passed over without a word, and indexes
// for a dialect that there is not.
func meant(body *hclsyntax.Body) error {
	for _, b := range body.Blocks {
		known, checked := attributes[b.Type]
		for _, name := range slices.Sorted(maps.Keys(b.Body.Attributes)) {
			if checked && !slices.Contains(known, name) && !slices.Contains(everywhere, name) {
				return misplaced(b.Body.Attributes[name].NameRange, "%q of %s is not read from HCL (%s are)", name, b.Type, strings.Join(known, ", "))
			}
		}
		if only, ok := onlyFor(b.Body); b.Type == "index" && ok && !slices.Contains(chain.Dialects, only) {
			return misplaced(b.Body.Attributes["comment"].SrcRange, "the index is for %q, which is no dialect: write postgresql or sqlite", string(only))
		}
		if err := meant(b.Body); err != nil {
			return err
		}
	}
	return nil
}

func misplaced(at hcl.Range, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", at.Filename, at.Start.Line, at.Start.Column, fmt.Sprintf(format, args...))
}

// onlyFor returns the dialect that the comment of an index says it is for.
func onlyFor(index *hclsyntax.Body) (only chain.Dialect, ok bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(word(index, "comment")), "dialect:")
	return chain.Dialect(strings.TrimSpace(text)), ok
}
