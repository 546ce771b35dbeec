package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// prepared is a guest's compiled statement.
type prepared struct {
	*sqlite3.Stmt
	verb    string   // its first keyword, in capitals
	changes bool     // it may insert, update or delete rows
	reading *reading // of a plugin's
}

// alterRoom is blank space behind an ALTER TABLE. SQLite compiles texts of its
// own for one, and the place it names for an error may be in these; go-sqlite3
// cuts the statement there, and panics where it is shorter.
var alterRoom = strings.Repeat(" ", 1<<16)

// prepare compiles the only statement of a text.
func (c *conn) prepare(ctx context.Context, stmt host.Statement) (*prepared, error) {
	if c.wall == nil || c.wall.author == guest {
		if p := c.cache.take(stmt.SQL); p != nil {
			return p, c.checkParams(p, stmt)
		}
	}
	if i := strings.IndexByte(stmt.SQL, 0); i >= 0 {
		return nil, refuse(stmt, sqlite3.ERROR, i, "the statement holds a NUL byte")
	}
	var seen *reading
	if c.wall != nil {
		var err error
		if seen, err = c.wall.read(ctx, stmt); err != nil {
			return nil, err
		}
	}
	defer c.asGuest(ctx, seen)()
	sql, word := stmt.SQL, verb(stmt.SQL)
	if word == "ALTER" {
		sql += alterRoom
	}
	s, tail, err := c.sq.Prepare(sql)
	if err != nil {
		return nil, c.guestError(ctx, stmt, err)
	}
	if s == nil {
		return nil, refuse(stmt, sqlite3.MISUSE, -1, "there is no statement in the text")
	}
	if !s.ReadOnly() {
		c.touched.text(stmt.SQL)
	}
	p := &prepared{Stmt: s, verb: word, reading: seen}
	switch word {
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH":
		p.changes = !s.ReadOnly()
	}
	for t := range chain.Tokens(chain.SQLite, tail) {
		if !t.Blank() && !t.Is(";") && !(t.Kind == chain.Unterminated && strings.HasPrefix(t.Text, "/*")) {
			p.Close()
			return nil, refuse(stmt, sqlite3.MISUSE, len(sql)-len(tail)+t.Pos, "there is a second statement in the text: send one at a time")
		}
	}
	return p, c.checkParams(p, stmt)
}

func (c *conn) checkParams(p *prepared, stmt host.Statement) error {
	if want, got := p.BindCount(), len(stmt.Params); want != got {
		c.release(p)
		return refuse(stmt, sqlite3.RANGE, -1, fmt.Sprintf("the statement has %d parameters, and %d values were given", want, got))
	}
	return nil
}

// verb returns the first keyword of a statement in capitals.
func verb(sql string) string {
	for t := range chain.Tokens(chain.SQLite, sql) {
		if !t.Blank() && !t.Is(";") {
			return strings.ToUpper(t.Text)
		}
	}
	return ""
}

// run runs a statement to its end and returns the number of rows affected.
func (c *conn) run(ctx context.Context, p *prepared, stmt host.Statement) (int64, error) {
	defer c.asGuest(ctx, p.reading)()
	return c.execute(ctx, p, &stmt)
}

// execute is run where what runs is watched as a guest's already.
func (c *conn) execute(ctx context.Context, p *prepared, stmt *host.Statement) (int64, error) {
	if err := bind(p.Stmt, stmt); err != nil {
		return 0, err
	}
	if p.verb == "VACUUM" {
		for t := range chain.Tokens(chain.SQLite, stmt.SQL) {
			if t.Is("INTO") && !c.db.otherFiles {
				return 0, refuse(*stmt, sqlite3.AUTH, -1, "a migration may not VACUUM INTO a file: it is given this database and no other file")
			}
		}
		c.guest = false // it was looked at when it was compiled; the BEGIN it sends now is its own
	}
	if err := p.Exec(); err != nil {
		return 0, c.guestError(ctx, *stmt, err)
	}
	return c.affected(p), nil
}

// affected returns the number of rows that a statement which is complete
// inserted, updated or deleted. SQLite keeps the number of the last one that
// did, whatever ran after it (https://sqlite.org/c3ref/changes.html).
func (c *conn) affected(p *prepared) int64 {
	if p.changes {
		return c.sq.Changes()
	}
	return 0
}

// asGuest has what follows watched as a guest's, until the returned function is
// called, and interrupted when ctx is done. seen is what was read of a plugin's.
func (c *conn) asGuest(ctx context.Context, seen *reading) func() {
	if c.wall != nil {
		return c.wall.raise(ctx, seen)
	}
	interrupt := c.sq.SetInterrupt(ctx)
	c.guest, c.denied = true, ""
	return func() {
		c.guest = false
		c.sq.SetInterrupt(interrupt)
	}
}

// guestError returns the error of a guest's statement.
func (c *conn) guestError(ctx context.Context, stmt host.Statement, err error) error {
	if c.wall != nil {
		if refusal := c.wall.verdict(ctx, err); refusal != nil {
			return refusal
		}
		if codeOf(err) != sqlite3.IOERR {
			return c.wall.hint(sqlError(ctx, stmt, err)) // FULL is of the wall's limit
		}
	} else if c.denied != "" && codeOf(err) == sqlite3.AUTH {
		return refuse(stmt, sqlite3.AUTH, -1, c.denied)
	}
	if full := c.db.withoutRoom(err); full != err {
		return fmt.Errorf("statement %d: %w", stmt.Ordinal, full)
	}
	return sqlError(ctx, stmt, err)
}

// authorize is asked while a statement is compiled, and compiled anew
// (https://sqlite.org/c3ref/set_authorizer.html).
func (c *conn) authorize(action sqlite3.AuthorizerActionCode, name3rd, name4th, schema, inner string) sqlite3.AuthorizerReturnCode {
	c.touched.note(action, name3rd, name4th, c.guest)
	if !c.guest {
		return sqlite3.AUTH_OK
	}
	if c.wall != nil {
		return c.wall.authorize(action, name3rd, name4th, schema, inner)
	}
	switch action {
	case sqlite3.AUTH_TRANSACTION, sqlite3.AUTH_SAVEPOINT:
		c.denied = "a migration may not send " + transactionVerb(action, name3rd) + ": the host begins and ends transactions and savepoints"
		return sqlite3.AUTH_DENY
	case sqlite3.AUTH_ATTACH:
		if !c.db.otherFiles {
			c.denied = "a migration may not ATTACH: it is given this database and no other file"
			return sqlite3.AUTH_DENY
		}
		c.soiled = true
	case sqlite3.AUTH_PRAGMA, sqlite3.AUTH_CREATE_TEMP_INDEX, sqlite3.AUTH_CREATE_TEMP_TABLE,
		sqlite3.AUTH_CREATE_TEMP_TRIGGER, sqlite3.AUTH_CREATE_TEMP_VIEW:
		c.soiled = true
	}
	return sqlite3.AUTH_OK
}

func transactionVerb(action sqlite3.AuthorizerActionCode, operation string) string {
	if action == sqlite3.AUTH_SAVEPOINT && operation != "BEGIN" {
		return operation + " of a savepoint"
	}
	if action == sqlite3.AUTH_SAVEPOINT {
		return "SAVEPOINT"
	}
	return operation
}

// release puts a statement back, for when the same is sent again.
func (c *conn) release(p *prepared) {
	p.Reset()
	p.ClearBindings()
	if c.wall != nil && (p.reading == nil || p.reading.author != guest) {
		p.Close() // it is not the plugin's, and was not judged as if it were
		return
	}
	switch p.verb {
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "SELECT":
		c.cache.put(p)
	default: // it is sent once, or depends on more than SQLite looks at
		p.Close()
	}
}

// A cache holds guests' statements that are not at work, the newest last.
type cache []*prepared

// cached is how many statements a cache holds.
const cached = 16

// take removes and returns a statement, if it is there.
func (c *cache) take(sql string) *prepared {
	for i, p := range *c {
		if p.SQL() == sql {
			*c = slices.Delete(*c, i, i+1)
			return p
		}
	}
	return nil
}

// put adds a statement, in place of the oldest if need be.
func (c *cache) put(p *prepared) {
	if len(*c) == cached {
		(*c)[0].Close()
		*c = slices.Delete(*c, 0, 1)
	}
	*c = append(*c, p)
}

func (c *cache) clear() {
	for _, p := range *c {
		p.Close()
	}
	*c = nil
}

// refuse is a refusal of our own, before the database sees the statement. at is
// a byte offset into it, or -1.
func refuse(stmt host.Statement, code sqlite3.ErrorCode, at int, message string) *host.SQLError {
	position := 0
	if at >= 0 {
		position = utf8.RuneCountInString(stmt.SQL[:at]) + 1
	}
	return &host.SQLError{
		Code: codeName(code.ExtendedCode()), Message: message, Position: position,
		SQL: stmt.SQL, Ordinal: stmt.Ordinal, Err: code,
	}
}
