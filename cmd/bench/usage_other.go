//go:build !unix

package main

import (
	"os"
	"time"
)

// maxRSS is not known here.
func maxRSS(*os.ProcessState) int64 { return 0 }

var begun = time.Now()

// processorTime is that of the clock here.
func processorTime() time.Duration { return time.Since(begun) }

// childrenTime is not known here.
func childrenTime() time.Duration { return 0 }
