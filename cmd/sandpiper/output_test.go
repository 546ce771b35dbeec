package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// full is a stream with no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAResultThatCannotBeWrittenFails(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"version"}, exitFailed},
		{[]string{"version", "--json"}, exitFailed},
		{[]string{"--help"}, exitFailed},
		{[]string{"no-such-command", "--json"}, exitUsage},
	} {
		var stderr bytes.Buffer
		if code := run(c.args, strings.NewReader(""), full{}, &stderr); code != c.want || !strings.Contains(stderr.String(), "standard output: no space left") {
			t.Errorf("%q: %d, %q", c.args, code, &stderr)
		}
	}
}
