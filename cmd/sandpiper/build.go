package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A buildData is the data of build.
type buildData struct {
	Output    string `json:"output"`
	Size      int    `json:"size"`
	Digest    string `json:"digest"`
	Revisions int    `json:"revisions"`
}

// describeWithin is how long a plugin may take to say what it holds.
const describeWithin = time.Minute

func newBuild(a *app) *cobra.Command {
	var (
		output, dialect string
		opts            build.Options
	)
	cmd := &cobra.Command{
		Use:   "build DIR|PLUGIN -o FILE.wasm",
		Short: "Make one module of a folder of migrations, or of a plugin",
		Long: `Makes one .wasm file that holds migrations and their manifest, and runs as it is
from any folder. The source is one of:

  a folder with versions/{postgresql,sqlite} of .sql and .yaml files
  a folder of such files for one --dialect
  the folder of a Go plugin (package main that imports the sdk); needs Go
  a .wasm file of another language, with sandpiper_describe and no manifest

Indexes and constraints that a .yaml file does not name are called as [naming] of
sandpiper.toml says. The same source and toolchain make the same bytes.

A module for the databases of others has a line of its own, and asks for what it
needs there in the [capabilities] of the sandpiper.toml in its source; a Go plugin
can say it with sdk.Ask instead. See "sandpiper help plugins".`,
		Example: `  sandpiper build migrations -o app.wasm
  sandpiper build ./plugins/slugs -o slugs.wasm --version 1.2.0
  sandpiper upgrade --dir app.wasm`,
		Args: arguments(1, 1, "one DIR or PLUGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usage("for example: -o app.wasm", "build needs -o, the file to write")
			}
			var err error
			if opts.Dialect, err = onlyDialect(dialect); err != nil {
				return err
			}
			config, err := findConfig(a.flags.config, args[0])
			if err != nil {
				return err
			}
			opts.Naming = schema.Naming(config.Naming)
			if opts.Capabilities, err = askedIn(args[0]); err != nil {
				return err
			}
			box, err := a.sandbox(describeWithin)
			if err != nil {
				return err
			}
			defer box.Close()
			module, err := build.Build(cmd.Context(), args[0], box, opts)
			if err != nil {
				return buildError(err)
			}
			if err := policy.Grantable(module.Manifest.Capabilities); err != nil {
				return usage("leave it out of the capabilities", "%s asks for what nobody can grant: %w", args[0], err)
			}
			if err := module.Write(output); err != nil {
				return err
			}
			data := buildData{output, len(module.Bytes), module.Digest, len(module.Manifest.Revisions)}
			a.result(data, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s, %s, %s\n", output, count(data.Revisions, "revision"), size(data.Size), data.Digest)
			})
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "the `file` to write")
	f.StringVar(&opts.Name, "name", "", "name of the module (else the plugin's, the folder's)")
	f.StringVar(&opts.Version, "version", "", "version of the module (else the plugin's)")
	f.StringVar(&opts.Line, "line", "", "line of its revisions (else the plugin's, main)")
	f.StringVar(&dialect, "dialect", "", "postgresql or sqlite, of files in DIR itself")
	_ = cmd.MarkFlagFilename("output", "wasm")
	return cmd
}

// buildError gives the errors of a build their kind.
func buildError(err error) error {
	var (
		tool    *build.ToolchainError
		compile *build.CompileError
		asks    *build.CapabilitiesError
	)
	if errors.As(err, &asks) {
		return usage("give it one with --line, or leave the capabilities out", "%w", err)
	}
	if errors.As(err, &tool) || errors.As(err, &compile) {
		return &statusError{exitFailed, kindBuild, "", err}
	}
	return err
}

// size is a number of bytes for people.
func size(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}
