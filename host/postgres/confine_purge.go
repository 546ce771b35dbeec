package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// Purge implements host.Confined. Each object is dropped by its name and with
// RESTRICT: DROP OWNED would take what an administrator's role has besides. The
// role goes too if it is Sandpiper's and owns nothing in another database; what
// of role and schema is not among the result has stayed.
func (w *confined) Purge(ctx context.Context, entry host.Entry) (dropped []host.Owned, err error) {
	if w.tx != nil {
		return nil, errors.New("a transaction is open on this connection")
	}
	if exists, err := w.c.exists(ctx); err != nil {
		return nil, err
	} else if !exists {
		return nil, &host.LedgerFormError{What: "it is missing"}
	}
	took, err := w.c.tryLocked(ctx, func(token string) error {
		things, err := w.things(ctx)
		if err != nil {
			return err
		}
		gone, err := w.drop(ctx, things)
		if err != nil {
			return err
		}
		dropped = ownedOf(gone)
		items := []item{
			w.c.recordItem(entry, "", nil, token),
			{role: roleLedger, sql: "DELETE FROM " + w.c.table("sandpiper_progress") + " WHERE line = $1", values: [][]byte{[]byte(w.quarters.line())}},
		}
		if w.quarters.role == "" {
			items = append(items, item{role: roleLedger, sql: "DELETE FROM " + w.c.table(ownedTable) + " WHERE line = $1", values: [][]byte{[]byte(w.quarters.line())}})
		}
		return w.c.main.do(ctx, items...)
	})
	if err == nil && !took {
		return nil, host.ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("drop what plugin %s owns: %w; nothing is dropped", w.quarters.line(), withoutCascade(err))
	}
	return dropped, nil
}

// drop drops the objects as their owner, and then, as the runner, what they lived
// in and were allowed.
func (w *confined) drop(ctx context.Context, things []thing) (gone []thing, err error) {
	role := w.quarters.role
	items := []item{searchPathItem(serversOwn)}
	if role != "" {
		items = append(items, item{sql: "SET LOCAL ROLE " + quoteIdent(role)})
	}
	for _, sql := range dropObjects(things) {
		items = append(items, item{sql: sql})
	}
	if role != "" {
		items = append(items, item{sql: "RESET ROLE"})
	}
	if err := w.c.main.do(ctx, items...); err != nil {
		return nil, err
	}
	if role != "" {
		if err := w.revokeAll(ctx); err != nil {
			return nil, err
		}
	}
	for _, t := range things {
		went := true
		if t.Kind == "schema" || t.Kind == "role" {
			if went, err = w.dropIfEmpty(ctx, t); err != nil {
				return nil, err
			}
		}
		if went {
			gone = append(gone, t)
		}
	}
	return gone, nil
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

// revokeAll takes the role's privileges away.
func (w *confined) revokeAll(ctx context.Context) error {
	s, err := w.survey(ctx)
	if err != nil {
		return err
	}
	ours := slices.DeleteFunc(s.held, func(p privilege) bool { return !p.ours })
	var items []item
	for _, step := range privilegeSteps("REVOKE", ours, "FROM "+quoteIdent(w.quarters.role)) {
		items = append(items, item{sql: step.sql})
	}
	if len(items) == 0 {
		return nil
	}
	return w.c.main.do(ctx, items...)
}

// dropIfEmpty drops a schema in which nothing is, or a role on which nothing
// depends, in this database or another one. What the runner may not drop stays.
func (w *confined) dropIfEmpty(ctx context.Context, t thing) (gone bool, err error) {
	if err := w.c.main.do(ctx, item{sql: "SAVEPOINT sandpiper"}); err != nil {
		return false, err
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
		return false, w.c.main.do(ctx, item{sql: "ROLLBACK TO SAVEPOINT sandpiper"})
	}
	return err == nil, err
}
