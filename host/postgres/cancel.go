package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

const (
	// cancelWithin is how long the server has to answer a cancelled statement
	// before the connection is given up.
	cancelWithin = 5 * time.Second

	// cancelAgain is how long a request to cancel may be without effect. The
	// server drops one that arrives between two statements of a pipeline.
	cancelAgain = 200 * time.Millisecond

	// cancelSettles is how long after a request the signal may still be on its
	// way to the server's process, where it would hit the next statement.
	cancelSettles = 100 * time.Millisecond
)

// A canceller asks the server to cancel what a link waits for, once the
// context of the call has ended, until the link has its answer.
//
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
type canceller struct {
	pg      *pgconn.PgConn
	answer  chan struct{} // closed when the link has its answer
	stopped chan struct{} // closed when no more requests will be sent
}

func newCanceller(pg *pgconn.PgConn) ctxwatch.Handler { return &canceller{pg: pg} }

// HandleCancel is called when the context has ended. It does not block.
func (c *canceller) HandleCancel(context.Context) {
	deadline := time.Now().Add(cancelWithin)
	c.pg.Conn().SetDeadline(deadline)
	c.answer, c.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(c.stopped)
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		for {
			c.pg.CancelRequest(ctx)
			time.Sleep(cancelSettles)
			select {
			case <-c.answer:
				return
			case <-ctx.Done():
				return
			case <-time.After(cancelAgain):
			}
		}
	}()
}

// HandleUnwatchAfterCancel is called when the link has its answer.
func (c *canceller) HandleUnwatchAfterCancel() {
	close(c.answer)
	<-c.stopped
	c.pg.Conn().SetDeadline(time.Time{})
}
