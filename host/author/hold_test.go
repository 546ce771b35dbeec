package author_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sandpiper-db/sandpiper/host/author"
)

func TestHoldWaitsForTheOther(t *testing.T) {
	dir := t.TempDir()
	release, err := author.Hold(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		release, err := author.Hold(t.Context(), dir)
		if err == nil {
			err = release()
		}
		second <- err
	}()
	select {
	case err := <-second:
		t.Fatalf("two hold the folder at once: %v", err)
	default:
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("afterwards there is %v, %v", left, err)
	}
}

// Who was killed has left the file: it is told, and nobody takes it away unasked.
func TestHoldTellsOfAFileThatStays(t *testing.T) {
	dir := t.TempDir()
	if _, err := author.Hold(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		_, err := author.Hold(t.Context(), dir)
		var held *author.HeldError
		if !errors.As(err, &held) || held.Path != filepath.Join(dir, "sandpiper.lock.held") || !strings.HasPrefix(held.By, "process ") {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := author.Hold(ctx, dir); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
	if err := os.Remove(filepath.Join(dir, "sandpiper.lock.held")); err != nil {
		t.Error(err)
	}
}

func TestHoldOfNoFolder(t *testing.T) {
	release, err := author.Hold(t.Context(), filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
