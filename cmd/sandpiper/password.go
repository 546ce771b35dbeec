package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"
)

// passwordEnv has the password of a secret key where nobody can be asked.
const passwordEnv = "SANDPIPER_KEY_PASSWORD"

// password returns the password of a key: the environment's, else what is typed
// at the terminal, which does not show it. A new one is typed twice.
func (a *app) password(ctx context.Context, file string, isNew bool) (string, error) {
	if password, ok := os.LookupEnv(passwordEnv); ok {
		return password, nil
	}
	stdin, ok := a.stdin.(*os.File)
	if !ok || !terminal(stdin) {
		return "", usage("set "+passwordEnv+", or run it at a terminal",
			"%s needs a password, and standard input is not a terminal to ask for it", file)
	}
	password, err := a.typed(ctx, stdin, "Password of "+file+":")
	if err != nil || !isNew {
		return password, err
	}
	again, err := a.typed(ctx, stdin, "Once more:")
	if err == nil && again != password {
		err = usage("", "the two passwords are not the same: nothing was written")
	}
	return password, err
}

// typed asks for what is not to be seen.
func (a *app) typed(ctx context.Context, stdin *os.File, question string) (string, error) {
	fmt.Fprintf(a.stderr, "%s ", question)
	defer fmt.Fprintln(a.stderr)
	shown, err := term.GetState(int(stdin.Fd()))
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	answer := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(int(stdin.Fd()))
		answer <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(int(stdin.Fd()), shown))
	case l := <-answer:
		return string(l.text), l.err
	}
}
