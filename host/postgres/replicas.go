package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// replicas are those that follow this server, with how far they are behind in
// microseconds. The server knows no time of one that has replayed all there was and
// was sent nothing since: it is not behind. Of one that is still catching up it may
// know none either. Backups come and go.
//
// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
const replicas = `SELECT coalesce(r.application_name, '') || coalesce(' (' || pg_catalog.host(r.client_addr) || ')', ''), r.state IS NULL,
  CASE WHEN r.replay_lag IS NOT NULL THEN (extract(epoch FROM r.replay_lag) * 1000000)::bigint
    WHEN r.state = 'streaming' THEN 0 ELSE -1 END
FROM pg_catalog.pg_stat_replication r WHERE r.state IS DISTINCT FROM 'backup'`

// Replicas says how far the servers are behind that follow this one.
func (c *conn) Replicas(ctx context.Context) (all []host.Replica, err error) {
	hidden := false
	err = c.main.do(ctx, item{sql: replicas, row: func(v [][]byte) error {
		lag, err := strconv.ParseInt(string(v[2]), 10, 64)
		r := host.Replica{Name: string(v[0]), Lag: time.Duration(lag) * time.Microsecond}
		if lag < 0 {
			r.Lag = host.UnknownLag
		}
		hidden = hidden || isTrue(v[1])
		all = append(all, r)
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("ask how far the replicas are behind: %w", err)
	}
	if hidden {
		return nil, errors.New("the role of the connection may not see how far the replicas are behind: GRANT pg_monitor to it, or do without --max-lag")
	}
	return all, nil
}

// Replicas is that of the connection.
func (w *confined) Replicas(ctx context.Context) ([]host.Replica, error) { return w.c.Replicas(ctx) }
