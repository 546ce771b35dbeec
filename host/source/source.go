package source

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Form is how a migration file is written.
type Form string

// The forms.
const (
	None Form = "" // not a migration file
	SQL  Form = "sql"
	YAML Form = "yaml"
)

// FormOf tells the form from a file's name.
func FormOf(name string) Form {
	switch path.Ext(name) {
	case ".sql":
		return SQL
	case ".yaml", ".yml":
		return YAML
	}
	return None
}

// Header reads what the top of a migration file says. The body is not read, so
// Irreversible is always false. It returns false for a YAML file that has no
// revision for the dialect. Errors are of type *chain.ParseError.
func Header(name string, d chain.Dialect, b []byte) (chain.Revision, bool, error) {
	if FormOf(name) == YAML {
		return yamlHeader(name, d, b)
	}
	r, err := chain.ParseHeader(name, d, b)
	return r, err == nil, err
}

// Parse reads a migration file for one dialect. naming is how the indexes and
// constraints of operations are called that the file does not name. Operations
// that the dialect cannot do are errors, as is a downgrade that is left out and
// cannot be derived. Errors are of type *chain.ParseError.
func Parse(name string, d chain.Dialect, b []byte, naming schema.Naming) (*chain.File, error) {
	file, err := parse(name, d, b, naming)
	if err != nil {
		return nil, err
	}
	for _, items := range [][]chain.Item{file.Upgrade, file.Downgrade} {
		if err := checkTemporary(name, d, items); err != nil {
			return nil, err
		}
	}
	return file, nil
}

func parse(name string, d chain.Dialect, b []byte, naming schema.Naming) (*chain.File, error) {
	if FormOf(name) == YAML {
		return parseYAML(name, d, b, naming)
	}
	file, err := chain.Parse(name, d, b)
	if err != nil {
		return nil, err
	}
	for _, item := range slices.Concat(file.Upgrade, file.Downgrade) {
		if err := checkBackfill(name, d, item); err != nil {
			return nil, err
		}
	}
	return file, nil
}

// Items are what a direction of a file does.
func Items(file *chain.File, dir chain.Direction) []chain.Item {
	if dir == chain.Downgrade {
		return file.Downgrade
	}
	return file.Upgrade
}

// Commits says where the items commit what ran before, for people: why, for
// each section and each operation that does so by itself.
func Commits(items []chain.Item, d chain.Dialect) []string {
	var reasons []string
	inSection := false
	for _, item := range items {
		switch {
		case item.Kind == chain.ItemAutocommitBegin:
			inSection = true
			reasons = append(reasons, "commits before an autocommit section, and each statement in it by itself")
		case item.Kind == chain.ItemAutocommitEnd:
			inSection = false
		case item.Kind == chain.ItemBackfill:
			reasons = append(reasons, fmt.Sprintf("commits before backfill %s, and each of its chunks by itself", item.Backfill.Name))
		}
		if item.Kind != chain.ItemOperation || inSection {
			continue
		}
		if q, err := schema.Decode([]byte(item.Document)); err == nil && q.Commits(string(d)) != "" {
			reasons = append(reasons, q.Commits(string(d)))
		}
	}
	return reasons
}

// Step returns what a file does, as a step of a module.
func Step(file *chain.File) wasmfile.Step {
	step := wasmfile.Step{Upgrade: operations(file.Upgrade)}
	if !file.Irreversible {
		step.Downgrade = operations(file.Downgrade)
	}
	return step
}

// operations is never nil: a downgrade may have nothing to do.
func operations(items []chain.Item) []wasmfile.Op {
	ops := make([]wasmfile.Op, len(items))
	for i, item := range items {
		switch item.Kind {
		case chain.ItemAutocommitBegin:
			ops[i] = wasmfile.Op{Kind: wasmfile.OpAutocommitBegin}
		case chain.ItemAutocommitEnd:
			ops[i] = wasmfile.Op{Kind: wasmfile.OpAutocommitEnd}
		case chain.ItemOperation:
			ops[i] = wasmfile.Op{Kind: wasmfile.OpSchema, Text: item.Document}
		case chain.ItemBackfill:
			ops[i] = wasmfile.Op{Kind: wasmfile.OpBackfill, Text: string(abi.AppendBackfill(nil, backfill(item)))}
		case chain.ItemPhase:
			phase, _ := abi.ParsePhase(item.Phase)
			ops[i] = wasmfile.Op{Kind: wasmfile.OpPhase, Phase: phase}
		default:
			ops[i] = wasmfile.Op{Kind: wasmfile.OpExec, Text: item.SQL}
		}
	}
	return ops
}

// backfill returns what the host is asked for.
func backfill(item chain.Item) *abi.Backfill {
	b := item.Backfill
	return &abi.Backfill{
		Name: b.Name, Table: b.Table, Key: b.Key, Where: b.Where, Batch: b.Batch, MaxBatch: b.MaxBatch,
		Inserted: b.Inserted, Lock: b.Lock, Uncounted: b.Uncounted, Statement: item.SQL,
	}
}

// Whole returns the statement of a backfill as it would run for all rows at once.
func Whole(d chain.Dialect, item chain.Item) string {
	condition := "TRUE"
	if where := item.Backfill.Where; where != "" {
		condition = "(" + where + ")"
	}
	return chain.ReplaceChunks(d, item.SQL, func(chain.ChunkMark) string { return condition })
}

// Phases are those of the items, in their order. What stands before the first one is
// of phase expand.
func Phases(items []chain.Item) []abi.Phase {
	var phases []abi.Phase
	for i, item := range items {
		if item.Kind != chain.ItemPhase {
			continue
		}
		if len(phases) == 0 && i > 0 {
			phases = append(phases, abi.PhaseExpand)
		}
		phase, _ := abi.ParsePhase(item.Phase)
		phases = append(phases, phase)
	}
	return phases
}

// Lines are where what an error may be about begins: the statements, the
// operations and the backfills.
func Lines(items []chain.Item) []int {
	var lines []int
	for _, item := range items {
		switch item.Kind {
		case chain.ItemStatement, chain.ItemOperation, chain.ItemBackfill:
			lines = append(lines, item.Line)
		}
	}
	return lines
}

// Revision returns what a manifest says of a file.
func Revision(file *chain.File, step int32) abi.Revision {
	r := abi.Revision{
		Step:           step,
		Dialect:        string(file.Dialect),
		ID:             file.ID,
		Revises:        file.Revises,
		Labels:         file.Labels,
		Slug:           file.Slug,
		Irreversible:   file.Irreversible,
		Source:         file.Source,
		Digest:         file.Digest,
		UpgradeLines:   Lines(file.Upgrade),
		DowngradeLines: Lines(file.Downgrade),
	}
	if !file.Created.IsZero() {
		r.Created = file.Created.UTC().Format(time.RFC3339)
	}
	for _, d := range file.DependsOn {
		line := d.Line
		if line == "" {
			line = file.Line
		}
		r.DependsOn = append(r.DependsOn, line+"@"+d.ID)
	}
	return r
}
