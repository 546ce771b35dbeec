package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// Read leaves nothing behind, and waits for whoever holds the lock.
func TestRead(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.upgrade()
		insert := func(ctx context.Context, tx host.Tx) error {
			_, err := tx.Exec(ctx, host.Statement{SQL: "INSERT INTO a VALUES (1)", Ordinal: 1})
			return err
		}
		if err := f.runner(host.Config{}).Read(t.Context(), insert); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, "SELECT count(*) FROM a")
		broken := errors.New("broken")
		err := f.runner(host.Config{}).Read(t.Context(), func(context.Context, host.Tx) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("got %v, want the error of the function", err)
		}

		conn, err := f.open().Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		tx, err := conn.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		if err := insert(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
		told := false
		cfg := host.Config{LockWait: time.Millisecond, OnEvent: func(e host.Event) { told = told || e.Kind == host.EventWaiting }}
		if err := f.runner(cfg).Read(t.Context(), insert); !errors.Is(err, host.ErrLocked) || !told {
			t.Errorf("got %v, want ErrLocked after being told of the wait (%v)", err, told)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := f.runner(host.Config{}).Read(t.Context(), insert); err != nil {
			t.Errorf("after the lock is free: %v", err)
		}
	})
}
