package chain

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Statement is one SQL statement of a text.
type Statement struct {
	SQL    string // without the semicolon, and the blanks and comments around it
	Line   int    // 1-based line of its first word
	Column int    // 1-based character of that line; 0 where a template made it
}

// Split cuts a text into its statements. Empty ones are left out. Errors are
// of type *ParseError: something that is not closed, something that is not SQL
// but a command of psql or the sqlite3 shell, or a statement that begins or ends
// a transaction, which is the runner's.
func Split(d Dialect, sql string) ([]Statement, error) {
	var all []Statement
	s := splitter{
		lex:  lexer{dialect: d, src: sql},
		emit: func(stmt Statement) error { all = append(all, stmt); return nil },
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	return all, nil
}

// Terminate returns a statement with a semicolon at its end, for a text of
// several. A comment of one line alone needs none.
func Terminate(sql string) string {
	sql = strings.TrimRight(sql, " \t\r\n")
	if strings.HasSuffix(sql, ";") || strings.HasPrefix(sql, "--") && !strings.Contains(sql, "\n") {
		return sql
	}
	if i := strings.LastIndexByte(sql, '\n'); strings.Contains(sql[i+1:], "--") {
		return sql + "\n;" // a comment would swallow it
	}
	return sql + ";"
}

// A Located is one statement of a text with the place it has there.
type Located struct {
	Statement
	Start int    // offset of its first byte
	End   int    // offset after its semicolon, or after its last word where it has none
	Ended bool   // it has a semicolon
	Owned string // "BEGIN", "COMMIT" and so on where the statement is the runner's, else ""
}

// Locate cuts a text into its statements as Split does, for what rewrites the
// SQL of other tools: it says where each one lies, and those that begin or end a
// transaction are no error.
func Locate(d Dialect, sql string) ([]Located, error) {
	var all []Located
	s := splitter{
		lex:    lexer{dialect: d, src: sql},
		locate: func(stmt Located) { all = append(all, stmt) },
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	return all, nil
}

// A splitter finds where statements end: at a semicolon that is not in a
// string or comment (the lexer's business), not in the body of a routine or
// trigger, and not between the parentheses of CREATE RULE. These are the rules
// of the databases' own shells, psql (psqlscan.l) and sqlite3 (complete.c).
type splitter struct {
	lex  lexer
	emit func(Statement) error

	// locate, if set, gets every statement in the place of emit.
	locate func(Located)

	// marker, if set, gets every line comment that is not inside a body or
	// parentheses, and says whether it is a marker.
	marker func(comment string, line int) (bool, error)

	// lines, if set, are the lines of the source that the lines of the text
	// come from.
	lines []int

	// directive, if set, gets every line comment that is a Directive.
	directive func(text string, line int)

	counted, newlines int // newlines before the offset counted
	characters        int // since the last of them

	under statement // the statement under way
}

// A statement is what is known of the statement under way.
type statement struct {
	begun      bool
	line       int
	column     int
	start, end int       // offsets of its first token and after its last one
	words      [5]string // its first tokens, in lower case; "" for those that are no words
	tokens     int       // how many tokens it has
	last       Token     // the newest one

	parens                 int // how many are open
	parenLine, parenColumn int // of the outermost one

	// PostgreSQL's BEGIN ATOMIC … END: how many ENDs are owed.
	owed int
	// SQLite's CREATE TRIGGER … BEGIN a; b; END: closed is set by the END that
	// follows a semicolon.
	trigger, afterSemicolon, closed bool
}

// run splits the text. It returns the first error, its own or a callback's.
func (s *splitter) run() error {
	for tok, ok := s.lex.next(); ok; tok, ok = s.lex.next() {
		if err := s.token(tok); err != nil {
			return err
		}
	}
	return s.finish(false)
}

// token takes the next token.
func (s *splitter) token(tok Token) error {
	u := &s.under
	switch tok.Kind {
	case Space:
		return nil
	case Comment:
		return s.comment(tok)
	case Unterminated:
		return s.unterminated(tok)
	case Punct:
		switch {
		case tok.Text == `\`:
			return s.errorf(tok.Pos, "%s is a command of psql, not SQL: take it out, or write what it does in SQL",
				firstLine(s.lex.src[tok.Pos:]))
		case tok.Text == "." && !u.begun:
			return s.errorf(tok.Pos, "%s is a command of the sqlite3 shell, not SQL: take it out, or write what it does in SQL",
				firstLine(s.lex.src[tok.Pos:]))
		case tok.Text == ";" && !u.begun:
			return nil
		case tok.Text == ";" && u.parens > 0:
			if s.lex.dialect == SQLite || !u.creates("rule") {
				return s.errorf(tok.Pos, "a semicolon inside the parenthesis that opens at line %d: close the parenthesis first", u.parenLine)
			}
		case tok.Text == ";" && u.owed == 0 && (!u.trigger || u.closed):
			return s.finish(true)
		}
	}
	return s.add(tok)
}

// add adds a token to the statement under way, and follows what it opens and
// closes.
func (s *splitter) add(tok Token) error {
	u := &s.under
	if !u.begun {
		u.begun, u.start = true, tok.Pos
		u.line, u.column = s.place(tok.Pos)
	}
	if u.tokens < len(u.words) && tok.Kind == Word {
		u.words[u.tokens] = strings.ToLower(tok.Text)
	}
	last := u.last
	u.tokens, u.last, u.end = u.tokens+1, tok, tok.Pos+len(tok.Text)

	switch {
	case tok.Kind == Punct && tok.Text == "(":
		if u.parens == 0 {
			u.parenLine, u.parenColumn = s.place(tok.Pos)
		}
		u.parens++
	case tok.Kind == Punct && tok.Text == ")" && u.parens > 0:
		u.parens--
	}

	if s.lex.dialect == SQLite {
		u.followTrigger(tok)
		return nil
	}
	if u.words[0] == "copy" && u.parens == 0 && tok.Is("stdin") && last.Is("from") {
		return errorAt(u.line, u.column, "COPY … FROM stdin reads data that follows it in the file, which is psql's, not SQL: "+
			"write INSERT … VALUES, or load the data from a plugin")
	}
	u.followRoutine(tok, last)
	return nil
}

// followRoutine follows PostgreSQL's SQL-standard bodies. CASE has an END too.
// After AS or a dot these words are names.
//
// https://www.postgresql.org/docs/current/sql-createfunction.html
func (u *statement) followRoutine(tok, last Token) {
	switch {
	case tok.Kind != Word || u.parens > 0 || last.Is("as") || last.Is("."):
	case u.owed == 0:
		if tok.Is("atomic") && last.Is("begin") && (u.creates("function") || u.creates("procedure")) {
			u.owed = 1
		}
	case tok.Is("case"):
		u.owed++
	case tok.Is("end"):
		u.owed--
	}
}

// followTrigger follows SQLite's trigger bodies: each statement in one ends
// with a semicolon, so an END right after a semicolon closes the body, and the
// END of a CASE does not.
//
// https://sqlite.org/c3ref/complete.html
func (u *statement) followTrigger(tok Token) {
	if !u.trigger {
		u.trigger = u.tokens <= 3 && tok.Is("trigger") && u.words[0] == "create" &&
			(u.tokens == 2 || u.words[1] == "temp" || u.words[1] == "temporary")
		return
	}
	u.closed = tok.Is("end") && u.afterSemicolon
	u.afterSemicolon = tok.Is(";") && u.parens == 0
}

// creates reports whether the statement begins with CREATE [OR REPLACE] what.
func (u *statement) creates(what string) bool {
	w := u.words[:]
	if w[0] != "create" {
		return false
	}
	return w[1] == what || w[1] == "or" && w[2] == "replace" && w[3] == what
}

// comment hands a line comment outside of everything to marker.
func (s *splitter) comment(tok Token) error {
	u := &s.under
	if text, ok := directiveOf(tok.Text); ok && s.directive != nil {
		s.directive(text, s.line(tok.Pos))
	}
	if s.marker == nil || u.parens > 0 || u.owed > 0 || u.trigger && !u.closed || !strings.HasPrefix(tok.Text, "--") {
		return nil
	}
	found, err := s.marker(tok.Text, s.line(tok.Pos))
	if err != nil {
		return err
	}
	if found && u.begun {
		return errorAt(u.line, u.column, "the statement is not ended before %q at line %d: end it with a semicolon",
			firstLine(tok.Text), s.line(tok.Pos))
	}
	return nil
}

// finish ends the statement under way, if there is one. ended says that the
// lexer has just read its semicolon.
func (s *splitter) finish(ended bool) error {
	u := s.under
	if !u.begun {
		return nil
	}
	switch {
	case u.parens > 0:
		return errorAt(u.parenLine, u.parenColumn, "the parenthesis is never closed")
	case u.owed > 0:
		return errorAt(u.line, u.column, "the routine's BEGIN ATOMIC has no END")
	case u.trigger && !u.closed:
		return errorAt(u.line, u.column, "the CREATE TRIGGER has no END after the last semicolon of its body")
	}
	owned := u.transactionControl(s.lex.dialect)
	stmt := Statement{SQL: s.lex.src[u.start:u.end], Line: u.line, Column: u.column}
	if s.locate != nil {
		end := u.end
		if ended {
			end = s.lex.pos
		}
		s.under = statement{}
		s.locate(Located{stmt, u.start, end, ended, owned})
		return nil
	}
	if owned != "" {
		return errorAt(u.line, u.column, "%s: the runner owns the transaction. Leave the statement out; put what must run "+
			`outside of a transaction between "-- +autocommit begin" and "-- +autocommit end"`, owned)
	}
	s.under = statement{}
	return s.emit(stmt)
}

// transactionControl returns the words that begin or end a transaction or set a
// savepoint, or "".
func (u *statement) transactionControl(d Dialect) string {
	first, second := u.words[0], u.words[1]
	switch first {
	case "begin", "commit", "end", "rollback", "savepoint", "release":
		return strings.ToUpper(first)
	case "abort":
		if d == PostgreSQL {
			return "ABORT"
		}
	case "start", "prepare":
		if d == PostgreSQL && second == "transaction" {
			return strings.ToUpper(first + " " + second)
		}
	}
	return ""
}

// unterminated says what is not closed.
func (s *splitter) unterminated(tok Token) error {
	what := "the string"
	switch c := tok.Text[0]; {
	case c == '/':
		what = "the comment"
	case c == '"', c == '`', c == '[':
		what = "the quoted name"
	case c == '$':
		tag, _, _ := strings.Cut(tok.Text[1:], "$")
		what = fmt.Sprintf("the dollar quote $%s$", firstLine(tag))
	}
	return s.errorf(tok.Pos, "%s that opens here is never closed", what)
}

// errorf makes an error about what stands at an offset.
func (s *splitter) errorf(pos int, format string, args ...any) error {
	line, column := s.place(pos)
	return errorAt(line, column, format, args...)
}

func errorAt(line, column int, format string, args ...any) error {
	return &ParseError{Line: line, Column: column, Msg: fmt.Sprintf(format, args...)}
}

// place returns the line of an offset and its column, 0 if the lines are those of
// another text.
func (s *splitter) place(pos int) (line, column int) {
	line = s.line(pos)
	if s.lines == nil {
		column = s.characters + 1
	}
	return line, column
}

// line returns the line of an offset, which is never before the last one asked
// for: newlines are counted onward from there.
func (s *splitter) line(pos int) int {
	part := s.lex.src[s.counted:pos]
	if n := strings.LastIndexByte(part, '\n'); n >= 0 {
		s.newlines += strings.Count(part, "\n")
		s.characters, part = 0, part[n+1:]
	}
	s.characters += utf8.RuneCountInString(part)
	s.counted = pos
	if s.newlines < len(s.lines) {
		return s.lines[s.newlines]
	}
	return s.newlines + 1
}

// firstLine cuts a text to what fits into a message.
func firstLine(s string) string {
	const most = 60
	if n := strings.IndexAny(s, "\r\n"); n >= 0 {
		s = s[:n]
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.TrimSpace(s)
}
