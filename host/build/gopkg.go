package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A ToolchainError says that there is no Go to build a plugin with.
type ToolchainError struct {
	Err error
}

// Error says what to install.
func (e *ToolchainError) Error() string {
	return fmt.Sprintf("a Go plugin is built with Go, and there is no go command: install it from https://go.dev/dl/ (%v)", e.Err)
}

// Unwrap returns why the command was not found.
func (e *ToolchainError) Unwrap() error { return e.Err }

// A CompileError is what Go's compiler has against a plugin.
type CompileError struct {
	Dir    string
	Output string // of the go command, as it is
}

// Error returns the compiler's output.
func (e *CompileError) Error() string {
	return fmt.Sprintf("go build of %s failed:\n%s", e.Dir, strings.TrimRight(e.Output, "\n"))
}

// compileGo compiles the Go package in a folder to a WASI reactor
// (https://go.dev/blog/wasmexport). Nothing of the machine goes into the
// module: neither paths, nor the version of the checkout, nor a build id.
func compileGo(ctx context.Context, dir string) ([]byte, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, &ToolchainError{err}
	}
	temp, err := os.MkdirTemp("", "sandpiper-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	out := filepath.Join(temp, "plugin.wasm")
	cmd := exec.CommandContext(ctx, tool, "build", "-o", out, "-buildmode=c-shared",
		"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOWASM=", "CGO_ENABLED=0", "PWD="+dir)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, &CompileError{Dir: dir, Output: output.String()}
		}
		return nil, fmt.Errorf("run %s: %w", tool, err)
	}
	return os.ReadFile(out)
}
