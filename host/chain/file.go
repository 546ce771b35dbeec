package chain

import (
	"errors"
	"strings"
)

// A File is a migration file, read for one dialect.
type File struct {
	Revision
	Upgrade   []Item
	Downgrade []Item // empty and not Irreversible: the downgrade has nothing to do
	Marked    bool   // Irreversible, and the file says so itself

	Directives []Directive // of this dialect, in order
}

// A Directive is a comment of a file that speaks to a tool, such as
// "-- sandpiper:lint:ignore RULE reason". Parse leaves what it says to the tool.
type Directive struct {
	Text string // from "sandpiper:" on
	Line int
	Head bool // it stands above the first section or statement
}

// DirectivePrefix is what a Directive begins with.
const DirectivePrefix = "sandpiper:"

// directiveOf returns what a comment of either form says if it is a directive.
func directiveOf(comment string) (string, bool) {
	text, line := strings.CutPrefix(comment, "--")
	if !line {
		text = strings.TrimSuffix(strings.TrimPrefix(comment, "/*"), "*/")
	}
	text = strings.TrimSpace(text)
	return text, strings.HasPrefix(text, DirectivePrefix)
}

// An Item is one thing that a direction of a file does.
type Item struct {
	Kind      ItemKind
	Statement           // of ItemStatement and ItemBackfill; of the others, Line alone
	Document  string    // of ItemOperation: a schema operation (ABI.md, section 6.4)
	Backfill  *Backfill // of ItemBackfill; its Statement has a ${chunk}
	Phase     string    // of ItemPhase: expand, backfill or contract
}

// ItemKind says what an Item is.
type ItemKind uint8

// The kinds of items. Begin and end come in pairs, and not inside each other;
// backfills and phases are not between them.
const (
	ItemStatement ItemKind = iota
	ItemAutocommitBegin
	ItemAutocommitEnd
	ItemOperation
	ItemBackfill
	ItemPhase // begins here
)

// Parse reads a migration file for one dialect: its header, as ParseHeader
// does, and its statements. Markers divide it:
//
//	-- +upgrade [postgresql|sqlite]      what follows upgrades
//	-- +downgrade [postgresql|sqlite]    what follows downgrades
//	-- +autocommit begin                 what follows commits statement by statement
//	-- +autocommit end
//	-- +backfill table=T [key=K …]       the statement that follows runs in chunks of T's rows
//	-- +backfill end
//	-- +phase expand|backfill|contract   what follows in the upgrade is of this phase
//
// A file without -- +upgrade and -- +downgrade is all upgrade, and irreversible;
// "-- Irreversible: why" in the header says that this is meant.
// Sections that name the other dialect are checked and left out; several
// sections of one direction follow each other. A marker is a line comment of
// its own between two statements; inside a string, a body or parentheses it is
// what it looks like to the database.
//
// With "-- Template: on" in the header, the text is first expanded by Go's
// text/template with the delimiters ${ and }, and the functions dialect,
// revision, down_revision and slug. It chooses with if and with; range, define,
// block and template are refused. Without the header ${ means nothing, but for
// the ${chunk} of a backfill, which is not the template's either.
//
// The Irreversible of the result is right. Errors are of type *ParseError.
func Parse(name string, d Dialect, b []byte) (*File, error) {
	text := string(normalize(b))
	h, err := parseHeader(name, d, text)
	if err != nil {
		return nil, err
	}
	h.Digest = Digest(b)
	p := fileParser{file: File{Revision: h.Revision}, dialect: d}
	p.split = splitter{lex: lexer{dialect: d}, emit: p.statement, marker: p.marker, directive: p.directive}
	if h.template {
		text, p.split.lines, err = expand(h.Revision, text)
	}
	if err == nil {
		p.split.lex.src = text
		err = p.run()
	}
	if err != nil {
		var bad *ParseError
		if errors.As(err, &bad) {
			bad.Path = name
		}
		return nil, err
	}
	if p.file.Marked = h.irreversible != ""; p.file.Marked && !p.file.Irreversible {
		return nil, &ParseError{Path: name, Msg: `the header says "Irreversible", and there is a downgrade: take one of the two out`}
	}
	return &p.file, nil
}

// A fileParser sorts statements into sections as markers come.
type fileParser struct {
	file    File
	dialect Dialect
	split   splitter

	section    *section // nil before the first one
	upgrade    []Item   // of this dialect
	downgrade  []Item
	down       bool // there is a downgrade section for this dialect
	loose      []Item
	autocommit int // line of the autocommit begin that is open, or 0
	backfill   *openBackfill
	mentions   map[mention]int // the phases and backfills so far, and their lines
}

// A section is what a section marker says.
type section struct {
	direction Direction
	mine      bool // it is for this dialect
}

// here returns the section under way. Before the first one the file is an upgrade.
func (p *fileParser) here() section {
	if p.section == nil {
		return section{Upgrade, true}
	}
	return *p.section
}

func (p *fileParser) run() error {
	if err := p.split.run(); err != nil {
		return err
	}
	if err := p.closed(); err != nil {
		return err
	}
	if p.section == nil {
		p.file.Upgrade, p.file.Irreversible = p.loose, true
		return nil
	}
	p.file.Upgrade, p.file.Downgrade, p.file.Irreversible = p.upgrade, p.downgrade, !p.down
	return nil
}

// A mention is a word that a direction of a dialect may have once.
type mention struct {
	section
	word string
}

// mention notes a word of the section under way, and returns the line where it was
// noted before, or 0.
func (p *fileParser) mention(word string, line int) (first int) {
	m := mention{p.here(), word}
	if first = p.mentions[m]; first > 0 {
		return first
	}
	if p.mentions == nil {
		p.mentions = map[mention]int{}
	}
	p.mentions[m] = line
	return 0
}

// closed returns an error where an autocommit section or a backfill is open.
func (p *fileParser) closed() error {
	switch {
	case p.autocommit != 0:
		return &ParseError{Line: p.autocommit, Msg: `"-- +autocommit begin" has no "-- +autocommit end" in its section`}
	case p.backfill != nil:
		return &ParseError{Line: p.backfill.options.Line, Msg: `"-- +backfill" has no "-- +backfill end" in its section`}
	}
	return nil
}

// statement takes the next statement.
func (p *fileParser) statement(stmt Statement) error {
	if p.backfill != nil {
		return p.takeStatement(stmt)
	}
	if err := noChunk(p.split.lex.dialect, stmt); err != nil {
		return err
	}
	p.add(Item{Kind: ItemStatement, Statement: stmt})
	return nil
}

// directive takes a comment that speaks to a tool.
func (p *fileParser) directive(text string, line int) {
	if p.section == nil || p.section.mine {
		head := p.section == nil && len(p.loose) == 0 && !p.split.under.begun
		p.file.Directives = append(p.file.Directives, Directive{text, line, head})
	}
}

func (p *fileParser) add(item Item) {
	switch {
	case p.section == nil:
		p.loose = append(p.loose, item)
	case !p.section.mine:
	case p.section.direction == Downgrade:
		p.downgrade = append(p.downgrade, item)
	default:
		p.upgrade = append(p.upgrade, item)
	}
}
