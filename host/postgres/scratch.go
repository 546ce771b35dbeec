package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// scratchYoung is how old a scratch database must be to count as left behind
// where nobody is connected to it: its run may be about to connect. The time of
// its creation, by the server's clock, is in its name.
const scratchYoung = time.Hour

var scratchName = regexp.MustCompile(`^sandpiper_scratch_([0-9]+)_[0-9a-z]+$`)

// ScratchSchema lets Scratch make a schema in the database of its URL where the
// role may not create databases. There, SQL that names another schema or an
// extension is about the real ones, so it is only for SQL that names neither.
func ScratchSchema() Option {
	return func(db *database) { db.scratchSchema = true }
}

// Scratch makes an empty database on the server of a URL, to try things in: with
// the encoding, the locale and the search_path of the one that the URL names.
// drop drops it, even if its context has ended. One that an earlier run could
// not drop, since it was killed, is dropped by a later call.
func Scratch(ctx context.Context, rawURL string, opts ...Option) (db host.Database, drop func(context.Context) error, err error) {
	opened, err := Open(rawURL, opts...)
	if err != nil {
		return nil, nil, err
	}
	on := opened.(*database)
	server, err := on.dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer server.close()
	s, err := lookAround(ctx, server)
	if err != nil {
		return nil, nil, fmt.Errorf("make a scratch database beside %s: %w", on, err)
	}
	switch {
	case s.mayCreate:
		removeAbandoned(ctx, server, s.now)
		return s.database(ctx, on, server)
	case on.scratchSchema:
		return s.schema(ctx, on, server)
	}
	return nil, nil, fmt.Errorf("make a scratch database beside %s: the role %s may not create databases; run as a superuser: "+
		"ALTER ROLE %s CREATEDB; or give the URL of another server", on, s.role, s.role)
}

// A scratch is one that is to be made.
type scratch struct {
	name      string
	now       int64 // seconds since 1970, by the server's clock
	role      string
	mayCreate bool
	like      string   // the clauses of CREATE DATABASE for encoding and locale
	schemas   []string // statements that create the schemas on it
	brought   string   // the schemas that hold what extensions brought and nothing else, as a list
}

// lookAround finds out what a scratch database is to be like.
//
// https://www.postgresql.org/docs/current/sql-createdatabase.html
func lookAround(ctx context.Context, server *link) (*scratch, error) {
	var row []string
	err := server.do(ctx, item{
		sql: `SELECT extract(epoch FROM now())::bigint, quote_ident(rolname), rolcreatedb OR rolsuper,
  concat(format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate, datctype),
    CASE to_jsonb(d) ->> 'datlocprovider'
      WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'))
      WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', to_jsonb(d) ->> 'datlocale') END),
  (SELECT json_agg(format('CREATE SCHEMA IF NOT EXISTS %I', s) ORDER BY n) FROM unnest(current_schemas(false)) WITH ORDINALITY u (s, n) WHERE s NOT LIKE 'pg\_%'),
  (SELECT string_agg(DISTINCT quote_ident(nspname), ', ') FROM pg_extension JOIN pg_namespace s ON s.oid = extnamespace
   WHERE nspname <> 'pg_catalog' AND NOT EXISTS (SELECT FROM pg_depend u WHERE u.refclassid = 'pg_namespace'::regclass AND u.refobjid = s.oid AND u.deptype = 'n'
     AND u.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass)
     AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = u.classid AND e.objid = u.objid AND e.deptype = 'e')))
FROM pg_database d, pg_roles WHERE datname = current_database() AND rolname = current_user`,
		row: func(values [][]byte) error { row = texts(values); return nil },
	})
	if err != nil {
		return nil, err
	}
	if len(row) != 6 {
		return nil, errors.New("the server does not say what the database is like")
	}
	s := &scratch{role: row[1], mayCreate: row[2] == "t", like: row[3], brought: row[5]}
	if s.now, err = strconv.ParseInt(row[0], 10, 64); err != nil {
		return nil, err
	}
	s.name = fmt.Sprintf("sandpiper_scratch_%d_%s", s.now, strings.ToLower(rand.Text()[:12]))
	if row[4] != "" {
		err = json.Unmarshal([]byte(row[4]), &s.schemas)
	}
	return s, err
}

// database makes a database. A connection is kept to it, so that nobody else
// takes it for left behind.
func (s *scratch) database(ctx context.Context, on *database, server *link) (host.Database, func(context.Context) error, error) {
	made := *on
	made.config = on.config.Copy()
	made.config.Database = s.name
	made.display = renamed(on.display, func(u *url.URL) { u.Path, u.RawPath = "/"+s.name, "" })
	var keeper *link
	drop := func(ctx context.Context) error {
		if keeper != nil {
			keeper.close()
			keeper = nil
		}
		return on.tidy(ctx, `DROP DATABASE IF EXISTS `+quoteIdent(s.name)+` WITH (FORCE)`)
	}
	steps := func() error {
		name := quoteIdent(s.name)
		if err := server.do(ctx, item{sql: `CREATE DATABASE ` + name + ` TEMPLATE template0 ` + s.like}); err != nil {
			return err
		}
		// What is current need not be written as SQL writes it: "my-schema" has no
		// quotes in a URL (https://www.postgresql.org/docs/current/sql-alterdatabase.html).
		if err := server.do(ctx, item{sql: `ALTER DATABASE ` + name + ` SET search_path FROM CURRENT`}); err != nil {
			return err
		}
		var err error
		if keeper, err = made.dial(ctx); err != nil {
			return err
		}
		for _, sql := range s.schemas {
			if err := keeper.do(ctx, item{sql: sql}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := steps(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("make a scratch database beside %s: %w", on, err), drop(ctx))
	}
	return &made, drop, nil
}

// schema makes a schema in the database itself.
func (s *scratch) schema(ctx context.Context, on *database, server *link) (host.Database, func(context.Context) error, error) {
	path := quoteIdent(s.name)
	if s.brought != "" {
		path += ", " + s.brought
	}
	made := *on
	made.config = on.config.Copy()
	made.config.RuntimeParams["search_path"] = path
	made.display = renamed(on.display, func(u *url.URL) {
		query := parameters(u)
		query.Set("search_path", path)
		u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	})
	if err := server.do(ctx, item{sql: `CREATE SCHEMA ` + quoteIdent(s.name)}); err != nil {
		return nil, nil, fmt.Errorf("make a scratch schema in %s: %w", on, err)
	}
	return &made, func(ctx context.Context) error {
		return on.tidy(ctx, `DROP SCHEMA IF EXISTS `+quoteIdent(s.name)+` CASCADE`)
	}, nil
}

// renamed changes the URL that is shown.
func renamed(display string, change func(*url.URL)) string {
	u, err := url.Parse(display)
	if err != nil {
		return display
	}
	change(u)
	return u.String()
}

// tidy runs a statement on a connection of its own, even if the context has ended.
func (db *database) tidy(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyWithin)
	defer cancel()
	server, err := db.dial(ctx)
	if err == nil {
		err = server.do(ctx, item{sql: sql})
		server.close()
	}
	if err != nil {
		return fmt.Errorf("drop what was made to try things in: %w; run: %s", err, sql)
	}
	return nil
}

// removeAbandoned drops what earlier runs of the role have left. The server
// itself refuses to drop a database that somebody is connected to. What goes
// wrong here is no matter of this run.
func removeAbandoned(ctx context.Context, server *link, now int64) {
	var left []string
	_ = server.do(ctx, item{
		sql: `SELECT datname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE rolname = current_user AND datname LIKE 'sandpiper\_scratch\_%'`,
		row: func(values [][]byte) error {
			name := string(values[0])
			if m := scratchName.FindStringSubmatch(name); m != nil {
				made, err := strconv.ParseInt(m[1], 10, 64)
				if err == nil && time.Duration(now-made)*time.Second > scratchYoung {
					left = append(left, name)
				}
			}
			return nil
		},
	})
	for _, name := range left {
		_ = server.do(ctx, item{sql: `DROP DATABASE IF EXISTS ` + quoteIdent(name)})
	}
}
