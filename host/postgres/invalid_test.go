package postgres_test

import (
	"context"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// dropper is what a repair uses of a connection.
type dropper interface {
	InvalidIndexes(ctx context.Context) ([]host.InvalidIndex, error)
	DropInvalidIndex(ctx context.Context, fence host.Fence, index host.InvalidIndex) error
}

// An index that somebody builds at the moment is INVALID too, and is left alone;
// so is one that has become valid since it was looked at.
func TestIndexThatIsBuiltIsNoLeftover(t *testing.T) {
	url, conn, other := table(t, "(1)")
	drop := conn.(dropper)
	writer := psql(t, url)
	writer("BEGIN; INSERT INTO t VALUES (2)") // the build waits for this one
	built := make(chan error)
	go func() { built <- attempt(t, url, build) }()
	await(t, other, building, "1")
	if found, err := drop.InvalidIndexes(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("while it is built: %v, %v, want none", found, err)
	}
	index := host.InvalidIndex{Name: "public.t_a", Table: "t"}
	fence := host.Fence{Line: chain.DefaultLine}
	if err := drop.DropInvalidIndex(t.Context(), fence, index); err != nil {
		t.Error(err)
	}
	writer("COMMIT")
	if err := <-built; err != nil {
		t.Fatal(err)
	}
	if err := drop.DropInvalidIndex(t.Context(), fence, index); err != nil {
		t.Error(err)
	}
	wantState(t, other, "valid")

	// What a failed one leaves is found and dropped.
	other("DROP INDEX t_a; INSERT INTO t VALUES (2)")
	if err := attempt(t, url, build); err == nil {
		t.Fatal("the index was built on duplicates")
	}
	found, err := drop.InvalidIndexes(t.Context())
	if err != nil || len(found) != 1 || found[0] != index {
		t.Fatalf("found %v, %v, want %v", found, err, index)
	}
	if err := drop.DropInvalidIndex(t.Context(), fence, index); err != nil {
		t.Error(err)
	}
	wantState(t, other, "absent")
}
