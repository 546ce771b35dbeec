package autogenerate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A FileError is something in a schema file that is wrong, or that the database
// refuses.
type FileError struct {
	File         string
	Line, Column int // 1-based, in characters; 0 if unknown
	Err          error
}

// Error returns "file:line:column: what is wrong".
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
}

// Unwrap returns what is wrong.
func (e *FileError) Unwrap() error { return e.Err }

// errNotSchema is a statement that a schema file may not have.
var errNotSchema = errors.New("a schema file makes a schema, and nothing else")

// loadFile runs a schema file in an empty database. What is wrong with the file is
// a *FileError. remarks are what it does that no comparison sees.
func loadFile(ctx context.Context, db host.Database, name string, text []byte) (remarks []string, err error) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	if !utf8.Valid(text) || strings.ContainsRune(string(text), 0) {
		return nil, &FileError{File: name, Err: errors.New("not UTF-8 text, or it holds a NUL byte: save the file as UTF-8")}
	}
	d := db.Dialect()
	if d == chain.PostgreSQL {
		text = unrestricted(text)
	}
	statements, err := chain.Locate(d, string(text))
	if err != nil {
		var parse *chain.ParseError
		if errors.As(err, &parse) {
			return nil, &FileError{name, parse.Line, parse.Column, errors.New(parse.Msg)}
		}
		return nil, err
	}
	var kept []chain.Located
	for _, s := range statements {
		switch s.Owned {
		case "BEGIN", "START TRANSACTION", "COMMIT", "END":
			continue // around everything, as in what sqlite3's .dump writes: it is one transaction anyway
		}
		what := beyondSchema(d, s.SQL)
		if s.Owned != "" {
			what = s.Owned
		}
		if what != "" {
			return nil, at(name, string(text), s, 0, fmt.Errorf("%s: %w", what, errNotSchema))
		}
		kept = append(kept, s)
	}
	i, err := run(ctx, db, kept)
	var refused *host.SQLError
	switch {
	case i < len(kept) && errors.As(err, &refused):
		position := refused.Position
		if position == 0 {
			position = named(d, kept[i].SQL, refused.Message)
		}
		return nil, at(name, string(text), kept[i], position, refused)
	case i < len(kept) && ctx.Err() == nil: // such as a connection that the statement ended
		return nil, at(name, string(text), kept[i], 0, err)
	case errors.Is(err, errNotSchema):
		return nil, &FileError{File: name, Err: err}
	case err != nil:
		return nil, err
	}
	conn, err := db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	look := outside
	if d == chain.SQLite {
		look = broken
	}
	remarks, err = look(ctx, conn, name)
	return append(unseen(d, name, kept), remarks...), errors.Join(err, conn.Close())
}

// restrict are the lines at both ends of what pg_dump writes that are for psql
// alone: they keep it from running other commands of its own.
//
// https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMAND-RESTRICT
var restrict = regexp.MustCompile(`(?m)^\\(?:un)?restrict ([0-9A-Za-z]+)\r?$`)

// unrestricted makes these lines blank: the first one, and those with its key.
func unrestricted(text []byte) []byte {
	first := restrict.FindSubmatch(text)
	return restrict.ReplaceAllFunc(text, func(line []byte) []byte {
		if key := restrict.FindSubmatch(line)[1]; string(key) != string(first[1]) {
			return line
		}
		return nil
	})
}

// names are what the messages of the databases are about: relation "note" does not
// exist, no such table: main.note.
var names = regexp.MustCompile(`"(?:\w+\.)?([^"]+)"|: (?:\w+\.)?([^:]+)$`)

// named returns where in a statement what a message is about is named first, as a
// character counted from 1, 0 if it is not.
func named(d chain.Dialect, sql, message string) int {
	found := names.FindStringSubmatch(message)
	if found == nil {
		return 0
	}
	name := found[1] + found[2]
	for tok := range chain.Tokens(d, sql) {
		if strings.EqualFold(strings.Trim(tok.Text, `"`), name) {
			return utf8.RuneCountInString(sql[:tok.Pos]) + 1
		}
	}
	return 0
}

// at says where in a file an error is: at a character of a statement, counted
// from 1, or at its beginning.
func at(name, text string, s chain.Located, position int, err error) error {
	offset := s.Start
	for range max(position-1, 0) {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	before := text[:offset]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &FileError{name, line, column, err}
}

// run runs statements in one transaction, and returns which of them failed.
func run(ctx context.Context, db host.Database, statements []chain.Located) (failed int, err error) {
	failed = len(statements)
	conn, err := db.Connect(ctx)
	if err != nil {
		return failed, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return failed, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	shared := func() error { return nil }
	if db.Dialect() == chain.PostgreSQL {
		shared = func() error { return sharedChange(ctx, tx) }
		// A function may be there before the tables that its body speaks of, as
		// in what pg_dump writes.
		// https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-CHECK-FUNCTION-BODIES
		if _, err := tx.Exec(ctx, host.Statement{SQL: "SET LOCAL check_function_bodies = off"}); err != nil {
			return failed, err
		}
	}
	for i, s := range statements {
		if _, err := tx.Exec(ctx, host.Statement{SQL: s.SQL, Ordinal: i + 1}); err != nil {
			return i, err
		}
		if callsFunctions(db.Dialect(), s.SQL) {
			if err := shared(); err != nil {
				return i, err
			}
		}
	}
	if err := shared(); err != nil { // a default or an index may call functions, too
		return failed, err
	}
	return failed, tx.Commit(ctx)
}

// copySchema makes what another schema holds in an empty database.
func copySchema(ctx context.Context, db host.Database, objects []host.Object) error {
	conn, err := db.Connect(ctx)
	if err == nil {
		err = errors.Join(host.Load(ctx, conn, db.Dialect(), writable(objects)), conn.Close())
	}
	if err != nil {
		return fmt.Errorf("make a copy of the schema to try the migration on: %w", err)
	}
	return nil
}

// writable returns the objects but for those that Sandpiper knows the name of and
// cannot create: a copy is without them.
func writable(objects []host.Object) []host.Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o host.Object) bool { return o.SQL == "" })
}
