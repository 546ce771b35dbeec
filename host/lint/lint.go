package lint

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Source is a chain and its files. A *host.Runner is one.
type Source interface {
	Graph() *chain.Graph
	File(chain.Key) (*chain.File, error)
}

// Lint looks at the upgrades of the revisions that are wanted; of a downgrade, which
// is for the day when something has gone wrong already, only at whether it runs.
// The revisions before them are read too, for what they have made.
//
// A comment "sandpiper:lint:ignore RULE[,RULE] reason" (after -- in SQL, after # in
// YAML) hides what the rules find in the statement or operation that it is in or that
// follows it; above the first section of a file, in all of it.
func Lint(src Source, wanted func(chain.Revision) bool, cfg Config) (Report, error) {
	l := &linter{cfg: cfg, dialect: src.Graph().Dialect(), history: newHistory(), left: map[string]int{}}
	for rev := range src.Graph().All() {
		l.facts = l.history.before(src.Graph(), rev)
		file, err := src.File(rev.Key)
		l.revision(rev, file, err, wanted(rev))
		if l.err != nil {
			return Report{}, l.err
		}
	}
	l.report.Findings = slices.DeleteFunc(l.report.Findings, func(f Finding) bool { return l.history.paid(src.Graph(), &f) })
	l.tellSmall()
	l.report.sort()
	return l.report, nil
}

// A linter goes through one chain.
type linter struct {
	cfg     Config
	dialect chain.Dialect
	history *history
	facts   *facts // at the revision under way
	report  Report
	err     error // the parser's or the database's, which ends it

	rev   *revision
	spot  chain.Item // the statement or operation under way
	small map[string]bool
	left  map[string]int // findings about small tables, which are left out
}

// A revision is what is known of the revision under way.
type revision struct {
	chain.Revision
	file     *chain.File
	findings []Finding
	notes    []string // what was not looked at

	created map[string]bool // tables, which nobody uses yet
	dropped map[string]int  // tables, and the finding that says so
	renamed map[string]old  // by the new name
	gone    map[string]int  // what is no table and dropped, and the finding that says so
	keys    []owedIndex     // foreign keys that want an index in the end
	inserts int             // of constants
	losses  int             // things that a downgrade cannot bring back by itself

	transaction
	inSection bool // each statement commits by itself
	contract  bool // in phase contract
}

// A transaction is what its statements do to those that follow it.
type transaction struct {
	values     map[string]string  // that were added to enums, and to which
	locked     string             // a table that is locked until the commit
	backfilled bool               // which was told already
	pending    map[[2]string]bool // constraints that were added without validation, by table and name
	settings   map[string]placed  // that were changed
}

type old struct {
	name    string
	finding int
}

type owedIndex struct {
	spot    chain.Item
	at      int
	on      string
	columns []string
}

func newTransaction() transaction {
	return transaction{values: map[string]string{}, pending: map[[2]string]bool{}, settings: map[string]placed{}}
}

func (l *linter) revision(rev chain.Revision, file *chain.File, err error, wanted bool) {
	l.rev = &revision{Revision: rev, file: file, created: map[string]bool{}, dropped: map[string]int{}, renamed: map[string]old{}, gone: map[string]int{}, transaction: newTransaction()}
	if wanted && (file != nil || err != nil) {
		l.report.Revisions++
	}
	var unreadable *chain.ParseError
	switch {
	case errors.As(err, &unreadable):
		l.spot = chain.Item{Statement: chain.Statement{Line: unreadable.Line}}
		l.find(ruleSyntax, 0, "", "%s", unreadable.Msg)
	case err != nil:
		l.err = err
		return
	case file == nil:
		if wanted && !slices.Contains(l.report.Modules, l.name()) {
			l.report.Modules = append(l.report.Modules, l.name())
		}
		return
	default:
		l.items(file.Upgrade)
		l.owed()
		l.wayBack()
		if wanted {
			l.downgrade()
		}
	}
	if wanted {
		l.tellInserts()
		l.report.Notes = append(l.report.Notes, l.rev.notes...)
		l.keep(l.rev.findings)
	}
}

// items looks at what the upgrade does.
func (l *linter) items(items []chain.Item) {
	for _, item := range items {
		l.spot = item
		switch item.Kind {
		case chain.ItemAutocommitBegin, chain.ItemAutocommitEnd:
			l.rev.inSection = item.Kind == chain.ItemAutocommitBegin
			l.commit("the autocommit section", item.Line)
			continue
		case chain.ItemPhase:
			l.rev.contract = item.Phase == abi.PhaseContract.String()
			l.commit("the phase", item.Line)
			continue
		}
		r, mode, err := l.read(item)
		commits := mode != schema.Inline || item.Kind == chain.ItemBackfill
		if item.Kind == chain.ItemBackfill {
			l.commit("the backfill", item.Backfill.Line)
		} else if commits && !l.rev.inSection {
			l.commit("the operation", item.Line)
		}
		l.reading(r, err)
		if commits || l.rev.inSection {
			l.rev.transaction = newTransaction()
		}
	}
}

// read reads a statement or an operation, and says whether it commits by itself.
func (l *linter) read(item chain.Item) (r reading, mode schema.Mode, err error) {
	switch item.Kind {
	case chain.ItemStatement:
		r, err = l.statement(item.SQL)
		return r, schema.Inline, err
	case chain.ItemBackfill:
		r, err = l.statement(oneChunk(l.dialect, item.SQL))
		return r, schema.Inline, err
	}
	q, err := schema.Decode([]byte(item.Document))
	if err != nil {
		return r, schema.Inline, err
	}
	r, err = l.operation(q)
	return r, q.Mode(string(l.dialect)), err
}

// oneChunk puts a condition into each ${chunk} of a backfill's statement that is as
// long as the mark, so that what is found in it is found at its place.
func oneChunk(d chain.Dialect, statement string) string {
	return chain.ReplaceChunks(d, statement, func(m chain.ChunkMark) string {
		return fmt.Sprintf("%-*s", m.End-m.Pos, "TRUE")
	})
}

func (l *linter) statement(sql string) (reading, error) {
	if l.dialect == chain.SQLite {
		return readSQLite(sql), l.liteSyntax(sql)
	}
	if r, ok := l.insert(sql); ok {
		return r, nil
	}
	return readPostgres(sql)
}

// reading checks what a statement does, and notes it.
func (l *linter) reading(r reading, err error) {
	l.unread(err)
	l.checkUses(r.uses)
	for _, c := range r.changes {
		if e, ok := c.effect.(createTable); ok && e.ifNotExists && l.facts.of(e.on()).made {
			continue // it does nothing
		}
		for _, check := range checks {
			check(l, c)
		}
		l.facts.apply(c.effect)
		l.history.add(l.rev.Key, c.effect)
		l.note(c)
	}
}

// unread tells why something could not be read.
func (l *linter) unread(err error) {
	var syntax *grammar.SyntaxError
	var lite *liteError
	switch {
	case err == nil:
	case errors.Is(err, errBlock):
		l.rev.notes = append(l.rev.notes, fmt.Sprintf("%s:%d: what a DO block does", l.name(), l.spot.Line))
	case errors.Is(err, errUnread):
		l.rev.notes = append(l.rev.notes, fmt.Sprintf("%s:%d: a statement that is %v", l.name(), l.spot.Line, err))
	case errors.As(err, &syntax):
		l.find(ruleSyntax, byteOf(l.spot.SQL, syntax.Position), "", "%s, says the parser of PostgreSQL 17; what only a newer one can read is to be ignored", syntax.Message)
	case errors.As(err, &lite):
		l.find(ruleSyntax, lite.at, "", "%s, says SQLite", lite.message)
	default:
		l.err = fmt.Errorf("%s:%d: %w", l.name(), l.spot.Line, err)
	}
}

// downgrade looks at whether the downgrade runs.
func (l *linter) downgrade() {
	l.rev.inSection = false
	for _, item := range l.rev.file.Downgrade {
		l.spot = item
		switch item.Kind {
		case chain.ItemAutocommitBegin, chain.ItemAutocommitEnd:
			l.rev.inSection = item.Kind == chain.ItemAutocommitBegin
			continue
		}
		r, _, err := l.read(item)
		l.unread(err)
		for _, c := range r.changes {
			checkOutside(l, c)
		}
	}
}

// find notes a finding at a byte of what is under way. on is the table whose rows
// count, if it matters how many there are.
func (l *linter) find(name string, at int, on, format string, args ...any) {
	rule := Find(name)
	severity := l.cfg.severity(rule, l.dialect)
	if rule.late && l.rev.contract {
		severity = Off
	}
	line, column := place(l.spot.Statement, at)
	l.rev.findings = append(l.rev.findings, Finding{
		Rule: rule, Severity: severity, Dialect: l.dialect, Revision: l.rev.Key, File: l.name(),
		Line: line, Column: column, Message: fmt.Sprintf(format, args...), table: on,
	})
}

// keep reports the findings of a revision that nothing hides.
func (l *linter) keep(findings []Finding) {
	for _, f := range l.ignored(findings) {
		if f.Severity == Off || l.isSmall(&f) {
			continue
		}
		l.report.Findings = append(l.report.Findings, f)
	}
}

// name is what the report calls the file of the revision under way.
func (l *linter) name() string {
	if l.cfg.Path == nil {
		return l.rev.Source
	}
	return l.cfg.Path(l.rev.Source)
}

// tellSmall says what was left out about tables that have few rows.
func (l *linter) tellSmall() {
	for _, table := range slices.Sorted(maps.Keys(l.left)) {
		findings := "1 finding"
		if n := l.left[table]; n > 1 {
			findings = fmt.Sprintf("%d findings", n)
		}
		l.report.Sizes = append(l.report.Sizes, fmt.Sprintf("%s about %s left out: it has few rows", findings, table))
	}
}

// isSmall reports whether a finding is about a table that has few rows.
func (l *linter) isSmall(f *Finding) bool {
	if !f.Rule.sized || f.table == "" || l.cfg.Small == nil || l.err != nil {
		return false
	}
	small, known := l.small[f.table]
	if !known {
		var err error
		var uncounted *UncountedError
		if small, err = l.cfg.Small(f.table); errors.As(err, &uncounted) {
			l.report.Sizes = append(l.report.Sizes, uncounted.Reason+": what is found about it is told")
		} else {
			l.err = err
		}
		if l.small == nil {
			l.small = map[string]bool{}
		}
		l.small[f.table] = small
	}
	if small {
		l.left[f.table]++
	}
	return small
}
