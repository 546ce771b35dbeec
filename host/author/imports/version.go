package imports

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// ID returns the revision id of a tool's version: the version itself where it is
// an id of Alembic's, else twelve hex digits made of the tool and the version.
func ID(tool, version string) string {
	if tool == alembic.name && chain.ValidID(version) {
		return version
	}
	sum := sha256.Sum256([]byte(tool + " " + version))
	return hex.EncodeToString(sum[:6])
}

// number drops the zeros before a number: 00001 and 1 are one version.
func number(digits string) string {
	if n := strings.TrimLeft(digits, "0"); n != "" {
		return n
	}
	return "0"
}

// compareNumbers orders numbers of any length without zeros before them.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// fileName is what the file of a revision is called.
func (rev Revision) fileName(created time.Time, ext string) string {
	return chain.FileName(chain.Revision{Key: chain.Key{ID: rev.ID}, Slug: rev.Slug, Created: created}, ext)
}

// firstTime is what the first revision is given where its version is no time.
var firstTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// createdTimes returns a time for every step. Where the version holds one, and
// it is after the one before, that is it; else it is a second after the one
// before: so the files sort in the order they run.
func createdTimes(steps []step) []time.Time {
	times := make([]time.Time, len(steps))
	last := firstTime.Add(-time.Second)
	for i, s := range steps {
		t, ok := timeOf(s.version)
		if !ok || !t.After(last) {
			t = last.Add(time.Second)
		}
		times[i], last = t, t
	}
	return times
}

// timeOf reads YYYYMMDDHHMMSS at the beginning of a version, or seconds since
// 1970, which some tools name files by.
func timeOf(version string) (time.Time, bool) {
	const layout = "20060102150405"
	n := digits(version)
	if n >= len(layout) {
		t, err := time.Parse(layout, version[:len(layout)])
		return t, err == nil
	}
	if n == len(version) && n == len("1700000000") {
		var seconds int64
		for _, c := range version {
			seconds = seconds*10 + int64(c-'0')
		}
		return time.Unix(seconds, 0).UTC(), true
	}
	return time.Time{}, false
}
