//go:build race

package sqlite_test

// raceFactor is how many times slower the race detector makes a test.
const raceFactor = 5
