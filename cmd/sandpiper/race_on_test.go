//go:build race

package main

// raceDetector says that the tests and the processes that they start are slow.
const raceDetector = true
