package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Options say how a private server is run. The zero value is for tests.
type Options struct {
	// Fsync makes the server wait for the disk at every commit. Defaults to
	// off: tests end no machine.
	Fsync bool

	// Settings are further settings, by name, such as "log_statement": "all".
	Settings map[string]string
}

// A Server is a PostgreSQL server that tests may make databases on.
type Server struct {
	url    *url.URL      // of the maintenance database
	bin    string        // where a private server's programs are
	folder string        // of a private server, "" for somebody else's
	cmd    *exec.Cmd     // of a private server
	exited chan struct{} // closed once the private server is gone
}

// Use takes a server that runs already. rawURL names a database on it.
func Use(rawURL string) (*Server, error) {
	u, err := url.Parse(rawURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, fmt.Errorf("%s must be a URL such as postgres://user:password@host/database", Variable)
	}
	return &Server{url: u}, nil
}

// Start makes and starts a private server, and returns once it answers.
func Start(opts Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	removeAbandoned()

	folder, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, folder: folder}
	if err := s.start(opts); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) start(opts Options) error {
	if err := claim(s.folder); err != nil {
		return err
	}
	password := rand.Text()
	passwordFile := filepath.Join(s.folder, "password")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	if err := giveAway(s.folder, passwordFile); err != nil {
		return err
	}

	data := filepath.Join(s.folder, "data")
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "--pgdata", data, "--username", "postgres",
		"--auth", "password", "--pwfile", passwordFile, "--encoding", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir = s.folder
	asOrdinaryUser(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}

	return s.serve(data, password, opts)
}

// serve runs the server. Between finding a free port and using it another process
// may take it.
func (s *Server) serve(data, password string, opts Options) error {
	for attempt := 1; ; attempt++ {
		err := s.run(data, password, opts)
		if err == nil || attempt == 5 || !errors.Is(err, errPortTaken) {
			return err
		}
	}
}

// patience is how long a server may take for what it does at once, on a machine that
// has other things to do as well.
const patience = 5 * time.Minute

var errPortTaken = errors.New("the port was taken")

func (s *Server) run(data, password string, opts Options) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	logPath := filepath.Join(s.folder, "log")
	logFile, err := os.Create(logPath)
	if err != nil {
		return err
	}
	defer logFile.Close()

	args := []string{"-D", data, "-p", strconv.Itoa(port)}
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": s.folder,
		"max_connections":         "200",
		"autovacuum":              "off", // which would make timings and lock tests differ from run to run
		"fsync":                   "off",
	}
	if opts.Fsync {
		settings["fsync"] = "on"
	}
	for name, value := range opts.Settings {
		settings[name] = value
	}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...)
	cmd.Dir = s.folder
	cmd.Stdout, cmd.Stderr = logFile, logFile
	asOrdinaryUser(cmd)

	exited := make(chan struct{})
	if err := startTied(cmd, exited); err != nil {
		return err
	}
	s.cmd, s.exited = cmd, exited
	s.url = &url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return s.waitReady(logPath)
}

// waitReady connects until the server answers or is gone.
func (s *Server) waitReady(logPath string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.url.String())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
			s.cmd = nil
			log, _ := os.ReadFile(logPath)
			if strings.Contains(string(log), "could not bind") {
				return errPortTaken
			}
			return fmt.Errorf("the PostgreSQL server did not start:\n%s", log)
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL returns the URL of the server's maintenance database.
func (s *Server) URL() string { return s.url.String() }

// CreateDatabase makes an empty database and returns its name and URL.
func (s *Server) CreateDatabase(ctx context.Context) (name, databaseURL string, err error) {
	name = "sandpiper_test_" + strings.ToLower(rand.Text())
	if err := s.exec(ctx, `CREATE DATABASE "`+name+`" TEMPLATE template0`); err != nil {
		return "", "", err
	}
	u := *s.url
	u.Path = "/" + name
	return name, u.String(), nil
}

// DropDatabase drops a database that CreateDatabase made, and ends the
// sessions in it.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.exec(ctx, `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`)
}

func (s *Server) exec(ctx context.Context, sql string) error {
	conn, err := pgconn.Connect(ctx, s.url.String())
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// Log returns what a private server has logged.
func (s *Server) Log() (string, error) {
	if s.folder == "" {
		return "", errors.New("the log of a server that was not started here is out of reach")
	}
	log, err := os.ReadFile(filepath.Join(s.folder, "log"))
	return string(log), err
}

// Stop stops a private server and removes its folder. Somebody else's server
// is left alone.
func (s *Server) Stop() error {
	if s.cmd != nil {
		// Windows has no SIGINT; there the process is killed, and nothing of
		// its folder is wanted any more.
		if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
			s.cmd.Process.Kill()
		}
		select {
		case <-s.exited:
		case <-time.After(patience):
			s.cmd.Process.Kill()
			<-s.exited
		}
		s.cmd = nil
	}
	if s.folder == "" {
		return nil
	}
	return os.RemoveAll(s.folder)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
