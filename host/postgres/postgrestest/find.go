package postgrestest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

// binaries returns the folder of an installed PostgreSQL server's programs:
// the newest of Debian's, what pg_config says, or what PATH has.
func binaries() (string, error) {
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Slice(candidates, func(i, j int) bool {
		return majorVersion(candidates[i]) > majorVersion(candidates[j])
	})
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	for _, dir := range candidates {
		if isProgram(dir, "initdb") && isProgram(dir, "postgres") {
			return dir, nil
		}
	}
	return "", errors.New("no PostgreSQL server is installed: run `apt-get install postgresql` " +
		"(`brew install postgresql` on macOS), or set " + Variable + " to the URL of a server where databases may be created")
}

func majorVersion(bin string) int {
	v, _ := strconv.Atoi(strings.SplitN(filepath.Base(filepath.Dir(bin)), ".", 2)[0])
	return v
}

func isProgram(dir, name string) bool {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}
