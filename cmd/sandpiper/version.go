package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A versionData is the data of version.
type versionData struct {
	Version string `json:"version"`
	ABI     string `json:"abi"` // the newest that modules may ask for
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Prints the version of Sandpiper, and of the ABI that modules may ask for.",
		Example: "  sandpiper version --json",
		Args:    arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			data := versionData{host.Version, abi.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH}
			a.result(data, func(w io.Writer) {
				fmt.Fprintln(w, versionText())
			})
			return nil
		},
	}
}

// versionText is the version in a line.
func versionText() string {
	return fmt.Sprintf("sandpiper %s (ABI %s, %s, %s/%s)", host.Version, abi.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
