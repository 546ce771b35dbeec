//go:build linux && !amd64 && !arm64

package worker

// filter does nothing: the numbers of the calls are not known here.
func filter() error { return nil }
