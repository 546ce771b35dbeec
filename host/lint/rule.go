package lint

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Rule is one thing that a migration can hurt by.
type Rule struct {
	Name     string
	Dialects []chain.Dialect
	Severity Severity // where the configuration says nothing
	Why      string   // it hurts
	Instead  string   // the safe way

	sized bool // it hurts by the number of rows
	late  bool // it hurts programs of before, which are gone in phase contract
}

// For reports whether the rule is one of a dialect.
func (r *Rule) For(d chain.Dialect) bool { return slices.Contains(r.Dialects, d) }

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Off     Severity = "off" // it is not looked for
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Find returns the rule of a name, nil if there is none.
func Find(name string) *Rule {
	for i := range Rules {
		if Rules[i].Name == name {
			return &Rules[i]
		}
	}
	return nil
}

// Names returns the names of all rules.
func Names() []string {
	names := make([]string, len(Rules))
	for i := range Rules {
		names[i] = Rules[i].Name
	}
	return names
}

// The names of the rules.
const (
	ruleSyntax       = "syntax"
	ruleIgnore       = "ignore"
	ruleRefused      = "refused"
	ruleAutocommit   = "needs-autocommit"
	rulePragma       = "pragma-in-transaction"
	ruleEnumValue    = "new-enum-value"
	ruleNotNull      = "not-null-column"
	ruleVolatile     = "volatile-default"
	ruleRewrite      = "table-rewrite"
	ruleRebuild      = "rebuild"
	ruleIndex        = "blocking-index"
	ruleKey          = "blocking-key"
	ruleUnvalidated  = "unvalidated-constraint"
	ruleValidate     = "validate-in-transaction"
	ruleSetNotNull   = "set-not-null"
	ruleBackfill     = "backfill-with-ddl"
	ruleLockTable    = "lock-table"
	ruleRefresh      = "blocking-refresh"
	ruleTruncate     = "truncate"
	ruleDropTable    = "drop-table"
	ruleDropColumn   = "drop-column"
	ruleRenameTable  = "rename-table"
	ruleRenameCol    = "rename-column"
	ruleRenameValue  = "rename-enum-value"
	ruleDropObject   = "drop-object"
	ruleRenameObject = "rename-object"
	ruleCascade      = "drop-cascade"
	ruleSetting      = "lost-setting"
	ruleForeignKey   = "foreign-key-index"
	ruleNoWayBack    = "irreversible"
)

var (
	both   = chain.Dialects
	pg     = []chain.Dialect{chain.PostgreSQL}
	sqlite = []chain.Dialect{chain.SQLite}
)

// Rules are all of them: what fails first, then what locks, then what breaks.
var Rules = []Rule{
	{Name: ruleSyntax, Dialects: both, Severity: Error,
		Why:     "The statement cannot be read, so the migration stops at it.",
		Instead: "Mend it."},
	{Name: ruleIgnore, Dialects: both, Severity: Error,
		Why:     "An ignore that names no rule, gives no reason or hides nothing is a mistake, or left over.",
		Instead: `Write "sandpiper:lint:ignore RULE[,RULE] reason" above the statement, or take the comment out.`},
	{Name: ruleAutocommit, Dialects: both, Severity: Error,
		Why:     "The database refuses to run the statement in a transaction, and a migration is one.",
		Instead: `Put it between "-- +autocommit begin" and "-- +autocommit end"; in YAML, into an item autocommit: […].`},
	{Name: ruleRefused, Dialects: both, Severity: Error,
		Why:     "The database refuses the statement, whatever rows there are.",
		Instead: "Do it another way, such as by an operation in YAML."},
	{Name: rulePragma, Dialects: sqlite, Severity: Error,
		Why:     "SQLite does nothing about the pragma, or refuses it, while a transaction is open.",
		Instead: `Leave it out: foreign keys are off while a migration runs and are checked before the commit. Others stand between "-- +autocommit begin" and "-- +autocommit end".`},
	{Name: ruleEnumValue, Dialects: pg, Severity: Error,
		Why:     "A value that was added to an enum cannot be used before it is committed.",
		Instead: "Add the value in an autocommit section or in a migration before, or name it in CREATE TYPE; the operation add_enum_value commits by itself."},
	{Name: ruleNotNull, Dialects: both, Severity: Error,
		Why:     "A NOT NULL column without a default is refused as soon as the table has a row.",
		Instead: "Give it a default; or add it without NOT NULL, and fill it and set NOT NULL in migrations of their own."},
	{Name: ruleVolatile, Dialects: both, Severity: Error, sized: true,
		Why:     "PostgreSQL computes the default for each row and writes the whole table anew under ACCESS EXCLUSIVE; SQLite refuses to add a column whose default is not a constant.",
		Instead: "Add the column without a default, and fill the rows that are there in small parts in a migration of its own. On PostgreSQL a second statement sets the default; on SQLite use the operation add_column, which rebuilds the table."},
	{Name: ruleRewrite, Dialects: pg, Severity: Error, sized: true,
		Why:     "The whole table and its indexes are written anew under ACCESS EXCLUSIVE: nobody reads or writes it meanwhile.",
		Instead: "Add a new column beside the old one, keep both in step with the operation create_sync, fill it in small parts, and change over; what reorganizes a table is for a window of maintenance."},
	{Name: ruleRebuild, Dialects: sqlite, Severity: Warning, sized: true,
		Why:     "SQLite cannot change the table in place: all rows are copied, compared and indexed again, and nobody else writes to the database meanwhile.",
		Instead: "Put all changes of the table into one migration, so that it is rebuilt once, and run it when writers can wait."},
	{Name: ruleIndex, Dialects: pg, Severity: Error, sized: true,
		Why:     "Without CONCURRENTLY nobody writes to the table until the index is built; to drop one, nobody reads it either.",
		Instead: `Use CONCURRENTLY between "-- +autocommit begin" and "-- +autocommit end", or concurrently: true beside the operation's name and columns.`},
	{Name: ruleKey, Dialects: pg, Severity: Error, sized: true,
		Why:     "The index of the constraint is built under ACCESS EXCLUSIVE: nobody reads or writes the table meanwhile.",
		Instead: "Build a unique index CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX, which takes no time. An exclusion constraint has no such way: it wants a new table, or a window of maintenance."},
	{Name: ruleUnvalidated, Dialects: pg, Severity: Error, sized: true,
		Why:     "All rows are checked while nobody may write (a foreign key: to either table), or even read.",
		Instead: "Add it NOT VALID, and VALIDATE CONSTRAINT in a later migration: that reads the rows while others read and write."},
	{Name: ruleValidate, Dialects: pg, Severity: Warning, sized: true,
		Why:     "The lock that adding the constraint took is held until the commit, and so while all rows are checked.",
		Instead: "Validate in a migration of its own, or in an autocommit section."},
	{Name: ruleSetNotNull, Dialects: pg, Severity: Error, sized: true,
		Why:     "SET NOT NULL reads all rows under ACCESS EXCLUSIVE, unless a validated check says that none is NULL.",
		Instead: "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID; in a later migration VALIDATE CONSTRAINT, then SET NOT NULL or the key, and then, in a statement of its own, drop the check."},
	{Name: ruleBackfill, Dialects: pg, Severity: Warning, sized: true,
		Why:     "The lock that the change of a table took is held while rows are written, until the commit.",
		Instead: `Write the rows between "-- +backfill table=…" and "-- +backfill end" (in YAML, in an item backfill: {…}), which commits chunk by chunk, or in a migration of their own.`},
	{Name: ruleSetting, Dialects: pg, Severity: Warning,
		Why:     "What SET and set_config change is taken back at the commit, also before a backfill and each of its chunks: what comes behind runs without it.",
		Instead: "Write the names with their schemas and the values into the statement; set it again behind the commit; or give a function that the statement calls a SET clause."},
	{Name: ruleLockTable, Dialects: pg, Severity: Warning, sized: true,
		Why:     "The lock is held until the commit.",
		Instead: "Leave it out: no other migration runs at the same time."},
	{Name: ruleRefresh, Dialects: pg, Severity: Warning, sized: true,
		Why:     "Nobody reads the view while it is refreshed.",
		Instead: "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view."},
	{Name: ruleTruncate, Dialects: pg, Severity: Warning,
		Why:     "TRUNCATE waits for everybody who uses the table and keeps all others out; transactions that began before see an empty table.",
		Instead: "DELETE the rows in parts, or truncate when nothing that runs needs the table."},
	{Name: ruleDropTable, Dialects: both, Severity: Warning, late: true,
		Why:     "Programs that still run use the table, and its rows are gone.",
		Instead: `Deploy a version that does not use it first, or put it into "-- +phase contract"; keep a backup, or rename it away for a while.`},
	{Name: ruleDropColumn, Dialects: both, Severity: Warning, late: true,
		Why:     "Programs that still run read and write the column, and what is in it is gone.",
		Instead: `Deploy a version that does not use it first, or put it into "-- +phase contract".`},
	{Name: ruleRenameTable, Dialects: both, Severity: Warning, late: true,
		Why:     "Programs that still run know the table by its old name.",
		Instead: `Leave a view of the old name, or make a new table, write both, change over, and drop the old one in "-- +phase contract".`},
	{Name: ruleRenameCol, Dialects: both, Severity: Warning, late: true,
		Why:     "Programs that still run know the column by its old name.",
		Instead: `Add a new column in "-- +phase expand", keep both in step with the operation create_sync, fill it in "-- +phase backfill", change over, and drop the old one in "-- +phase contract" or a later deploy.`},
	{Name: ruleRenameValue, Dialects: both, Severity: Warning, late: true,
		Why:     "Programs that still run know the value of the enum by its old name.",
		Instead: "Add a new value, change the rows, and drop the old one in a later deploy."},
	{Name: ruleDropObject, Dialects: both, Severity: Warning, late: true,
		Why:     "Programs that still run use it. A view that is made anew in the same migration is not meant.",
		Instead: "Deploy a version that does not use it first."},
	{Name: ruleRenameObject, Dialects: pg, Severity: Warning, late: true,
		Why:     "Programs that still run know it by its old name.",
		Instead: "Make one of the new name beside it, change over, and drop the old one in a later deploy."},
	{Name: ruleCascade, Dialects: pg, Severity: Warning,
		Why:     "CASCADE drops whatever refers to it, on this database and that: views, foreign keys, defaults.",
		Instead: "Drop what refers to it by name, so that what nobody thought of is an error."},
	{Name: ruleForeignKey, Dialects: both, Severity: Warning, sized: true,
		Why:     "To delete a row that is referred to, or change its key, the database reads the whole table that refers to it.",
		Instead: "Create an index that begins with the columns of the foreign key."},
	{Name: ruleNoWayBack, Dialects: both, Severity: Warning,
		Why:     "Who has to go back finds out only then that there is no way.",
		Instead: `Write a downgrade, or say that there is none: "-- Irreversible: why" in the header, downgrade: irreversible in YAML.`},
}
