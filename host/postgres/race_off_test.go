//go:build !race

package postgres_test

// raceFactor is how many times slower the race detector makes a test.
const raceFactor = 1
