//go:build !linux && !darwin

package sqlite

// freeSpace knows nothing here.
func freeSpace(string) (free uint64, known bool) { return 0, false }
