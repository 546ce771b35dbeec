package host_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// What ends a comment of SQL, or looks as if it did, is not in one.
func TestCommentStaysInItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"upgrade x":                       "-- upgrade x",
		"  indented":                      "--   indented",
		"x\nDROP TABLE users;\n--":        "-- x DROP TABLE users; --",
		"x\r\nDROP TABLE users;":          "-- x DROP TABLE users;",
		"x\rDROP\vTABLE\fusers\x00;":      "-- x DROP TABLE users ;",
		"x\u0085y\u2028z\u2029\u202edrow": "-- x y z drow",
		"\x1b]0;title\ax":                 "-- ]0;title x",
		"\n":                              "-- ",
		"Füße and 日本, with 'a'  \"b\" -- c": "-- Füße and 日本, with 'a'  \"b\" -- c",
	} {
		if got := host.Comment(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
