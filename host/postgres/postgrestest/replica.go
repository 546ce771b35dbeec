package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Replica makes and starts a private server that follows s, a private one, under a
// name. It returns once the replica answers.
func (s *Server) Replica(name string, opts Options) (*Server, error) {
	if s.cmd == nil {
		return nil, errors.New("only a private server that runs can have a replica")
	}
	folder, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	r := &Server{bin: s.bin, folder: folder}
	if err := r.follow(s, name, opts); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// follow copies the primary's files and serves them as a standby's.
//
// https://www.postgresql.org/docs/current/app-pgbasebackup.html
func (s *Server) follow(primary *Server, name string, opts Options) error {
	if err := claim(s.folder); err != nil {
		return err
	}
	if err := giveAway(s.folder); err != nil {
		return err
	}
	from := *primary.url
	from.Path = ""
	query := from.Query()
	query.Set("application_name", name)
	from.RawQuery = query.Encode()

	data := filepath.Join(s.folder, "data")
	backup := exec.Command(filepath.Join(s.bin, "pg_basebackup"), "--pgdata", data, "--dbname", from.String(),
		"--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync")
	backup.Dir = s.folder
	asOrdinaryUser(backup)
	if out, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	password, _ := primary.url.User.Password()
	return s.serve(data, password, opts)
}
