package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// codeOf returns the primary result code of an error, ERROR if it has none.
func codeOf(err error) sqlite3.ErrorCode {
	code := sqlite3.ERROR
	errors.As(err, &code)
	return code
}

func isBusy(err error) bool { return err != nil && codeOf(err) == sqlite3.BUSY }

// cause returns the error of an operation, which is ctx's where that ended it.
func cause(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	switch codeOf(err) {
	case sqlite3.BUSY:
		return fmt.Errorf("it is locked by another process: %w", ended(ctx))
	case sqlite3.INTERRUPT:
		return ended(ctx)
	}
	return err
}

// ended returns why a context is done.
func ended(ctx context.Context) error {
	err, why := ctx.Err(), context.Cause(ctx)
	if errors.Is(why, err) {
		return why
	}
	return fmt.Errorf("%w: %w", err, why)
}

// hints say in an operator's words what a result code means for a database.
var hints = map[sqlite3.ErrorCode]string{
	sqlite3.NOTADB:   "the file is not a SQLite database, or it is encrypted",
	sqlite3.CORRUPT:  "the database is damaged; restore it from a backup",
	sqlite3.READONLY: "the file or its folder can't be written: SQLite needs to write both, since its journal lies beside the database",
	sqlite3.CANTOPEN: "the file or its journal can't be opened; check the permissions of both and of their folder",
	sqlite3.PERM:     "permission denied",
	sqlite3.FULL:     "the disk is full",
	sqlite3.IOERR:    "reading or writing the file failed",
}

// explain adds to an error of the database as a whole what it means.
func explain(err error) error {
	var driver interface {
		ExtendedCode() sqlite3.ExtendedErrorCode
	}
	var code sqlite3.ExtendedErrorCode
	if !errors.As(err, &driver) && !errors.As(err, &code) {
		return err
	}
	if hint := hints[codeOf(err)]; hint != "" && !errors.Is(err, host.ErrDiskFull) {
		return fmt.Errorf("%s: %w", hint, err)
	}
	return err
}

// sqlError returns the database's refusal of a statement, or the context's
// error where that ended it.
func sqlError(ctx context.Context, stmt host.Statement, err error) error {
	if because := cause(ctx, err); because != err {
		return fmt.Errorf("the statement was interrupted: %w", because)
	}
	code, message := codeAndMessage(err)
	refused := &host.SQLError{
		Code: code, Message: message, Hint: hints[codeOf(err)], Position: position(stmt.SQL, err),
		SQL: stmt.SQL, Ordinal: stmt.Ordinal, Err: err,
	}
	if refusesTransaction(message) {
		refused.Err = errors.Join(host.ErrInTransaction, err)
	}
	return refused
}

// refusesTransaction knows SQLite's words for it. They have no result code of
// their own (sqlite3RunVacuum, detachFunc, sqlite3Pragma and OP_JournalMode in
// SQLite's source).
func refusesTransaction(message string) bool {
	for _, words := range []string{"from within a transaction", "within transaction", "inside a transaction"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// codeAndMessage takes a driver's error apart: the name of its extended result
// code, and SQLite's message without the driver's words around it.
func codeAndMessage(err error) (code, message string) {
	extended := sqlite3.ERROR.ExtendedCode()
	errors.As(err, &extended)
	generic := extended.Error()
	message = strings.TrimPrefix(err.Error(), generic+": ")
	return codeName(extended), strings.TrimPrefix(message, "sqlite3: ")
}

// position returns the 1-based character that an error is about, 0 if unknown.
func position(sql string, err error) int {
	var e *sqlite3.Error
	if !errors.As(err, &e) || e.SQL() == "" || len(e.SQL()) > len(sql) || verb(sql) == "ALTER" {
		return 0 // the place in an ALTER TABLE may be one of another text
	}
	return utf8.RuneCountInString(sql[:len(sql)-len(e.SQL())]) + 1
}

// codeName returns SQLite's name of an extended result code
// (https://sqlite.org/rescode.html).
func codeName(code sqlite3.ExtendedErrorCode) string {
	primary := int(code) & 0xff
	if primary >= len(codeNames) || codeNames[primary] == "" {
		return fmt.Sprintf("SQLITE_%d", code)
	}
	name := "SQLITE_" + codeNames[primary]
	if n := int(code) >> 8; n > 0 {
		if extended := extendedNames[primary]; n < len(extended) && extended[n] != "" {
			return name + "_" + extended[n]
		}
		return fmt.Sprintf("%s_%d", name, n)
	}
	return name
}

// codeNames are the primary result codes, by number.
var codeNames = []string{
	"OK", "ERROR", "INTERNAL", "PERM", "ABORT", "BUSY", "LOCKED", "NOMEM", "READONLY", "INTERRUPT", "IOERR",
	"CORRUPT", "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY", "SCHEMA", "TOOBIG", "CONSTRAINT", "MISMATCH",
	"MISUSE", "NOLFS", "AUTH", "FORMAT", "RANGE", "NOTADB", "NOTICE", "WARNING",
}

// extendedNames are the extended result codes, by primary code and number.
var extendedNames = map[int][]string{
	int(sqlite3.ERROR):    {"", "MISSING_COLLSEQ", "RETRY", "SNAPSHOT"},
	int(sqlite3.ABORT):    {"", "", "ROLLBACK"},
	int(sqlite3.BUSY):     {"", "RECOVERY", "SNAPSHOT", "TIMEOUT"},
	int(sqlite3.LOCKED):   {"", "SHAREDCACHE", "VTAB"},
	int(sqlite3.READONLY): {"", "RECOVERY", "CANTLOCK", "ROLLBACK", "DBMOVED", "CANTINIT", "DIRECTORY"},
	int(sqlite3.IOERR): {
		"", "READ", "SHORT_READ", "WRITE", "FSYNC", "DIR_FSYNC", "TRUNCATE", "FSTAT", "UNLOCK", "RDLOCK", "DELETE",
		"BLOCKED", "NOMEM", "ACCESS", "CHECKRESERVEDLOCK", "LOCK", "CLOSE", "DIR_CLOSE", "SHMOPEN", "SHMSIZE",
		"SHMLOCK", "SHMMAP", "SEEK", "DELETE_NOENT", "MMAP", "GETTEMPPATH", "CONVPATH", "VNODE", "AUTH",
		"BEGIN_ATOMIC", "COMMIT_ATOMIC", "ROLLBACK_ATOMIC", "DATA", "CORRUPTFS", "IN_PAGE",
	},
	int(sqlite3.CORRUPT):  {"", "VTAB", "SEQUENCE", "INDEX"},
	int(sqlite3.CANTOPEN): {"", "NOTEMPDIR", "ISDIR", "FULLPATH", "CONVPATH", "DIRTYWAL", "SYMLINK"},
	int(sqlite3.CONSTRAINT): {
		"", "CHECK", "COMMITHOOK", "FOREIGNKEY", "FUNCTION", "NOTNULL", "PRIMARYKEY", "TRIGGER", "UNIQUE", "VTAB",
		"ROWID", "PINNED", "DATATYPE",
	},
	int(sqlite3.AUTH): {"", "USER"},
}
