package author_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

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

func TestHoldTellsOfWhoHoldsOn(t *testing.T) {
	dir := t.TempDir()
	release, err := author.Hold(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = author.HoldFor(t.Context(), dir, time.Millisecond)
	var held *author.HeldError
	if !errors.As(err, &held) || held.Path != filepath.Join(dir, "sandpiper.lock.held") || held.By != fmt.Sprint("process ", os.Getpid()) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := author.Hold(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if release, err = author.Hold(t.Context(), dir); err != nil {
		t.Fatalf("after those who gave up: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

// Who was killed has left the file and what it wrote beside others, and holds
// nobody up; what another process writes at the moment stays.
func TestHoldTakesOverFromTheDead(t *testing.T) {
	dir := t.TempDir()
	versions := filepath.Join(dir, "versions", "sqlite")
	if err := os.MkdirAll(versions, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(dir, "sandpiper.lock.held"):       "process 4194999\n",
		filepath.Join(dir, ".sandpiper-4194999-1"):      "half",
		filepath.Join(versions, ".sandpiper-4194999-2"): "half",
		filepath.Join(dir, ".sandpiper-41949-3"):        "another's",
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	release, err := author.HoldFor(t.Context(), dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	var left []string
	for _, in := range []string{dir, versions} {
		entries, err := os.ReadDir(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left = append(left, e.Name())
		}
	}
	if want := []string{".sandpiper-41949-3", "versions"}; !slices.Equal(left, want) {
		t.Errorf("left is %q", left)
	}
}

// A process that is killed while it holds a folder holds nobody up.
func TestHoldEndsWithItsProcess(t *testing.T) {
	if dir := os.Getenv("TEST_HOLDS"); dir != "" { // the process
		if _, err := author.Hold(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		fmt.Println("held")
		select {}
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestHoldEndsWithItsProcess$")
	child.Env = append(os.Environ(), "TEST_HOLDS="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	if _, held := author.HoldFor(t.Context(), dir, time.Millisecond); err != nil || held == nil {
		t.Errorf("while it runs: %q, %v, %v", said, err, held)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	release, err := author.Hold(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
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
