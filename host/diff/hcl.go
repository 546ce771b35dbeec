package diff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// ApplyHCL builds the schema of an Atlas HCL file in an empty database: tables,
// columns, keys, indexes, checks and, on PostgreSQL, enums. The file has one
// schema, whatever it is called: it is the one that the connection works in. An
// index whose comment is "dialect: postgresql" or "dialect: sqlite" is for that
// dialect alone, and GIN, GiST and trigram indexes are for PostgreSQL, so that one
// file can serve both. A syntax error names file, line and column.
//
// https://atlasgo.io/atlas-schema/hcl
func ApplyHCL(ctx context.Context, db *sql.DB, dialect chain.Dialect, file string, text []byte) error {
	if err := shallow(file, text); err != nil {
		return err
	}
	parser := hclparse.NewParser()
	parsed, problems := parser.ParseHCL(text, file)
	if problems.HasErrors() {
		return located(problems)
	}
	if body, ok := parsed.Body.(*hclsyntax.Body); ok {
		if err := known(body, "", "schema", "table", "enum", "variable", "locals"); err != nil {
			return err
		}
		keep(body, dialect)
	}
	open, eval := postgres.Open, schemahcl.EvalFunc(postgres.EvalHCL)
	if dialect == chain.SQLite {
		open, eval = sqlite.Open, sqlite.EvalHCL
	}
	var realm schema.Realm
	if err := eval.Eval(parser, &realm, nil); err != nil {
		var problems hcl.Diagnostics
		if errors.As(err, &problems) {
			return located(problems)
		}
		return fmt.Errorf("%s: %w", file, err)
	}
	if n := len(realm.Schemas); n != 1 {
		return fmt.Errorf("%s: it has %d schemas, and Sandpiper works in one: write one schema block", file, n)
	}
	driver, err := open(db)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	there, err := driver.InspectSchema(ctx, "", nil)
	if err != nil {
		return fmt.Errorf("%s: look at the scratch database: %w", file, err)
	}
	wanted := realm.Schemas[0]
	wanted.Name, wanted.Attrs = there.Name, there.Attrs
	changes, err := driver.SchemaDiff(there, wanted)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	bare := "" // names without that of the schema
	if err := driver.ApplyChanges(ctx, changes, func(o *migrate.PlanOptions) { o.SchemaQualifier = &bare }); err != nil {
		return fmt.Errorf("%s: the database refuses what it says: %w", file, err)
	}
	return nil
}

// known refuses blocks that Atlas's open-source version would pass over without
// a word.
func known(body *hclsyntax.Body, in string, names ...string) error {
	for _, b := range body.Blocks {
		if !slices.Contains(names, b.Type) {
			return fmt.Errorf("%s:%d:%d: %q%s is not read from HCL (%s are): write the schema in SQL, where all of it can be said",
				b.TypeRange.Filename, b.TypeRange.Start.Line, b.TypeRange.Start.Column, b.Type, in, strings.Join(names, ", "))
		}
		if b.Type != "table" || in != "" {
			continue
		}
		if err := known(b.Body, " in a table", "column", "primary_key", "foreign_key", "index", "unique", "check", "partition"); err != nil {
			return err
		}
	}
	return nil
}

// located is the first problem of a file, with its place there.
func located(problems hcl.Diagnostics) error {
	for _, p := range problems {
		if p.Severity != hcl.DiagError {
			continue
		}
		text := p.Summary
		if p.Detail != "" {
			text += ": " + p.Detail
		}
		if p.Subject == nil {
			return errors.New(text)
		}
		return fmt.Errorf("%s:%d:%d: %s", p.Subject.Filename, p.Subject.Start.Line, p.Subject.Start.Column, text)
	}
	return problems
}

// keep leaves out the indexes that are for another dialect, before Atlas meets
// words in them that it does not know there.
func keep(body *hclsyntax.Body, dialect chain.Dialect) {
	for _, b := range body.Blocks {
		if b.Type == "table" {
			b.Body.Blocks = slices.DeleteFunc(b.Body.Blocks, func(i *hclsyntax.Block) bool {
				return i.Type == "index" && elsewhere(i.Body, dialect)
			})
		}
	}
}

// elsewhere reports whether an index is for another dialect.
func elsewhere(index *hclsyntax.Body, dialect chain.Dialect) bool {
	if only, ok := strings.CutPrefix(strings.TrimSpace(word(index, "comment")), "dialect:"); ok {
		return strings.TrimSpace(only) != string(dialect)
	}
	if dialect != chain.SQLite {
		return false
	}
	known := Index{Method: strings.ToLower(word(index, "type"))}
	for _, b := range index.Blocks {
		known.OperatorClasses = append(known.OperatorClasses, word(b.Body, "ops"))
	}
	return known.foreign()
}

// word returns an attribute that is a string or a bare word, "" if it is neither.
func word(body *hclsyntax.Body, name string) string {
	attribute := body.Attributes[name]
	if attribute == nil {
		return ""
	}
	if keyword := hcl.ExprAsKeyword(attribute.Expr); keyword != "" {
		return keyword
	}
	if v, problems := attribute.Expr.Value(nil); !problems.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		return v.AsString()
	}
	return ""
}
