package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// tidyWithin is how long rolling back, closing and cleaning up may take: they
// go on after the context of the call has ended.
const tidyWithin = 10 * time.Second

// An Option changes how a database is used.
type Option func(*database)

// LockTimeout sets how long a statement waits for a lock of the database,
// PostgreSQL's lock_timeout. While a migration waits for a table, everybody
// who comes later waits behind it, so it gives up and is tried again. Defaults
// to 2 seconds; 0 waits without end.
func LockTimeout(d time.Duration) Option {
	return func(db *database) { db.lockTimeout = d }
}

// Unprepared makes connections use no named prepared statements, as they do by
// themselves where they find a pooler between them and the server.
func Unprepared() Option {
	return func(db *database) { db.unprepared = true }
}

type database struct {
	config        *pgconn.Config
	display       string
	lockTimeout   time.Duration
	unprepared    bool
	scratchSchema bool // see ScratchSchema
}

// Open returns the database of a postgres:// or postgresql:// URL. What the URL
// leaves out is taken from the environment (PGHOST, PGUSER, PGPASSWORD …), a
// password file or a service file, as by psql. Parameters that are not about
// the connection are settings of the session, such as search_path. Nothing is
// connected to yet.
//
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
func Open(rawURL string, opts ...Option) (host.Database, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		// The reason that url.Parse gives may quote the password.
		return nil, errors.New("the database's URL is malformed; write characters of the user name and password " +
			"other than letters and digits as %XX (a / as %2F, a @ as %40, a % as %25)")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, fmt.Errorf("a database URL of scheme %q; want postgres:// or postgresql://", u.Scheme)
	}
	if authority, _, _ := strings.Cut(strings.TrimPrefix(rawURL, u.Scheme+"://"), "/"); strings.Count(authority, "@") > 1 {
		return nil, errors.New("the database's URL has more than one @ before its path: write an @ of the user or the password as %40")
	}
	config, err := pgconn.ParseConfig(rawURL)
	if err != nil {
		return nil, fmt.Errorf("the database's URL: %s", withoutSecrets(u, err.Error()))
	}
	// Text is UTF-8 on the other side of the host, whatever the database's own
	// encoding or PGCLIENTENCODING says.
	config.RuntimeParams["client_encoding"] = "UTF8"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "sandpiper"
	}
	config.BuildContextWatcherHandler = newCanceller
	db := &database{config: config, display: display(u, config), lockTimeout: 2 * time.Second}
	for _, opt := range opts {
		opt(db)
	}
	return db, nil
}

// Dialect returns chain.PostgreSQL.
func (db *database) Dialect() chain.Dialect { return chain.PostgreSQL }

// String returns the database's URL without its password, with the host, the
// user and the database's name that the environment gave.
func (db *database) String() string { return db.display }

// secretParameters are the parameters of a URL that are never shown.
var secretParameters = []string{"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}

func display(u *url.URL, config *pgconn.Config) string {
	shown := *u
	shown.User, shown.Fragment, shown.RawFragment = url.User(config.User), "", ""
	query := parameters(u)
	for _, secret := range secretParameters {
		query.Del(secret)
	}
	if shown.Host == "" && query.Get("host") == "" {
		if strings.HasPrefix(config.Host, "/") || strings.HasPrefix(config.Host, "@") {
			query.Set("host", config.Host) // the folder of a Unix-domain socket
		} else {
			shown.Host = net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
		}
	}
	if shown.Path == "" || shown.Path == "/" {
		shown.Path, shown.RawPath = "/"+cmp.Or(config.Database, config.User), ""
	}
	shown.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return shown.String()
}

// parameters returns a URL's parameters as PostgreSQL reads them: a + is a +.
func parameters(u *url.URL) url.Values {
	query, _ := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B"))
	return query
}

// withoutSecrets removes the passwords of a URL from a text.
func withoutSecrets(u *url.URL, text string) string {
	secrets := []string{}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password, url.QueryEscape(password), url.PathEscape(password))
		if _, raw, ok := strings.Cut(u.User.String(), ":"); ok {
			secrets = append(secrets, raw)
		}
	}
	for _, name := range secretParameters {
		for _, value := range parameters(u)[name] {
			secrets = append(secrets, value, url.QueryEscape(value))
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "xxxxx")
		}
	}
	return text
}

// Connect opens a connection. Nothing is created in the database.
func (db *database) Connect(ctx context.Context) (host.Conn, error) {
	c := &conn{db: db}
	var err error
	if c.main, err = db.dial(ctx); err != nil {
		return nil, err
	}
	if err := c.look(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// dial opens a link to the server.
func (db *database) dial(ctx context.Context) (*link, error) {
	pg, err := pgconn.ConnectConfig(ctx, db.config)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("connect to %s: %w", db, ctx.Err())
		}
		return nil, fmt.Errorf("connect to %s: %w", db, err)
	}
	return &link{pg: pg, prepared: map[string]bool{}}, nil
}
