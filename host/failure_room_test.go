package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// For want of room nobody mends a migration: the next step is to make some, and where.
func TestNoRoom(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE secret (id INTEGER);\n")
		f.upgrade()
		f.write(rev2, "SELECT 1;\n")
		for _, c := range []struct {
			err  error
			want string
		}{
			{fmt.Errorf("commit: %w", host.ErrDiskFull), "make room for the database and its temporary files, and run `sandpiper upgrade` again"},
			{
				fmt.Errorf("keep rows: %w", &os.PathError{Op: "write", Path: "/tmp/rows", Err: syscall.ENOSPC}),
				"make room in the folder for temporary files, or set TMPDIR to one with more, and run `sandpiper upgrade` again",
			},
		} {
			guest := scripted(func(context.Context, host.Calls) error {
				return &host.GuestError{Kind: host.GuestReturned, Message: "no luck", Err: c.err}
			})
			for target, plugins := range map[string][]host.Plugin{"main@head": nil, "acme@head": {f.acme(ownsAcme, acmeTable)}} {
				r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: plugins})
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.Upgrade(t.Context(), target)
				var failed *host.RunError
				if !errors.As(err, &failed) || failed.Next != c.want {
					t.Errorf("%s: got %v, want its next step to be %q", target, err, c.want)
				}
			}
		}
	})
}
