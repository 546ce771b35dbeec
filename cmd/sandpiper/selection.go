package main

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A selectionFlags is what the flags of a listing leave of the chain.
type selectionFlags struct {
	line, label  string
	from, to     string
	since, until string
	limit        int
}

// lineFlags adds the flags that choose a line, a branch, a range and a number.
func (s *selectionFlags) lineFlags(f *pflag.FlagSet) {
	f.StringVar(&s.line, "line", "", "only the revisions of this `line`")
	f.StringVar(&s.label, "label", "", "only the branch with this `label`")
	f.StringVar(&s.from, "from", "", "only `REV` and what comes from it")
	f.StringVar(&s.to, "to", "", "only `REV` and what it comes from")
	f.IntVarP(&s.limit, "limit", "n", 0, "only the newest so `many` (0: all)")
}

// dateFlags adds the flags that choose by date.
func (s *selectionFlags) dateFlags(f *pflag.FlagSet) {
	f.StringVar(&s.since, "since", "", "only from this `date` on: 2026-10-01, or 2026-10-01T09:30:00Z;\nin UTC, as file names are")
	f.StringVar(&s.until, "until", "", "only up to this `date`, that day included")
}

// selection reads the flags.
func (s *selectionFlags) selection() (chain.Selection, error) {
	out := chain.Selection{Line: s.line, Label: s.label, From: s.from, To: s.to, Limit: s.limit}
	if s.limit < 0 {
		return out, usage("", "--limit must not be negative")
	}
	var err error
	if out.Since, _, err = date("--since", s.since); err != nil {
		return out, err
	}
	var day bool
	if out.Until, day, err = date("--until", s.until); err != nil {
		return out, err
	}
	switch {
	case out.Until.IsZero():
	case day:
		out.Until = out.Until.AddDate(0, 0, 1)
	default:
		out.Until = out.Until.Add(time.Second)
	}
	if !out.Until.IsZero() && !out.Since.Before(out.Until) {
		return out, usage("", "--since %s is later than --until %s", s.since, s.until)
	}
	return out, nil
}

// date reads a day, or a moment. day says which it was.
func date(flag, text string) (t time.Time, day bool, err error) {
	if text == "" {
		return time.Time{}, false, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime} {
		if t, err = time.Parse(layout, text); err == nil {
			return t.UTC(), layout == time.DateOnly, nil
		}
	}
	return time.Time{}, false, usage("write 2026-10-01, or 2026-10-01T09:30:00Z", "%s: %q is not a date", flag, text)
}
