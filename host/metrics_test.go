package host_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sandpiper-db/sandpiper/host"
)

// A chunkWorker tells of chunks besides what its migrations do.
type chunkWorker struct {
	inProcess
	chunks []host.Event
}

func (w chunkWorker) Work(ctx context.Context, order host.WorkOrder, events func(host.Event)) (host.Entry, host.WorkState, error) {
	return w.inProcess.Work(ctx, order, func(e host.Event) {
		events(e)
		if e.Kind == host.EventStarted {
			for _, c := range w.chunks {
				events(c)
			}
		}
	})
}

// What a run does is counted with the global meter provider.
func TestMetrics(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		reader := metric.NewManualReader()
		before := otel.GetMeterProvider()
		otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
		defer otel.SetMeterProvider(before)

		chunk := func(done int64, took, paused time.Duration) host.Event {
			return host.Event{Kind: host.EventChunk, Backfill: "b", Done: done, Total: 30, Rows: 10, Took: took, Paused: paused}
		}
		w := chunkWorker{f.worker(), []host.Event{
			chunk(10, 200*time.Millisecond, 0),
			{Kind: host.EventThrottled, Backfill: "b", Text: "replica r is 3 s behind"},
			chunk(20, 500*time.Millisecond, 2*time.Second),
			chunk(30, time.Second, 500*time.Millisecond),
		}}
		f.write(rev1, "CREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\n")
		f.write(rev2, "INSERT INTO nowhere VALUES (1);\n")
		r := f.pluginRunner(host.Config{Worker: w}, f.acme(ownsAcme, acmeTable))
		if _, err := r.Upgrade(t.Context(), "acme@head"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err == nil {
			t.Fatal("the upgrade did not fail")
		}
		of := func(line, revision, backfill string) string {
			return fmt.Sprintf(" %s %s@%s %s", f.dialect, line, revision, backfill)
		}
		want := map[string]string{
			"sandpiper.migrations.applied" + of("main", rev1, ""):  "1",
			"sandpiper.migrations.applied" + of("acme", acme1, ""): "1",
			"sandpiper.migrations.failed" + of("main", rev2, ""):   "1",
			"sandpiper.statements" + of("main", rev1, ""):          "2",
			"sandpiper.statements" + of("main", rev2, ""):          "1",
			"sandpiper.statements" + of("acme", acme1, ""):         "2", // the worker is in this process
			"sandpiper.rows.visited" + of("acme", acme1, "b"):      "30",
			"sandpiper.chunks" + of("acme", acme1, "b"):            "3",
			"sandpiper.throttled" + of("acme", acme1, "b"):         "2.5",
			"sandpiper.chunk.duration" + of("acme", acme1, "b"):    "3 in 1.7",
		}
		var data metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &data); err != nil {
			t.Fatal(err)
		}
		got := points(t, data)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s is %q, want %q", name, got[name], value)
			}
			delete(got, name)
		}
		for name, value := range got {
			t.Errorf("%s is %q and was not expected", name, value)
		}
	})
}

// points are the values of what was counted, by name and attributes.
func points(t *testing.T, data metricdata.ResourceMetrics) map[string]string {
	got := map[string]string{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					got[m.Name+labels(p.Attributes.Value)] = fmt.Sprint(p.Value)
				}
			case metricdata.Sum[float64]:
				for _, p := range d.DataPoints {
					got[m.Name+labels(p.Attributes.Value)] = fmt.Sprint(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					got[m.Name+labels(p.Attributes.Value)] = fmt.Sprintf("%d in %v", p.Count, p.Sum)
				}
			default:
				t.Errorf("%s is a %T", m.Name, d)
			}
		}
	}
	return got
}

func labels(value func(attribute.Key) (attribute.Value, bool)) string {
	text := func(key attribute.Key) string {
		v, _ := value(key)
		return v.AsString()
	}
	return fmt.Sprintf(" %s %s@%s %s", text("db.system.name"), text("sandpiper.line"), text("sandpiper.revision"), text("sandpiper.backfill"))
}
