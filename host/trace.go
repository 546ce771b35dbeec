package host

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Spans go to the global tracer provider: without an exporter set up by the
// program they cost next to nothing. A run is the span "sandpiper upgrade" or
// "sandpiper downgrade", with a span "sandpiper migration" per migration and a
// span "sandpiper section" per section and "sandpiper backfill" per backfill in it.
const tracerName = "github.com/sandpiper-db/sandpiper/host"

func startSpan(ctx context.Context, what string, attributes ...attribute.KeyValue) (context.Context, func(error)) {
	ctx, span := otel.Tracer(tracerName).Start(ctx, "sandpiper "+what, trace.WithAttributes(attributes...))
	return ctx, func(err error) {
		if err != nil {
			span.RecordError(err)
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

func runAttributes(r *Runner, target string) []attribute.KeyValue {
	return []attribute.KeyValue{
		systemName(r.db.Dialect()),
		attribute.String("sandpiper.target", target),
	}
}

func systemName(dialect chain.Dialect) attribute.KeyValue {
	return attribute.String("db.system.name", string(dialect))
}

func stepAttributes(s Step) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("sandpiper.line", s.Revision.Line),
		attribute.String("sandpiper.revision", s.Revision.ID),
		attribute.String("sandpiper.slug", s.Revision.Slug),
	}
}

func sectionAttributes(name string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("sandpiper.section", name)}
}

func backfillAttributes(name string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("sandpiper.backfill", name)}
}

// logEvent writes an event to the log: what guests say at their level, what
// happens to migrations at info, the rest at debug.
func (r *Runner) logEvent(e Event) {
	level := slog.LevelDebug
	switch e.Kind {
	case EventApplied, EventPhase, EventPaused, EventWaiting, EventRetrying, EventThrottled:
		level = slog.LevelInfo
	case EventFailed:
		level = slog.LevelError
	case EventLog:
		level = [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}[min(e.Level, LogError)]
	}
	ctx := context.Background()
	if !r.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("line", e.Line), slog.String("revision", e.Revision), slog.String("slug", e.Slug)}
	if e.Revision == "" {
		attrs = nil
	}
	if e.Text != "" {
		attrs = append(attrs, slog.String("text", e.Text))
	}
	if e.Phase != "" {
		attrs = append(attrs, slog.String("phase", e.Phase))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	r.log.LogAttrs(ctx, level, "migration "+string(e.Kind), attrs...)
}
