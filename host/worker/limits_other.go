//go:build !unix

package worker

// set does nothing: the deadline is what there is.
func (l limits) set() error { return nil }

// watchCPU watches nothing.
func (l limits) watchCPU(func()) (stop func(), err error) { return func() {}, nil }
