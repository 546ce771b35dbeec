package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errDeclined is an answer that was not yes.
var errDeclined = &statusError{exitFailed, kindDeclined, "", errors.New("not confirmed: nothing was changed")}

// askable refuses a command that has to ask where nobody can answer.
func (a *app) askable(what string) error {
	if a.flags.yes || terminal(a.stdin) {
		return nil
	}
	return usage("say --yes if you mean it", "%s asks before it runs, and standard input is not a terminal", what)
}

// confirm asks, and returns nil only if the answer is one of want.
func (a *app) confirm(ctx context.Context, question string, want ...string) error {
	fmt.Fprintf(a.stderr, "%s ", question)
	answer := make(chan string, 1)
	go func() {
		// On Ctrl-C the reader stays behind, until the process ends.
		line, err := bufio.NewReader(a.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			line = ""
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return context.Cause(ctx)
	case got := <-answer:
		for _, w := range want {
			if strings.EqualFold(got, w) {
				return nil
			}
		}
		return errDeclined
	}
}

// ask asks what may be answered with no.
func (a *app) ask(ctx context.Context, question string) (yes bool, err error) {
	err = a.confirm(ctx, question, "y", "yes")
	if errors.Is(err, errDeclined) {
		return false, nil
	}
	return err == nil, err
}
