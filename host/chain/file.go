package chain

import (
	"errors"
	"fmt"
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
	Statement        // of ItemStatement; of the others, Line alone
	Document  string // of ItemOperation: a schema operation (ABI.md, section 6.4)
}

// ItemKind says what an Item is.
type ItemKind uint8

// The kinds of items. Begin and end come in pairs, and not inside each other.
const (
	ItemStatement ItemKind = iota
	ItemAutocommitBegin
	ItemAutocommitEnd
	ItemOperation
)

// Parse reads a migration file for one dialect: its header, as ParseHeader
// does, and its statements. Markers divide it:
//
//	-- +upgrade [postgresql|sqlite]      what follows upgrades
//	-- +downgrade [postgresql|sqlite]    what follows downgrades
//	-- +autocommit begin                 what follows commits statement by statement
//	-- +autocommit end
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
// block and template are refused. Without the header ${ means nothing.
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
}

// A section is what a section marker says.
type section struct {
	direction Direction
	mine      bool // it is for this dialect
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

// closed returns an error where an autocommit section is open.
func (p *fileParser) closed() error {
	if p.autocommit == 0 {
		return nil
	}
	return &ParseError{Line: p.autocommit, Msg: `"-- +autocommit begin" has no "-- +autocommit end" in its section`}
}

// statement takes the next statement.
func (p *fileParser) statement(stmt Statement) error {
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

// marker acts on a line comment if it is a marker.
func (p *fileParser) marker(comment string, line int) (bool, error) {
	words := markerOf(comment)
	if words == nil {
		return false, nil
	}
	fail := func(format string, args ...any) (bool, error) {
		return true, &ParseError{Line: line, Msg: fmt.Sprintf("%q: ", firstLine(comment)) + fmt.Sprintf(format, args...)}
	}
	if !knownMarker(words[0]) {
		return fail("%s", foreignMarker(words))
	}
	if p.split.under.begun {
		return true, nil // the splitter says what is wrong
	}
	args := words[1:]
	switch words[0] {
	case "upgrade", "downgrade":
		d := p.dialect
		if len(args) == 1 {
			d = Dialect(args[0])
		}
		if len(args) > 1 || d != PostgreSQL && d != SQLite {
			return fail("write %s, %s, or nothing after +%s", PostgreSQL, SQLite, words[0])
		}
		if p.section == nil && len(p.loose) > 0 {
			return true, &ParseError{Line: p.loose[0].Line, Msg: fmt.Sprintf(
				`this stands before the first section of the file, at line %d: put "-- +upgrade" above it`, line)}
		}
		if err := p.closed(); err != nil {
			return true, err
		}
		p.section = &section{direction: Upgrade, mine: d == p.dialect}
		if words[0] == "downgrade" {
			p.section.direction = Downgrade
			p.down = p.down || p.section.mine
		}
		// Each dialect's section is read by its own rules.
		p.split.lex.dialect = d
	case "autocommit":
		item := Item{Kind: ItemAutocommitBegin, Statement: Statement{Line: line}}
		switch {
		case len(args) == 1 && args[0] == "begin":
			if p.autocommit != 0 {
				return fail("the one at line %d is not ended; they do not nest", p.autocommit)
			}
			p.autocommit = line
		case len(args) == 1 && args[0] == "end":
			if p.autocommit == 0 {
				return fail(`there is no "-- +autocommit begin" before it in its section`)
			}
			p.autocommit = 0
			item.Kind = ItemAutocommitEnd
		default:
			return fail("write begin or end after +autocommit")
		}
		p.add(item)
	}
	return true, nil
}

// IsMarker reports whether a line comment is one of Parse's markers, whatever
// follows its first word.
func IsMarker(comment string) bool {
	words := markerOf(comment)
	return words != nil && knownMarker(words[0])
}

func knownMarker(word string) bool {
	return word == "upgrade" || word == "downgrade" || word == "autocommit"
}

// markerOf returns the words of a marker in lower case, without the plus, or
// nil if the comment is none. Known words are markers even if a blank follows
// the plus: taking a downgrade for a comment would run it. For the same reason
// dbmate's "-- migrate:down" counts.
func markerOf(comment string) []string {
	text, ok := strings.CutPrefix(comment, "--")
	if !ok {
		return nil
	}
	text = strings.ToLower(strings.TrimSpace(text))
	if strings.HasPrefix(text, "migrate:up") || strings.HasPrefix(text, "migrate:down") {
		return strings.Fields(text)
	}
	text, ok = strings.CutPrefix(text, "+")
	words := strings.Fields(text)
	if !ok || len(words) == 0 {
		return nil
	}
	if !knownMarker(words[0]) && !isWordStart(text[0]) {
		return nil
	}
	return words
}

// foreignMarker says what to write in the place of a marker that is not ours.
func foreignMarker(words []string) string {
	const known = `the markers are "-- +upgrade", "-- +downgrade", "-- +autocommit begin" and "-- +autocommit end"`
	switch strings.Join(words, " ") {
	case "goose up", "migrate up", "micrate up", "migrate:up":
		return `another tool's marker: write "-- +upgrade"`
	case "goose down", "migrate down", "micrate down", "migrate:down":
		return `another tool's marker: write "-- +downgrade"`
	case "goose statementbegin", "goose statementend", "migrate statementbegin", "migrate statementend":
		return "another tool's marker: take it out; statements are told apart without it"
	case "goose no transaction", "migrate notransaction", "migrate up notransaction":
		return `another tool's marker: put "-- +autocommit begin" and "-- +autocommit end" around the statements`
	case "migrate:up transaction:false", "migrate:down transaction:false":
		return `another tool's marker: write "-- +upgrade" or "-- +downgrade", and put "-- +autocommit begin" and ` +
			`"-- +autocommit end" around the statements`
	}
	return "unknown marker: " + known + "; if it is a plain comment, take the plus sign away"
}
