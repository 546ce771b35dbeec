package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// maxRoleName is how many bytes the server keeps of a name.
const maxRoleName = 63

// quartersOf says where a plugin lives. Its role, unless the operator has named
// one, is called sandpiper_LINE_HASH: roles are the whole server's, so the hash
// tells apart the plugins of one name in its databases and ledgers.
func (c *conn) quartersOf(how host.Confinement) quarters {
	q := quarters{grants: how.Grants, role: how.Role, home: how.Grants.Line, shared: c.schema}
	if how.Grants.Allowed.Shared {
		q.home = c.schema
	}
	if how.Role == "" {
		q.made = true
		sum := sha256.Sum256([]byte(c.database + "\x00" + c.schema + "\x00" + q.line()))
		hash := "_" + hex.EncodeToString(sum[:4])
		name := "sandpiper_" + q.line()
		q.role = name[:min(len(name), maxRoleName-len(hash))] + hash
	}
	if how.WithoutRole {
		q.role, q.unused, q.made = "", q.role, false
	}
	return q
}

// mark is the comment by which Sandpiper knows a role for one that it, or an
// administrator in its place, has made for this plugin.
func (c *conn) mark(q *quarters) string {
	return fmt.Sprintf("plugin %s of Sandpiper, for the ledger in schema %q of database %q", q.line(), c.schema, c.database)
}

// A step is a statement that makes a plugin's quarters.
type step struct {
	sql  string
	able bool // the runner may, as far as can be told
}

// provision makes the plugin's role and schema, and its privileges what the
// grants say, in one transaction under the lock; where nothing differs it takes
// no lock. It does not wait for it either, but returns ErrLocked: a run tells
// that it waits.
func (w *confined) provision(ctx context.Context) error {
	var steps []step
	var who string
	look := func() (bool, error) {
		s, err := w.survey(ctx)
		if err != nil {
			return false, err
		}
		w.temp, w.records = s.limitsTemp, s.records
		who = s.user
		if steps, err = w.plan(s); err != nil {
			return false, err
		}
		if len(steps) > 0 && w.existing {
			return false, host.ErrNotReady
		}
		if slices.ContainsFunc(steps, func(s step) bool { return !s.able }) {
			return false, w.ask(steps, who, nil)
		}
		return len(steps) == 0, nil
	}
	if done, err := look(); done || err != nil {
		return err
	}
	took, err := w.c.tryLocked(ctx, func(string) error {
		if done, err := look(); done || err != nil {
			return err
		}
		items := make([]item, len(steps))
		for i, s := range steps {
			items[i] = item{sql: s.sql}
		}
		err := w.c.main.do(ctx, items...)
		if codeOf(err) == codePrivilege {
			return w.ask(steps, who, err)
		}
		return err
	})
	if err == nil && !took {
		err = host.ErrLocked
	}
	w.records = w.records || w.quarters.role == "" && !w.leaving // it is made now
	return err
}

// ask is the error that leaves the steps to an administrator.
func (w *confined) ask(steps []step, who string, cause error) error {
	q := &w.quarters
	var text strings.Builder
	fmt.Fprintf(&text, "the runner's role %q may not do all that it needs", who)
	if cause != nil {
		fmt.Fprintf(&text, " (%v)", cause)
	}
	fmt.Fprintf(&text, ". Have an administrator run, once, in database %q:\n", w.c.database)
	for _, s := range steps {
		text.WriteString("  " + s.sql + ";\n")
	}
	text.WriteString("Then run again.")
	if q.made {
		fmt.Fprintf(&text, " Or name a role that is there: role = \"…\" in [plugins.%s] of sandpiper.toml.", q.line())
	}
	if q.role != "" {
		text.WriteString(" Or run it as the runner's role, with the verdicts on its statements alone between it and the database: " +
			"--without-role, or without_role = true")
	}
	return &provisionError{text.String(), cause}
}

// A provisionError is what a plugin needs and the runner may not give it.
type provisionError struct {
	text  string
	cause error
}

func (e *provisionError) Error() string { return e.text }
func (e *provisionError) Unwrap() error { return e.cause }

// plan says what is missing. What has a name of the plugin's and is not its own
// is refused, and not taken over.
func (w *confined) plan(s *survey) ([]step, error) {
	if err := w.movedIn(s); err != nil {
		return nil, err
	}
	if w.leaving {
		return w.planLeaving(s)
	}
	if w.quarters.role == "" {
		return w.planWithoutRole(s)
	}
	steps, err := w.planRole(s)
	if err != nil {
		return nil, err
	}
	home, err := w.planHome(s)
	if err != nil {
		return nil, err
	}
	return append(append(steps, home...), w.planPrivileges(s)...), nil
}

// movedIn refuses a plugin that has been at work with a role where it had none, or
// without the one it had: what it owns would not be taken for its own.
func (w *confined) movedIn(s *survey) error {
	q := &w.quarters
	switch {
	case s.other == "":
		return nil
	case q.role == "":
		return fmt.Errorf("what plugin %s owns in schema %q belongs to its role %q, which it ran as before: leave out --without-role, "+
			"and without_role = true in [plugins.%s] of sandpiper.toml", q.line(), q.home, s.other, q.line())
	}
	return fmt.Errorf("what plugin %s owns in schema %q belongs to %q, since it ran without a role of its own before: say --without-role, "+
		"or without_role = true in [plugins.%s] of sandpiper.toml", q.line(), q.home, s.other, q.line())
}

func (w *confined) planRole(s *survey) (steps []step, err error) {
	q := &w.quarters
	role := quoteIdent(q.role)
	switch {
	case !s.role.exists && !q.made:
		return nil, fmt.Errorf("role %q does not exist: create it, or leave role = … out and the runner makes one", q.role)
	case !s.role.exists:
		steps = append(steps,
			step{"CREATE ROLE " + role + " NOLOGIN NOINHERIT", s.creates},
			step{"COMMENT ON ROLE " + role + " IS " + quoteText(w.c.mark(q)), s.creates})
	case q.made && s.role.comment != w.c.mark(q):
		return nil, w.notMade()
	case s.role.powerful != "":
		return nil, fmt.Errorf("role %q is no wall: %s; %s", q.role, s.role.powerful, q.instead())
	}
	return append(steps, w.planMember(s)...), nil
}

// planMember lets the runner act as the role.
func (w *confined) planMember(s *survey) (steps []step) {
	for _, member := range []struct {
		name string
		is   bool
	}{{s.session, s.role.entered}, {s.user, s.role.acts}} {
		grant := w.grantRole(quoteIdent(w.quarters.role), member.name)
		if !member.is && !s.super && !slices.ContainsFunc(steps, func(t step) bool { return t.sql == grant }) {
			steps = append(steps, step{grant, s.creates})
		}
	}
	return steps
}

// planLeaving is what it takes to drop what the plugin owns. Where there is no role
// of its own that is nothing, and one that is no wall is not entered for it.
func (w *confined) planLeaving(s *survey) ([]step, error) {
	q := &w.quarters
	switch {
	case q.role == "" || !s.role.exists || s.role.powerful != "":
		return nil, nil
	case q.made && s.role.comment != w.c.mark(q):
		return nil, w.notMade()
	}
	return w.planMember(s), nil
}

func (w *confined) notMade() error {
	q := &w.quarters
	return fmt.Errorf("role %q exists and was not made for this plugin: rename it, or, if it is meant, say role = %q in [plugins.%s] of sandpiper.toml",
		q.role, q.role, q.line())
}

// instead says what to do about a role that is no wall.
func (q *quarters) instead() string {
	if q.made {
		return fmt.Sprintf("take that away from it, or name another role that may do nothing but what the plugin is to do: role = \"…\" in [plugins.%s] of sandpiper.toml", q.line())
	}
	return fmt.Sprintf("name another one in [plugins.%s] of sandpiper.toml, which an administrator makes for this plugin alone (CREATE ROLE NAME NOLOGIN), "+
		"or leave role = … out and the runner makes one", q.line())
}

// grantRole lets the runner enter the role, and read what the plugin owns. From
// version 16 on both have to be said.
//
// https://www.postgresql.org/docs/current/sql-grant.html
func (w *confined) grantRole(role, to string) string {
	sql := "GRANT " + role + " TO " + quoteIdent(to)
	if w.c.version >= 160000 {
		sql += " WITH INHERIT TRUE, SET TRUE"
	}
	return sql
}

func (w *confined) planHome(s *survey) ([]step, error) {
	q := &w.quarters
	switch {
	case q.home == q.shared && !q.grants.Allowed.Shared:
		return nil, fmt.Errorf("the ledger is in schema %q, which would be the plugin's own: only a plugin that is shared can live there", q.home)
	case q.home == q.shared:
		return nil, nil
	case !s.home.exists:
		return []step{{"CREATE SCHEMA " + quoteIdent(q.home) + " AUTHORIZATION " + quoteIdent(q.role), s.makesSchemas}}, nil
	case s.home.owner != q.role:
		return nil, fmt.Errorf("schema %q, which would be the plugin's own, exists and belongs to %q: drop or rename it; or, if it is meant, "+
			"ALTER SCHEMA %s OWNER TO %s", q.home, s.home.owner, quoteIdent(q.home), quoteIdent(q.role))
	}
	return nil, nil
}

// planWithoutRole keeps what a plugin owns in a table beside the ledger.
func (w *confined) planWithoutRole(s *survey) (steps []step, err error) {
	q := &w.quarters
	if !s.records {
		steps = append(steps, step{fmt.Sprintf(createOwned, w.c.table(ownedTable)), true})
	}
	switch {
	case q.home == q.shared && !q.grants.Allowed.Shared:
		return nil, fmt.Errorf("the ledger is in schema %q, which would be the plugin's own: only a plugin that is shared can live there", q.home)
	case q.home == q.shared || s.homed && s.home.exists:
	case s.home.exists:
		return nil, fmt.Errorf("schema %q, which would be the plugin's own, exists and is not the plugin's: drop or rename it", q.home)
	default:
		steps = append(steps,
			step{"CREATE SCHEMA " + quoteIdent(q.home), s.makesSchemas},
			step{"INSERT INTO " + w.c.table(ownedTable) + " VALUES (" + quoteText(q.line()) + ", 'schema', " + quoteText(q.home) + ") ON CONFLICT DO NOTHING", true})
	}
	return steps, nil
}
