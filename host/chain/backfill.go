package chain

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Backfill says over which rows of a table a statement is run, chunk by chunk.
// What is left out is the runner's to choose (ABI.md, section 6.5).
type Backfill struct {
	Line      int    // of the file, where it begins
	Name      string // tells the backfills of a migration apart
	Table     string
	Key       []string // columns that order the rows; empty: the primary key
	Where     string   // a condition on the rows
	Batch     int64    // rows of the first chunk
	MaxBatch  int64    // rows of any chunk
	Inserted  string   // what becomes of rows that are inserted meanwhile: include or exclude
	Lock      string   // how the rows of a chunk are locked: rows, skip or none
	Uncounted bool     // the rows are not counted beforehand
}

// backfillOptions are what may stand behind "-- +backfill", and what to write there.
var backfillOptions = []struct{ name, example string }{
	{"table", "table=flow_run"},
	{"key", "key=id, or key=a,b"},
	{"name", "name=slugs"},
	{"where", "where='slug IS NULL'"},
	{"batch", "batch=1000"},
	{"max_batch", "max_batch=50000"},
	{"inserted", "inserted=include or inserted=exclude"},
	{"lock", "lock=rows, lock=skip or lock=none"},
	{"uncounted", "uncounted"},
}

// Set sets an option of a backfill by the name that it has in a file. quoted says
// that the value stood in quotes.
func (b *Backfill) Set(name, value string, quoted bool) error {
	example := ""
	for _, o := range backfillOptions {
		if o.name == name {
			example = o.example
		}
	}
	if example == "" {
		var known []string
		for _, o := range backfillOptions {
			known = append(known, o.name)
		}
		return fmt.Errorf("unknown option %s: they are %s", name, strings.Join(known, ", "))
	}
	ok := value != "" || name == "uncounted"
	var err error
	switch name {
	case "table":
		if !quoted && strings.ContainsRune(value, '.') {
			return fmt.Errorf("table=%s: the table's name alone, without a schema, which the search_path says; a name that has a dot in it is put in quotes", value)
		}
		b.Table = value
	case "key":
		b.Key = nil
		for column := range strings.SplitSeq(value, ",") {
			column = strings.TrimSpace(column)
			ok = ok && column != "" && !slices.Contains(b.Key, column)
			b.Key = append(b.Key, column)
		}
	case "name":
		b.Name = value
	case "where":
		b.Where = value
	case "batch":
		b.Batch, err = strconv.ParseInt(value, 10, 64)
		ok = err == nil && b.Batch > 0
	case "max_batch":
		b.MaxBatch, err = strconv.ParseInt(value, 10, 64)
		ok = err == nil && b.MaxBatch > 0
	case "inserted":
		b.Inserted, ok = value, value == "include" || value == "exclude"
	case "lock":
		b.Lock, ok = value, value == "rows" || value == "skip" || value == "none"
	case "uncounted":
		b.Uncounted, ok = value != "false", value == "" || value == "true" || value == "false"
	}
	if !ok {
		return fmt.Errorf("%s=%s: write %s", name, value, example)
	}
	return nil
}

// Complete gives a backfill the name of its table where it has none, and says what
// keeps it from being one. What it says about the database is not looked at.
func (b *Backfill) Complete(d Dialect) error {
	if b.Table == "" {
		return errors.New("the table is missing: write table=flow_run, with the name of the table whose rows are visited")
	}
	b.Name = cmp.Or(b.Name, b.Table)
	if b.Where == "" {
		return nil
	}
	if err := CheckExpression(d, b.Where); err != nil {
		return fmt.Errorf("where: %w", err)
	}
	return nil
}

// An openBackfill is a backfill that is not ended yet.
type openBackfill struct {
	options   Backfill
	statement Statement
}

// backfillMarker acts on "-- +backfill …".
func (p *fileParser) backfillMarker(comment string, args []string, line int) error {
	if len(args) == 1 && args[0] == "end" {
		return p.endBackfill()
	}
	switch {
	case p.backfill != nil:
		return fmt.Errorf(`the one at line %d is not ended; they do not nest: put "-- +backfill end" behind its statement`, p.backfill.options.Line)
	case p.autocommit != 0:
		return fmt.Errorf("inside the autocommit section at line %d: end it before, since a backfill commits by itself", p.autocommit)
	}
	open := &openBackfill{options: Backfill{Line: line}}
	_, text, _ := strings.Cut(comment, "+")
	text = strings.TrimLeft(text, " \t")[len("backfill"):]
	var seen []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var o markerOption
		var err error
		if o, text, err = nextOption(text); err != nil {
			return err
		}
		if slices.Contains(seen, o.name) {
			return fmt.Errorf("a second %s", o.name)
		}
		seen = append(seen, o.name)
		if err := open.options.Set(o.name, o.value, o.quoted); err != nil {
			return err
		}
	}
	if err := open.options.Complete(p.split.lex.dialect); err != nil {
		return err
	}
	if first := p.mention("backfill "+open.options.Name, line); first > 0 {
		return fmt.Errorf("a second backfill called %s, after the one at line %d: name them apart with name=…", open.options.Name, first)
	}
	p.backfill = open
	return nil
}

// A markerOption is NAME=VALUE behind a marker, or NAME alone.
type markerOption struct {
	name, value string
	quoted      bool
}

// nextOption cuts the first option off a text. A value with blanks stands in
// quotes; doubled, a quote stands for itself.
func nextOption(text string) (o markerOption, rest string, err error) {
	end := strings.IndexAny(text, "= \t")
	if end < 0 {
		return markerOption{name: strings.ToLower(text)}, "", nil
	}
	o.name = strings.ToLower(text[:end])
	if text[end] != '=' {
		return o, text[end:], nil
	}
	text = text[end+1:]
	if text == "" || text[0] != '\'' && text[0] != '"' {
		if end = strings.IndexAny(text, " \t"); end < 0 {
			end = len(text)
		}
		o.value = text[:end]
		return o, text[end:], nil
	}
	kind, n := quoted(text, String)
	if kind == Unterminated {
		return o, "", fmt.Errorf("the quote behind %s= is not closed in its line", o.name)
	}
	if n < len(text) && text[n] != ' ' && text[n] != '\t' {
		return o, "", fmt.Errorf("put a blank behind the quoted value of %s", o.name)
	}
	quote := text[:1]
	o.value, o.quoted = strings.ReplaceAll(text[1:n-1], quote+quote, quote), true
	return o, text[n:], nil
}

// takeStatement takes the statement of the open backfill.
func (p *fileParser) takeStatement(stmt Statement) error {
	if p.backfill.statement.SQL != "" {
		return errorAt(stmt.Line, stmt.Column, `a second statement in the backfill at line %d: a backfill is one; put "-- +backfill end" above this one`, p.backfill.options.Line)
	}
	p.backfill.statement = stmt
	return nil
}

// endBackfill acts on "-- +backfill end".
func (p *fileParser) endBackfill() error {
	open := p.backfill
	if open == nil {
		return errors.New(`there is no "-- +backfill table=…" before it in its section`)
	}
	p.backfill = nil
	if open.statement.SQL == "" {
		return fmt.Errorf("the backfill at line %d has no statement: write the one that is run for each chunk of rows between the two", open.options.Line)
	}
	p.add(Item{Kind: ItemBackfill, Statement: open.statement, Backfill: &open.options})
	return nil
}

// noChunk refuses a statement outside of backfills that is written as theirs are.
func noChunk(d Dialect, stmt Statement) error {
	if !strings.Contains(stmt.SQL, "${chunk") {
		return nil
	}
	for t := range Tokens(d, stmt.SQL) {
		if t.Is("$") && strings.HasPrefix(stmt.SQL[t.Pos:], "${chunk") {
			return errorAt(stmt.Line, stmt.Column, `${chunk} outside of a backfill: put "-- +backfill table=…" above the statement, and "-- +backfill end" behind it`)
		}
	}
	return nil
}
