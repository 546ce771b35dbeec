package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A recovery knows what a statement that runs outside transactions may leave
// behind when it fails or its runner dies, and what to do about it. The zero
// value is for statements that can simply be run again.
type recovery struct {
	// patient: while the statement waits for locks it blocks nobody, and
	// giving up leaves something behind, so it waits as long as it takes.
	patient bool

	build   *indexBuild // CREATE INDEX CONCURRENTLY
	reindex bool        // REINDEX … CONCURRENTLY

	// there, if set, asks whether what the statement makes or drops exists;
	// it is done if the answer is wanted.
	there  string
	values [][]byte
	wanted bool

	// finalize, if set, ends what pending says is half done.
	finalize, pending string
}

// An indexBuild is a CREATE INDEX CONCURRENTLY.
type indexBuild struct {
	name  string // of the index
	table string // as written, quoted
}

// planRecovery recognises the statement.
func planRecovery(stmt host.Statement) (recovery, error) {
	s := scanner{tokens: tokensOf(stmt.SQL, 64)}
	switch {
	case s.take("CREATE"):
		s.take("UNIQUE")
		if s.take("INDEX") && s.take("CONCURRENTLY") {
			return planIndexBuild(&s, stmt)
		}
		return planThere(&s, true), nil
	case s.take("DROP"):
		if s.take("INDEX") && s.take("CONCURRENTLY") {
			s.takeIfExists()
			r := recovery{patient: true, there: `SELECT to_regclass($1) IS NOT NULL`, wanted: false}
			if name := s.qualified(); name != "" {
				r.values = [][]byte{[]byte(name)}
				return r, nil
			}
			return recovery{patient: true}, nil
		}
		return planThere(&s, false), nil
	case s.take("REINDEX"):
		concurrently := mentions(stmt.SQL, "CONCURRENTLY")
		return recovery{patient: concurrently, reindex: concurrently}, nil
	case s.take("ALTER") && s.take("TABLE") && mentions(stmt.SQL, "DETACH"):
		return planDetach(&s), nil
	}
	return recovery{}, nil
}

func planIndexBuild(s *scanner, stmt host.Statement) (recovery, error) {
	s.takeIfNotExists()
	b := &indexBuild{}
	if !s.at("ON") {
		b.name, _ = s.name()
	}
	if s.take("ON") {
		s.take("ONLY")
		b.table = s.qualified()
	}
	if b.table == "" {
		return recovery{patient: true}, nil // not SQL: the server says so
	}
	if b.name == "" {
		return recovery{}, &host.SQLError{
			Code:    codeSyntax,
			Message: "CREATE INDEX CONCURRENTLY without a name is refused: a build that was cut short could not be found again; name the index",
			SQL:     stmt.SQL, Ordinal: stmt.Ordinal,
		}
	}
	return recovery{patient: true, build: b}, nil
}

// codeSyntax is what the server raises for a statement it can't read.
const codeSyntax = "42601"

// planThere is for CREATE and DROP of a DATABASE or TABLESPACE, which happen as
// a whole or not at all.
func planThere(s *scanner, wanted bool) recovery {
	var catalog, column string
	switch {
	case s.take("DATABASE"):
		catalog, column = "pg_database", "datname"
	case s.take("TABLESPACE"):
		catalog, column = "pg_tablespace", "spcname"
	default:
		return recovery{}
	}
	s.takeIfExists()
	name, ok := s.name()
	if !ok {
		return recovery{}
	}
	return recovery{
		there:  `SELECT EXISTS (SELECT FROM pg_catalog.` + catalog + ` WHERE ` + column + ` = $1)`,
		values: [][]byte{[]byte(name)}, wanted: wanted,
	}
}

// planDetach is for ALTER TABLE parent DETACH PARTITION child CONCURRENTLY,
// which has two transactions. One that stopped between them is finalized.
func planDetach(s *scanner) recovery {
	r := recovery{patient: true}
	s.takeIfExists()
	parent := s.qualified()
	if parent == "" || !s.take("DETACH") || !s.take("PARTITION") {
		return r
	}
	child := s.qualified()
	if child == "" {
		return r
	}
	const inherits = `SELECT FROM pg_catalog.pg_inherits WHERE inhparent = to_regclass($1) AND inhrelid = to_regclass($2)`
	r.values = [][]byte{[]byte(parent), []byte(child)}
	r.there = `SELECT EXISTS (` + inherits + `)`
	r.pending = `SELECT EXISTS (` + inherits + ` AND inhdetachpending)`
	r.finalize = `ALTER TABLE ` + parent + ` DETACH PARTITION ` + child + ` FINALIZE`
	return r
}

// before looks at what there is before the statement runs. finished says that
// an earlier run's attempt has done it all.
func (r recovery) before(ctx context.Context, c *conn, began bool) (finished bool, err error) {
	switch {
	case r.build != nil:
		return c.beforeBuild(ctx, *r.build, began)
	case !began:
		return false, nil
	case r.reindex:
		return false, c.dropReindexed(ctx)
	case r.finalize != "":
		pending, err := c.ask(ctx, r.pending, r.values)
		if err != nil {
			return false, err
		}
		if pending {
			return true, c.main.do(ctx, item{sql: r.finalize})
		}
	}
	if r.there == "" {
		return false, nil
	}
	there, err := c.ask(ctx, r.there, r.values)
	return there == r.wanted && err == nil, err
}

// tidy removes what a failed statement has left, and says what it did.
func (r recovery) tidy(ctx context.Context, c *conn) (note string, err error) {
	switch {
	case r.build != nil:
		dropped, err := c.dropInvalid(ctx, *r.build)
		if dropped {
			note = fmt.Sprintf("the INVALID index %s that it left behind is dropped", quoteIdent(r.build.name))
		}
		return note, err
	case r.reindex:
		return "", c.dropReindexed(ctx)
	case r.finalize != "":
		if pending, err := c.ask(ctx, r.pending, r.values); err != nil || pending {
			return "", fmt.Errorf("the partition is detached by half: %w", err)
		}
	}
	return "", nil
}

func (c *conn) ask(ctx context.Context, sql string, values [][]byte) (yes bool, err error) {
	err = c.main.do(ctx, item{sql: sql, values: values, row: func(v [][]byte) error {
		yes = isTrue(v[0])
		return nil
	}})
	return yes, err
}

// buildPoll is how often another session's build of an index is looked at.
const buildPoll = 200 * time.Millisecond

// beforeBuild decides about CREATE INDEX CONCURRENTLY. An INVALID index of that
// name on that table is what a failed build left, whoever's it was: in the way,
// or, with IF NOT EXISTS, about to pass for a finished index.
func (c *conn) beforeBuild(ctx context.Context, b indexBuild, began bool) (finished bool, err error) {
	state, err := c.indexState(ctx, b)
	if err != nil {
		return false, err
	}
	if state == indexAbsent && !began {
		return false, nil
	}
	// A session whose client has died may still be building it.
	if state, err = c.awaitBuilders(ctx, b); err != nil {
		return false, err
	}
	switch {
	case state == indexValid && began:
		return true, nil
	case state == indexInvalid:
		_, err = c.dropInvalid(ctx, b)
	}
	return false, err
}

type indexState uint8

const (
	indexAbsent indexState = iota
	indexInvalid
	indexValid
	indexForeign // the name belongs to something else
)

// indexRow finds an index by its table, whose schema it is in.
const indexRow = `SELECT i.indisvalid AND i.indisready AND i.indislive, i.indrelid = to_regclass($1) AND x.relkind = 'i'
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_class x ON x.relnamespace = t.relnamespace AND x.relname = $2
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
WHERE t.oid = to_regclass($1)`

func (c *conn) indexState(ctx context.Context, b indexBuild) (state indexState, err error) {
	err = c.main.do(ctx, item{
		sql: indexRow, values: [][]byte{[]byte(b.table), []byte(b.name)},
		row: func(v [][]byte) error {
			switch {
			case !isTrue(v[1]):
				state = indexForeign
			case isTrue(v[0]):
				state = indexValid
			default:
				state = indexInvalid
			}
			return nil
		},
	})
	return state, err
}

// awaitBuilders waits until no other session holds the lock on the table that
// building an index concurrently takes, and returns the state of the index.
func (c *conn) awaitBuilders(ctx context.Context, b indexBuild) (indexState, error) {
	for {
		busy, err := c.ask(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l
			JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
			WHERE l.locktype = 'relation' AND l.relation = to_regclass($1) AND l.granted AND l.pid <> pg_backend_pid()
			  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
			  AND l.mode = 'ShareUpdateExclusiveLock')`, [][]byte{[]byte(b.table)})
		if err != nil {
			return indexAbsent, err
		}
		if !busy {
			return c.indexState(ctx, b)
		}
		select {
		case <-time.After(buildPoll):
		case <-ctx.Done():
			return indexAbsent, fmt.Errorf("waiting for another session that works on %s: %w", b.table, context.Cause(ctx))
		}
	}
}

// dropInvalid drops the index if it is INVALID.
func (c *conn) dropInvalid(ctx context.Context, b indexBuild) (dropped bool, err error) {
	state, err := c.indexState(ctx, b)
	if err != nil || state != indexInvalid {
		return false, err
	}
	var schema string
	err = c.main.do(ctx, item{
		sql: `SELECT quote_ident(n.nspname) FROM pg_catalog.pg_class t
			JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = to_regclass($1)`,
		values: [][]byte{[]byte(b.table)},
		row:    func(v [][]byte) error { schema = string(v[0]); return nil },
	})
	if err == nil {
		err = c.main.do(ctx, item{sql: "DROP INDEX CONCURRENTLY IF EXISTS " + schema + "." + quoteIdent(b.name)})
	}
	if err != nil {
		return false, fmt.Errorf("drop the INVALID index %s: %w", quoteIdent(b.name), err)
	}
	return true, nil
}

// A scanner reads a statement's tokens from left to right.
type scanner struct{ tokens []chain.Token }

func (s *scanner) at(word string) bool { return len(s.tokens) > 0 && s.tokens[0].Is(word) }

func (s *scanner) take(word string) bool {
	if !s.at(word) {
		return false
	}
	s.tokens = s.tokens[1:]
	return true
}

func (s *scanner) takeIfExists() { _ = s.take("IF") && s.take("EXISTS") }

func (s *scanner) takeIfNotExists() { _ = s.take("IF") && s.take("NOT") && s.take("EXISTS") }

// name takes an identifier and returns what it names.
func (s *scanner) name() (string, bool) {
	if len(s.tokens) == 0 {
		return "", false
	}
	name, ok := s.tokens[0].Name(chain.PostgreSQL)
	if ok {
		s.tokens = s.tokens[1:]
	}
	return name, ok
}

// qualified takes an identifier with its schema, if it has one, and returns it
// quoted; "" if there is none.
func (s *scanner) qualified() string {
	var parts []string
	for {
		name, ok := s.name()
		if !ok {
			return ""
		}
		if parts = append(parts, quoteIdent(name)); !s.take(".") {
			return strings.Join(parts, ".")
		}
	}
}
