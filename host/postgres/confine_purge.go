package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// Purge implements host.Confined. Each object is dropped by its name and with
// RESTRICT: DROP OWNED would take what an administrator's role has besides. The
// role goes too if it is Sandpiper's and owns nothing in another database.
func (w *confined) Purge(ctx context.Context, entry host.Entry) (done host.Purged, err error) {
	if w.tx != nil {
		return done, errors.New("a transaction is open on this connection")
	}
	if exists, err := w.c.exists(ctx); err != nil {
		return done, err
	} else if !exists {
		return done, &host.LedgerFormError{What: "it is missing"}
	}
	took, err := w.c.tryLocked(ctx, func(token string) error {
		things, err := w.things(ctx)
		if err != nil {
			return err
		}
		if done, err = w.drop(ctx, things); err != nil {
			return err
		}
		items := []item{
			w.c.recordItem(entry, "", nil, token),
			{role: roleLedger, sql: "DELETE FROM " + w.c.table("sandpiper_progress") + " WHERE line = $1", values: [][]byte{[]byte(w.quarters.line())}},
		}
		if w.quarters.role == "" && w.records {
			items = append(items, item{role: roleLedger, sql: "DELETE FROM " + w.c.table(ownedTable) + " WHERE line = $1", values: [][]byte{[]byte(w.quarters.line())}})
		}
		return w.c.main.do(ctx, items...)
	})
	if err == nil && !took {
		return host.Purged{}, host.ErrLocked
	}
	if err != nil {
		return host.Purged{}, fmt.Errorf("drop what plugin %s owns: %w; nothing is dropped", w.quarters.line(), withoutCascade(err))
	}
	return done, nil
}

// drop drops the objects as their owner, and then, as the runner, what they lived
// in and were allowed.
func (w *confined) drop(ctx context.Context, things []thing) (done host.Purged, err error) {
	role := w.quarters.role
	items := []item{searchPathItem(serversOwn)}
	if drops := dropObjects(things); len(drops) > 0 {
		if role != "" {
			items = append(items, item{sql: "SET LOCAL ROLE " + quoteIdent(role)})
		}
		for _, sql := range drops {
			items = append(items, item{sql: sql})
		}
		if role != "" {
			items = append(items, item{sql: "RESET ROLE"})
		}
	}
	if err := w.c.main.do(ctx, items...); err != nil {
		return done, err
	}
	var theirs []string // what the runner may not take away from the role
	if role != "" {
		if theirs, err = w.revokeAll(ctx); err != nil {
			return done, err
		}
	}
	var gone []thing
	for _, t := range things {
		if t.Kind != "schema" && t.Kind != "role" {
			gone = append(gone, t)
			continue
		}
		why, err := w.dropIfEmpty(ctx, t)
		switch {
		case err != nil:
			return done, err
		case why == nil:
			gone = append(gone, t)
		case t.Kind == "role":
			done.Kept = append(done.Kept, t.kept(why, theirs))
		default:
			done.Kept = append(done.Kept, t.kept(why, nil))
		}
	}
	done.Dropped = ownedOf(gone)
	return done, nil
}

// kept says why a schema or a role is still there. before is what an administrator
// runs before it can be dropped.
func (t thing) kept(why *host.SQLError, before []string) host.Kept {
	reason := why.Message
	if why.Detail != "" {
		reason += ": " + strings.ReplaceAll(why.Detail, "\n", "; ")
	}
	return host.Kept{Owned: t.Owned, Reason: reason, SQL: strings.Join(append(before, "DROP "+t.word+" "+t.qualified), "; ")}
}

// dropObjects are the statements that drop what stands by itself. The tables go
// in one, since foreign keys may tie them together, and so do views, the newest
// first, that follow each other.
func dropObjects(things []thing) (sqls []string) {
	drop := func(word string, names []string) {
		if len(names) > 0 {
			sqls = append(sqls, "DROP "+word+" "+strings.Join(names, ", ")+" RESTRICT")
		}
	}
	var word string
	var names []string
	for _, t := range things {
		if t.Kind != "view" {
			continue
		}
		if t.word != word {
			drop(word, names)
			word, names = t.word, nil
		}
		names = append(names, t.qualified)
	}
	drop(word, names)
	for _, word := range []string{"TABLE", "FOREIGN TABLE", "SEQUENCE", "TYPE"} {
		names = nil
		for _, t := range things {
			if t.word == word && !t.part && t.Kind != "index" {
				names = append(names, t.qualified)
			}
		}
		drop(word, names)
	}
	return sqls
}

// revokeAll takes the role's privileges away, and returns the statements that the
// runner may not run. Those of a role that is no wall were not given by the runner.
func (w *confined) revokeAll(ctx context.Context) (theirs []string, err error) {
	s, err := w.survey(ctx)
	if err != nil || s.role.powerful != "" {
		return nil, err
	}
	var items []item
	for _, step := range privilegeSteps("REVOKE", s.held, "FROM "+quoteIdent(w.quarters.role)) {
		if step.able {
			items = append(items, item{sql: step.sql})
		} else {
			theirs = append(theirs, step.sql)
		}
	}
	if len(items) == 0 {
		return theirs, nil
	}
	return theirs, w.c.main.do(ctx, items...)
}

// dropIfEmpty drops a schema in which nothing is, or a role on which nothing
// depends, in this database or another one. What the runner may not drop stays, and
// why is the server's word for it.
func (w *confined) dropIfEmpty(ctx context.Context, t thing) (why *host.SQLError, err error) {
	if err := w.c.main.do(ctx, item{sql: "SAVEPOINT sandpiper"}); err != nil {
		return nil, err
	}
	items := []item{{sql: "DROP " + t.word + " " + t.qualified}}
	if t.Kind == "schema" {
		items[0].sql += " RESTRICT"
		if role := w.quarters.role; role != "" {
			items = []item{{sql: "SET LOCAL ROLE " + quoteIdent(role)}, items[0], {sql: "RESET ROLE"}}
		}
	}
	err = w.c.main.do(ctx, items...)
	switch codeOf(err) {
	case codeDependent, codePrivilege:
		errors.As(err, &why)
		return why, w.c.main.do(ctx, item{sql: "ROLLBACK TO SAVEPOINT sandpiper"})
	}
	return nil, err
}
