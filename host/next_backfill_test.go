package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// What a backfill itself asks for, and the database does not have, is said of the
// backfill, whenever it is missed: no commit was refused.
func TestWhatABackfillAsksForIsMissing(t *testing.T) {
	const want = "see to what backfill %q asks for (the table, its columns, the privilege to read or lock its rows), or mend the migration, and run `sandpiper upgrade` again"
	wantMissing := func(t *testing.T, err error, name string) {
		t.Helper()
		var failed *host.RunError
		if !errors.As(err, &failed) || !strings.Contains(failed.Err.Error(), `backfill "`+name+`": `) || failed.Next != strings.Replace(want, "%q", `"`+name+`"`, 1) {
			t.Errorf("got %+v", failed)
			return
		}
		if failed.Statement != 1 || failed.Line != 5 {
			t.Errorf("it is statement %d in line %d, want 1 in line 5", failed.Statement, failed.Line)
		}
	}
	each(t, func(t *testing.T, base *fixture) {
		f := base.fresher()
		f.write(rev1, "-- +backfill table=nowhere\nUPDATE nowhere SET x = 1 WHERE ${chunk};\n-- +backfill end\n")
		_, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads")
		wantMissing(t, err, "nowhere")

		g := base.fresher().toFill(abi.Backfill{Table: "nowhere"}, numbered(5)...)
		wantMissing(t, g.upgrade(host.Config{}), "fill")

		if base.dialect == chain.PostgreSQL { // SQLite says that the key is gone
			g = base.fresher().cutShort("INTEGER")
			base.shell("DROP TABLE t")
			wantMissing(t, g.upgrade(host.Config{}), "fill")
		}
	})
}
