package host

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// meters are the counters of a run. They go to the global meter provider: without
// one set up by the program they cost next to nothing. All of them say which line,
// revision and kind of database they are of, those of chunks which backfill as well.
type meters struct {
	dialect    attribute.KeyValue
	applied    metric.Int64Counter
	failed     metric.Int64Counter
	statements metric.Int64Counter
	visited    metric.Int64Counter
	chunks     metric.Int64Counter
	took       metric.Float64Histogram
	throttled  metric.Float64Counter
}

func newMeters(dialect chain.Dialect) *meters {
	m := otel.Meter(tracerName)
	count := func(name, unit, description string) metric.Int64Counter {
		// Only a name that is none is an error, and then the counter counts nothing.
		c, _ := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		return c
	}
	took, _ := m.Float64Histogram("sandpiper.chunk.duration", metric.WithUnit("s"),
		metric.WithDescription("From the beginning of a backfill's chunk to its commit"),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .1, .15, .2, .25, .3, .5, 1, 2.5, 5, 10, 30))
	throttled, _ := m.Float64Counter("sandpiper.throttled", metric.WithUnit("s"),
		metric.WithDescription("Time that backfills have paused between chunks, for replicas or for a rate"))
	return &meters{
		dialect:    systemName(dialect),
		applied:    count("sandpiper.migrations.applied", "{migration}", "Migrations that are committed"),
		failed:     count("sandpiper.migrations.failed", "{migration}", "Migrations that have failed"),
		statements: count("sandpiper.statements", "{statement}", "Calls with SQL, of migrations that run in this process"),
		visited:    count("sandpiper.rows.visited", "{row}", "Rows that backfills have visited"),
		chunks:     count("sandpiper.chunks", "{chunk}", "Chunks of backfills that are committed"),
		took:       took,
		throttled:  throttled,
	}
}

// event counts what an event tells of.
func (m *meters) event(e Event) {
	ctx := context.Background()
	switch e.Kind {
	case EventApplied:
		m.applied.Add(ctx, 1, m.of(e))
	case EventFailed:
		m.failed.Add(ctx, 1, m.of(e))
	case EventChunk:
		of := m.of(e, attribute.String("sandpiper.backfill", e.Backfill))
		m.visited.Add(ctx, e.Rows, of)
		m.chunks.Add(ctx, 1, of)
		m.took.Record(ctx, e.Took.Seconds(), of)
		m.throttled.Add(ctx, e.Paused.Seconds(), of)
	}
}

// sent counts the statements of a migration.
func (m *meters) sent(step Step, n int) {
	m.statements.Add(context.Background(), int64(n), m.of(Event{Line: step.Revision.Line, Revision: step.Revision.ID}))
}

// of says what an event is of.
func (m *meters) of(e Event, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(more,
		m.dialect, attribute.String("sandpiper.line", e.Line), attribute.String("sandpiper.revision", e.Revision))...)
}
