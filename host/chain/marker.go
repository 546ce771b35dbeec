package chain

import (
	"fmt"
	"strings"
)

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
	case "backfill":
		if err := p.backfillMarker(comment, args, line); err != nil {
			return fail("%v", err)
		}
	case "phase":
		if err := p.phaseMarker(args, line); err != nil {
			return fail("%v", err)
		}
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
		if p.backfill != nil {
			return fail("inside the backfill at line %d: a backfill is one statement, and commits by itself", p.backfill.options.Line)
		}
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
	switch word {
	case "upgrade", "downgrade", "autocommit", "backfill", "phase":
		return true
	}
	return false
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
	const known = `the markers are "-- +upgrade", "-- +downgrade", "-- +autocommit begin" and "-- +autocommit end", ` +
		`"-- +backfill table=…" and "-- +backfill end", and "-- +phase expand", "backfill" or "contract"`
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
