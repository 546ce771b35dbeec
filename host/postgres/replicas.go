package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// replicas are those that follow this server, with how far they are behind in
// microseconds.
//
// The replay_lag of the server is how long ago it sent what a replica has replayed
// at last. It stays that for a while after the replica has caught up, so who has
// replayed all there is is not behind, whatever it says. There is none for a
// replica that had caught up when it was heard of last, or that was not heard of
// since it connected. A backup is no replica, and neither is who replays nothing,
// such as pg_receivewal. Only pg_monitor sees more of them than that they are there.
//
// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
const replicas = `SELECT current_user, r.state IS NULL,
  coalesce(r.application_name, '') || coalesce(' (' || pg_catalog.host(r.client_addr) || ')', ''),
  CASE WHEN r.replay_lsn >= pg_catalog.pg_current_wal_flush_lsn() THEN 0
    ELSE coalesce((extract(epoch FROM r.replay_lag) * 1000000)::bigint, -1) END
FROM pg_catalog.pg_stat_replication r
WHERE r.state IS NULL OR r.state <> 'backup' AND (r.state <> 'streaming' OR r.replay_lsn IS NOT NULL)`

// Replicas implements host.Conn.
func (c *conn) Replicas(ctx context.Context) (all []host.Replica, err error) {
	hiddenFrom := ""
	err = c.main.do(ctx, item{sql: replicas, row: func(v [][]byte) error {
		if isTrue(v[1]) {
			hiddenFrom = string(v[0])
			return nil
		}
		lag, err := strconv.ParseInt(string(v[3]), 10, 64)
		r := host.Replica{Name: string(v[2]), Lag: time.Duration(lag) * time.Microsecond}
		if lag < 0 {
			r.Lag = host.UnknownLag
		}
		all = append(all, r)
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("ask how far the replicas are behind: %w", err)
	}
	if hiddenFrom != "" {
		return nil, fmt.Errorf("role %s may not see how far the replicas are behind: GRANT pg_monitor TO %s, or do without --max-lag",
			quoteIdent(hiddenFrom), quoteIdent(hiddenFrom))
	}
	return all, nil
}

// Replicas implements host.Conn.
func (w *confined) Replicas(ctx context.Context) ([]host.Replica, error) { return w.c.Replicas(ctx) }
