package source

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A temporary is a table or a view that its session alone has.
type temporary struct {
	line   int    // that makes it
	commit string // the first one behind it; "" before that
}

// A temporaries goes through the items of a direction and finds what is used behind a
// commit that it does not outlast: behind it there may be another session, of a run that
// goes on where one was stopped, and PostgreSQL's runs drop what is temporary with each
// commit. What is made and used inside an autocommit section is left alone.
type temporaries struct {
	name    string // of the file
	dialect chain.Dialect
	all     map[string]temporary
	section bool
}

// checkTemporary refuses what cannot be finished once its first part is committed.
func checkTemporary(name string, d chain.Dialect, items []chain.Item) error {
	t := temporaries{name: name, dialect: d, all: map[string]temporary{}}
	for _, item := range items {
		if err := t.item(item); err != nil {
			return err
		}
	}
	return nil
}

func (t *temporaries) item(item chain.Item) error {
	switch item.Kind {
	case chain.ItemAutocommitBegin:
		t.section = true
		t.commit("the autocommit section at line %d", item.Line)
	case chain.ItemAutocommitEnd:
		t.section = false
	case chain.ItemPhase:
		t.commit("the phase at line %d", item.Line)
	case chain.ItemBackfill:
		t.commit("the backfill at line %d", item.Backfill.Line)
		if made, there := t.all[t.fold(item.Backfill.Table)]; there {
			return t.refuse(item.Backfill.Table, made, item.Backfill.Line)
		}
		return t.uses(item)
	case chain.ItemOperation:
		q, err := schema.Decode([]byte(item.Document))
		if err != nil {
			return nil // it is told elsewhere
		}
		if q.Commits(string(t.dialect)) != "" {
			t.commit("the operation at line %d", item.Line)
		}
		if execute, ok := q.Operation.(*schema.Execute); ok && q.For(string(t.dialect)) {
			item.SQL = execute.SQL.For(string(t.dialect))
			return t.statement(item)
		}
	case chain.ItemStatement:
		return t.statement(item)
	}
	return nil
}

func (t *temporaries) statement(item chain.Item) error {
	if err := t.uses(item); err != nil {
		return err
	}
	t.makes(item)
	return nil
}

// commit notes that what is temporary so far does not outlast a commit.
func (t *temporaries) commit(where string, line int) {
	for name, made := range t.all {
		if made.commit == "" {
			made.commit = fmt.Sprintf(where, line)
			t.all[name] = made
		}
	}
}

// makes notes what a statement makes or drops.
//
// https://www.postgresql.org/docs/current/sql-createtable.html,
// https://sqlite.org/lang_createtable.html, https://sqlite.org/lang_createview.html
func (t *temporaries) makes(item chain.Item) {
	words := t.words(item.SQL)
	at := func(i int, keywords ...string) bool {
		for _, k := range keywords {
			if i < len(words) && words[i].Is(k) {
				return true
			}
		}
		return false
	}
	i, made := 1, false
	switch {
	case at(0, "DROP") && at(1, "TABLE", "VIEW"):
		i = 2
	case at(0, "CREATE"):
		if at(i, "OR") && at(i+1, "REPLACE") {
			i += 2
		}
		if at(i, "GLOBAL", "LOCAL") {
			i++
		}
		if made = at(i, "TEMP", "TEMPORARY"); made {
			i++
		}
		if at(i, "UNLOGGED", "RECURSIVE") {
			i++
		}
		if !at(i, "TABLE", "VIEW") {
			return
		}
		i++
	default:
		return
	}
	for at(i, "IF", "NOT", "EXISTS") {
		i++
	}
	if at(i, "pg_temp", "temp") && at(i+1, ".") {
		made = at(0, "CREATE")
		i += 2
	}
	if i >= len(words) {
		return
	}
	name, ok := words[i].Name(t.dialect)
	if !ok {
		return
	}
	delete(t.all, t.fold(name))
	if made && !t.section {
		t.all[t.fold(name)] = temporary{line: item.Line}
	}
}

// uses refuses a statement that reads or writes what a commit has taken away: a name
// behind a word that a table follows, unless the statement calls a query of its own so.
func (t *temporaries) uses(item chain.Item) error {
	words := t.words(item.SQL)
	for i := 1; i < len(words); i++ {
		name, ok := words[i].Name(t.dialect)
		made, there := t.all[t.fold(name)]
		if !ok || !there || made.commit == "" || !tableFollows(words[i-1]) || t.own(words, name) {
			continue
		}
		return t.refuse(name, made, item.Line+strings.Count(item.SQL[:words[i].Pos], "\n"))
	}
	return nil
}

// tableFollows reports whether the name of a table mostly follows a word.
func tableFollows(word chain.Token) bool {
	for _, w := range []string{"FROM", "JOIN", "INTO", "UPDATE", "USING", "ONLY"} {
		if word.Is(w) {
			return true
		}
	}
	return false
}

// own reports whether a statement calls a query of a WITH by a name.
func (t *temporaries) own(words []chain.Token, name string) bool {
	for i := 1; i+1 < len(words); i++ {
		called, ok := words[i].Name(t.dialect)
		first := words[i-1].Is("WITH") || words[i-1].Is("RECURSIVE")
		if ok && t.fold(called) == t.fold(name) && (first || words[i-1].Is(",") && (words[i+1].Is("AS") || words[i+1].Is("("))) {
			return true
		}
	}
	return false
}

func (t *temporaries) refuse(name string, made temporary, line int) error {
	return &chain.ParseError{Path: t.name, Line: line, Msg: fmt.Sprintf(
		"%s is temporary (line %d) and does not outlast the commit before %s: make an ordinary one, and drop it at the end, or use it only before", name, made.line, made.commit)}
}

// words are the tokens of a statement that the database sees.
func (t *temporaries) words(sql string) (words []chain.Token) {
	if len(t.all) == 0 && !strings.Contains(strings.ToLower(sql), "temp") {
		return nil
	}
	for token := range chain.Tokens(t.dialect, sql) {
		if !token.Blank() {
			words = append(words, token)
		}
	}
	return words
}

// fold returns a name as the database compares it.
func (t *temporaries) fold(name string) string {
	if t.dialect == chain.SQLite {
		return strings.ToLower(name)
	}
	return name
}
