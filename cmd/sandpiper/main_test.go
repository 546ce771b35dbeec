package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
)

// TestMain lets the scripts run this binary as "sandpiper", and stops the test
// server at the end.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"sandpiper": mainThatDies, "stubborn": stubborn})
}

// stubborn is a command whose rollback never ends.
func stubborn() {
	a := &app{stderr: os.Stderr}
	a.display = a.newDisplay()
	a.running.Store(true)
	_, stop := a.interrupts(context.Background())
	defer stop()
	os.Stdout.WriteString("ready\n")
	select {}
}

type suite struct{ m *testing.M }

func (s suite) Run() int {
	code := 1
	cache, err := os.MkdirTemp("", "sandpiper-test-cache-")
	if err == nil {
		cacheDir = cache
		code = s.m.Run()
		err = os.RemoveAll(cache)
	}
	if err := errors.Join(err, stopServer()); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		code = max(code, 1)
	}
	return code
}

func TestReferenceIsUpToDate(t *testing.T) {
	var got bytes.Buffer
	writeReference(&got, newRoot(&app{}))
	want, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("README.md is not what the commands say: run `go run ./cmd/sandpiper docs > cmd/sandpiper/README.md`")
	}
}

func TestHelpNamesEveryFilter(t *testing.T) {
	for _, name := range autogenerate.FilterNames() {
		if !strings.Contains(autogenerateText, "\n  "+name+" ") {
			t.Errorf("the help on autogenerate does not say what %s leaves out", name)
		}
	}
}

// TestHelpOnDataShowsWhatRuns keeps the example of the help the one that a script runs.
func TestHelpOnDataShowsWhatRuns(t *testing.T) {
	script, err := os.ReadFile("testdata/script/data_help.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for line := range strings.Lines(dataExample) {
		example.WriteString(strings.TrimPrefix(line, "  "))
	}
	if !strings.Contains(string(script), "\n"+example.String()) {
		t.Errorf("data_help.txtar has no migration that does\n%s", &example)
	}
}

func TestNegativeTargetsAreNotFlags(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{[]string{"downgrade", "-1", "--yes"}, []string{"downgrade", "--yes", "--", "-1"}},
		{[]string{"downgrade", "--yes", "--", "-1"}, []string{"downgrade", "--yes", "--", "-1"}},
		{[]string{"upgrade", "-v", "+2"}, []string{"upgrade", "-v", "+2"}},
		{[]string{"__complete", "downgrade", "-1"}, []string{"__complete", "downgrade", "-1"}},
		{[]string{"history", "-n", "-1", "--all"}, []string{"history", "-n", "-1", "--all"}},
		{[]string{"graph", "--limit", "-3"}, []string{"graph", "--limit", "-3"}},
		{[]string{"--dir", "m", "downgrade", "--lock-wait", "-5", "-qy", "-2"}, []string{"--dir", "m", "downgrade", "--lock-wait", "-5", "-qy", "--", "-2"}},
		{nil, nil},
	} {
		if got := negativeTargets(newRoot(&app{}), c.args); !slices.Equal(got, c.want) {
			t.Errorf("%q became %q, want %q", c.args, got, c.want)
		}
	}
}
