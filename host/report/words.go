package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// shown is a text of a stranger's on the page, where html/template escapes it. What
// turns the direction of writing, and what nobody sees, is written as Go does.
func shown(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func steers(r rune) bool { return abi.Steers(r) && r != '\n' && r != '\t' }

// duration is a duration for people.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// moment is a time for people, the same wherever the page is made.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// rate is how many rows a second, "" if that cannot be told.
func rate(rows int64, took time.Duration) string {
	if rows <= 0 || took <= 0 {
		return ""
	}
	return policy.Thousands(int64(float64(rows)/took.Seconds())) + " rows/s"
}

// count is "1 migration" or "3,000 migrations".
func count[N int | int64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return policy.Thousands(int64(n)) + " " + what + "s"
}
