//go:build race

package diff_test

// walks are how many walks TestRoundTrips makes: the race detector makes each of
// them several times as long, and finds what it finds in one.
const walks = 2
