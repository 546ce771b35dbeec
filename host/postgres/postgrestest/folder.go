package postgrestest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	folderPattern = "sandpiper-postgres-*"
	ownerFile     = "owner" // holds the process id of the test process
)

// claim notes in a server's folder which process it belongs to.
func claim(folder string) error {
	return os.WriteFile(filepath.Join(folder, ownerFile), []byte(strconv.Itoa(os.Getpid())), 0o644)
}

// removeAbandoned removes the folders of test processes that are gone. A
// server that still runs in one shuts down when it misses its postmaster.pid,
// which it looks for every minute. What can't be removed is left.
func removeAbandoned() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPattern))
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, ownerFile))
		if err != nil {
			continue // being made, or not ours to read
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && !processExists(pid) {
			os.RemoveAll(folder)
		}
	}
}
