package postgres

import (
	"context"
	"strconv"

	"github.com/sandpiper-db/sandpiper/host"
)

// Sight tells whether another runner holds the lock. What pg_locks shows of an
// advisory lock of 64 bits is in two halves:
//
// https://www.postgresql.org/docs/current/view-pg-locks.html
func (c *conn) Sight(ctx context.Context) (host.Sight, error) {
	key := uint64(lockKey(c.schema))
	sight := host.Sight{Lock: host.LockFree}
	err := c.main.do(ctx, item{
		sql: `SELECT ` + micros("pg_catalog.clock_timestamp()") + `, EXISTS (
  SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
  WHERE d.datname = pg_catalog.current_database() AND l.locktype = 'advisory' AND l.granted
    AND l.classid = $1::oid AND l.objid = $2::oid AND l.objsubid = 1)`,
		values: [][]byte{
			strconv.AppendUint(nil, key>>32, 10),
			strconv.AppendUint(nil, key&0xffffffff, 10),
		},
		row: func(v [][]byte) (err error) {
			if isTrue(v[1]) {
				sight.Lock = host.LockHeld
			}
			sight.Now, err = parseMicros(v[0])
			return err
		},
	})
	return sight, err
}
