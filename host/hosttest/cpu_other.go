//go:build !unix

package hosttest

import (
	"testing"
	"time"
)

var begun = time.Now()

// CPUTime returns how long this process has been there, where nothing says how much of
// that it has computed.
func CPUTime(testing.TB) time.Duration { return time.Since(begun) }
