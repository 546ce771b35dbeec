package host_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/sandpiper-db/sandpiper/host"
)

// A recorder is a tracer provider that notes which spans begin and end, and
// how deep they are.
type recorder struct {
	noop.TracerProvider
	mu   sync.Mutex
	seen []string
}

type depthKey struct{}

func (r *recorder) Tracer(string, ...trace.TracerOption) trace.Tracer { return recorderTracer{r: r} }

type recorderTracer struct {
	noop.Tracer
	r *recorder
}

func (t recorderTracer) Start(ctx context.Context, name string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	depth, _ := ctx.Value(depthKey{}).(int)
	t.r.note(strings.Repeat(">", depth) + name)
	return context.WithValue(ctx, depthKey{}, depth+1), &recorderSpan{r: t.r, name: name}
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, what)
}

type recorderSpan struct {
	noop.Span
	r      *recorder
	name   string
	status string
}

func (s *recorderSpan) SetStatus(code codes.Code, _ string) { s.status = " " + code.String() }

func (s *recorderSpan) End(...trace.SpanEndOption) { s.r.note("/" + s.name + s.status) }

// A run, its migrations and their sections are spans of the global tracer.
func TestSpans(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := &recorder{}
		before := otel.GetTracerProvider()
		otel.SetTracerProvider(r)
		defer otel.SetTracerProvider(before)

		f.write(rev1, "CREATE TABLE a (id INTEGER);\n-- +autocommit begin\nINSERT INTO a VALUES (1);\n-- +autocommit end\n")
		f.write(rev2, "INSERT INTO nowhere VALUES (1);\n")
		if _, err := f.runner(host.Config{}).Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("the upgrade did not fail")
		}
		want := []string{
			"sandpiper upgrade",
			">sandpiper migration", ">>sandpiper section", "/sandpiper section", "/sandpiper migration",
			">sandpiper migration", "/sandpiper migration Error",
			"/sandpiper upgrade Error",
		}
		if got := strings.Join(r.seen, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// A runner that waits for another one, and then has nothing left to do, has not failed.
func TestSpansOfWaiting(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := &recorder{}
		before := otel.GetTracerProvider()
		otel.SetTracerProvider(r)
		defer otel.SetTracerProvider(before)

		f.write(rev1, "CREATE TABLE a (id INTEGER);\n")
		f.upgrade()
		f.write(rev2, "INSERT INTO a VALUES (1);\n")
		conn, err := f.open().Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		another, err := conn.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := another.Exec(t.Context(), host.Statement{SQL: "INSERT INTO a VALUES (2)", Ordinal: 1}); err != nil {
			t.Fatal(err)
		}
		waited := false
		cfg := host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventWaiting && !waited {
				waited = true
				if err := another.Rollback(); err != nil {
					t.Error(err)
				}
			}
		}}
		if _, err := f.runner(cfg).Upgrade(t.Context(), "heads"); err != nil || !waited {
			t.Fatalf("waited %t: %v", waited, err)
		}
		for _, span := range r.seen {
			if strings.HasSuffix(span, "Error") {
				t.Errorf("a span has failed: %q", r.seen)
			}
		}
	})
}
