package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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
	got, _, err := a.answer(ctx, question)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(got, w) }) {
		return errDeclined
	}
	return nil
}

// answer asks, and returns the line that is the answer. ended says that there was
// none, as after Ctrl-D.
func (a *app) answer(ctx context.Context, question string) (got string, ended bool, err error) {
	fmt.Fprintf(a.stderr, "%s ", question)
	type line struct {
		text  string
		ended bool
	}
	answer := make(chan line, 1)
	go func() {
		// On Ctrl-C the reader stays behind, until the process ends.
		text, err := bufio.NewReader(a.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			text = ""
		}
		answer <- line{strings.TrimSpace(text), err != nil && text == ""}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return "", false, context.Cause(ctx)
	case l := <-answer:
		return l.text, l.ended, nil
	}
}

// ask asks what may be answered with no. No answer at all ends the command.
func (a *app) ask(ctx context.Context, question string) (yes bool, err error) {
	got, ended, err := a.answer(ctx, question)
	if ended {
		fmt.Fprintln(a.stderr)
		err = errDeclined
	}
	return err == nil && (strings.EqualFold(got, "y") || strings.EqualFold(got, "yes")), err
}
