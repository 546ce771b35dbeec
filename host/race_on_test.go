//go:build race

package host_test

// cutStep is how many calls of the database lie between two that a test cuts a run
// short at: the race detector finds what it finds in a few.
const cutStep = 7
