package sqlite

import (
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// authorize is asked while a statement of a plugin's is compiled, and compiled
// anew. What it does not know it denies. The place that a name is read in, a view
// or a trigger, is told and not believed: it may be the name of a WITH clause
// (https://sqlite.org/c3ref/c_alter_table.html).
func (w *wall) authorize(action sqlite3.AuthorizerActionCode, third, fourth, schema, inner string) sqlite3.AuthorizerReturnCode {
	if action == sqlite3.AUTH_PRAGMA && w.reading.kind == foreignKeysPragma && tabletext.Fold(third) == "foreign_keys" {
		return sqlite3.AUTH_IGNORE // and so it does nothing outside a transaction either
	}
	r := w.ask(action, third, fourth, schema, inner)
	if r == nil {
		return sqlite3.AUTH_OK
	}
	if w.refusal == nil {
		if _, there := w.there[tabletext.Fold(inner)]; there {
			r.Reason += ", which " + inner + " does"
		}
		w.refusal = r
	}
	return sqlite3.AUTH_DENY
}

// ask gives the verdict on one action.
func (w *wall) ask(action sqlite3.AuthorizerActionCode, third, fourth, schema, inner string) *policy.Refusal {
	if schema == "temp" && !w.internal(third) {
		return w.because("touch "+third, "what is temporary stands before the tables of the same name, and outlives the transaction")
	}
	switch action {
	case sqlite3.AUTH_SELECT, sqlite3.AUTH_RECURSIVE: // which the deadline ends
		return nil
	case sqlite3.AUTH_FUNCTION:
		return w.call(tabletext.Fold(fourth))
	case sqlite3.AUTH_READ:
		return w.readColumn(third, fourth, schema)
	case sqlite3.AUTH_INSERT, sqlite3.AUTH_UPDATE, sqlite3.AUTH_DELETE:
		return w.write(action, third, fourth, inner)
	case sqlite3.AUTH_CREATE_TABLE, sqlite3.AUTH_CREATE_VIEW, sqlite3.AUTH_CREATE_INDEX:
		return w.make(action, third, fourth)
	case sqlite3.AUTH_DROP_TABLE:
		return w.change("table", third)
	case sqlite3.AUTH_DROP_VIEW:
		return w.change("view", third)
	case sqlite3.AUTH_DROP_TRIGGER:
		return w.because("drop the trigger "+third, "plugins have no triggers, so it is somebody else's")
	case sqlite3.AUTH_DROP_INDEX:
		return w.index(third, fourth)
	case sqlite3.AUTH_REINDEX:
		return w.index(third, w.there[tabletext.Fold(third)].table)
	case sqlite3.AUTH_ALTER_TABLE: // the database, and then the table
		return w.change("table", fourth)
	case sqlite3.AUTH_PRAGMA:
		if w.reading.kind == "ALTER TABLE" && third == "quick_check" {
			return w.change("table", fourth) // ADD COLUMN looks at the rows by it
		}
		return w.because("use PRAGMA "+third, noGrant["PRAGMA"])
	}
	return w.because("send "+w.reading.kind, noGrantForAction[action])
}

// noGrantForAction says of what is left why no grant allows it.
var noGrantForAction = map[sqlite3.AuthorizerActionCode]string{
	sqlite3.AUTH_TRANSACTION:         hostTransactions,
	sqlite3.AUTH_SAVEPOINT:           hostTransactions,
	sqlite3.AUTH_ATTACH:              oneDatabase,
	sqlite3.AUTH_DETACH:              oneDatabase,
	sqlite3.AUTH_ANALYZE:             noGrant["ANALYZE"],
	sqlite3.AUTH_CREATE_TRIGGER:      noGrant["CREATE TRIGGER"],
	sqlite3.AUTH_CREATE_VTABLE:       noGrant["CREATE VIRTUAL TABLE"],
	sqlite3.AUTH_DROP_VTABLE:         noGrant["CREATE VIRTUAL TABLE"],
	sqlite3.AUTH_CREATE_TEMP_INDEX:   noGrant["CREATE TEMP"],
	sqlite3.AUTH_CREATE_TEMP_TABLE:   noGrant["CREATE TEMP"],
	sqlite3.AUTH_CREATE_TEMP_TRIGGER: noGrant["CREATE TEMP"],
	sqlite3.AUTH_CREATE_TEMP_VIEW:    noGrant["CREATE TEMP"],
	sqlite3.AUTH_DROP_TEMP_INDEX:     noGrant["CREATE TEMP"],
	sqlite3.AUTH_DROP_TEMP_TABLE:     noGrant["CREATE TEMP"],
	sqlite3.AUTH_DROP_TEMP_TRIGGER:   noGrant["CREATE TEMP"],
	sqlite3.AUTH_DROP_TEMP_VIEW:      noGrant["CREATE TEMP"],
}

func (w *wall) because(what, why string) *policy.Refusal {
	if why == "" {
		why = "it is not among the statements that a plugin may send"
	}
	return w.deny(policy.Denial{Reason: what + ": " + why})
}

// owns reports whether a table or view is the plugin's. In a transaction that
// does not change.
func (w *wall) owns(table string) bool {
	own, known := w.owned[table]
	if !known {
		own = w.judge.Owns(table)
		w.owned[table] = own
	}
	return own
}

// internal reports whether a table is one that SQLite itself reads and writes to
// do what the statement asks for. The statement does not name it.
func (w *wall) internal(table string) bool {
	if !w.reading.schema {
		return false
	}
	switch table {
	case "sqlite_master", "sqlite_temp_master", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4":
		return true
	case "pragma_quick_check":
		return w.reading.kind == "ALTER TABLE"
	}
	return false
}

// temporary reports whether a table is the one that a rebuild makes.
func (w *wall) temporary(table string) bool {
	folded := tabletext.Fold(table)
	return w.author == renderer && strings.HasPrefix(folded, temporaryPrefix) && !w.foreign[folded]
}

// call gives the verdict on a call of a function. What ALTER TABLE calls inside
// is not called by the statement, which does not name it; and what a plugin
// calls in the expressions of an ALTER TABLE is judged when the table is tried
// out.
func (w *wall) call(function string) *policy.Refusal {
	if w.reading.kind == "ALTER TABLE" && strings.HasPrefix(function, "sqlite_") {
		return nil
	}
	return w.judge.Call(policy.Call{Name: function})
}

// readColumn gives the verdict on reading a column; "" is none, but the rows.
func (w *wall) readColumn(table, column, schema string) *policy.Refusal {
	if w.owns(table) {
		return nil
	}
	folded := tabletext.Fold(table)
	_, there := w.there[folded]
	switch {
	case w.internal(table), w.temporary(table):
		return nil
	case strings.HasPrefix(folded, "sqlite_"):
		return w.because("read "+table, ownTablesOfLite)
	case !there && strings.HasPrefix(folded, "pragma_"):
		return w.because("read "+table, ownTablesOfLite)
	case !there && (w.modules[folded] || policy.Functions(chain.SQLite)[folded]):
		return w.judge.Call(policy.Call{Name: folded}) // of FROM
	case !there && column == "" && schema == "" && !strings.HasPrefix(folded, "sandpiper_"):
		return nil // it is the name of a WITH clause or of a subquery
	}
	access := policy.Access{Table: table, Verb: "select", Viewed: w.reading.kind == "CREATE VIEW"}
	if column != "" {
		access.Columns = []string{column}
	}
	return w.judge.Touch(access)
}

// write gives the verdict on a change of rows.
func (w *wall) write(action sqlite3.AuthorizerActionCode, table, column, inner string) *policy.Refusal {
	if w.owns(table) || w.internal(table) || w.temporary(table) {
		return nil
	}
	if strings.HasPrefix(tabletext.Fold(table), "sqlite_") {
		return w.because("write to "+table, ownTablesOfLite)
	}
	access := policy.Access{Table: table, Verb: "delete"}
	switch action {
	case sqlite3.AUTH_INSERT:
		access.Verb, access.Columns = "insert", w.reading.columns()
		access.All = access.Columns == nil || inner != ""
	case sqlite3.AUTH_UPDATE:
		access.Verb, access.Columns = "update", []string{column}
	}
	r := w.judge.Touch(access)
	replaces := w.reading.replaces || onConflict(w.there[tabletext.Fold(table)].sql, "REPLACE")
	if r != nil || !replaces || access.Verb == "delete" {
		return r
	}
	return w.judge.Touch(policy.Access{Table: table, Verb: "delete"})
}

// make gives the verdict on a new name.
func (w *wall) make(action sqlite3.AuthorizerActionCode, name, table string) *policy.Refusal {
	kind := "table"
	switch action {
	case sqlite3.AUTH_CREATE_VIEW:
		kind = "view"
	case sqlite3.AUTH_CREATE_INDEX:
		return w.makeIndex(name, table)
	}
	if name == "sqlite_sequence" || w.temporary(name) { // the first is for AUTOINCREMENT
		return nil
	}
	return w.judge.Make(policy.Object{Kind: kind, Name: name})
}

// makeIndex gives the verdict on a new index. Those of constraints are named by
// SQLite, and those of a table that is rebuilt were there before.
func (w *wall) makeIndex(name, table string) *policy.Refusal {
	if !w.temporary(table) {
		if r := w.change("table", table); r != nil {
			return r
		}
	}
	if strings.HasPrefix(name, "sqlite_autoindex_") || w.author == renderer {
		return nil // what is new is looked at when the operation is done
	}
	return w.judge.Make(policy.Object{Kind: "index", Name: name})
}

// index gives the verdict on an index that is there, which goes with its table.
func (w *wall) index(name, table string) *policy.Refusal {
	if w.author == renderer || w.reading.kind == "CREATE INDEX" || strings.HasPrefix(name, "sqlite_autoindex_") {
		if table == "" {
			return nil // it is the one that is being created
		}
		return w.change("table", table)
	}
	return w.judge.Change(policy.Object{Kind: "index", Name: name})
}

func (w *wall) change(kind, name string) *policy.Refusal {
	if w.temporary(name) {
		return nil
	}
	return w.judge.Change(policy.Object{Kind: kind, Name: name})
}

// joined gives the verdict on the tables that a statement names beside NATURAL or
// USING. SQLite asks its authorizer neither for the columns that such a join
// compares nor, if no other is read, for the table (sqlite3ProcessJoin in its
// select.c).
func (w *wall) joined(r *reading) *policy.Refusal {
	for _, name := range r.joins {
		o, there := w.there[name]
		switch {
		case there && (o.kind == "table" || o.kind == "view"):
			if refusal := w.judge.Touch(policy.Access{Table: o.name, Verb: "select", All: true, Viewed: r.kind == "CREATE VIEW"}); refusal != nil {
				refusal.Reason += " by a join with NATURAL or USING, which compares any of them"
				return refusal
			}
		case strings.HasPrefix(name, "sandpiper_") && !w.temporary(name):
			return w.judge.Touch(policy.Access{Table: name, Verb: "select", All: true})
		case w.modules[name]:
			if refusal := w.judge.Call(policy.Call{Name: name}); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}
