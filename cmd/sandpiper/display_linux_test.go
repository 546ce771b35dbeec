package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/sys/unix"

	"github.com/sandpiper-db/sandpiper/host"
)

// A screen is a terminal that a test looks at.
type screen struct {
	t      *testing.T
	tty    *os.File
	output chan []byte
	seen   strings.Builder
}

// newScreen opens a pseudo-terminal (see man 7 pty).
func newScreen(t *testing.T, columns uint16) *screen {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: 24})
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	s := &screen{t: t, tty: tty, output: make(chan []byte, 1000)}
	go func() {
		defer close(s.output)
		for {
			b := make([]byte, 4096)
			n, err := master.Read(b)
			if err != nil {
				return
			}
			s.output <- b[:n]
		}
	}()
	return s
}

// until waits for what is to be drawn.
func (s *screen) until(want string) {
	s.t.Helper()
	re := regexp.MustCompile(want)
	limit := time.After(patience)
	for !re.MatchString(s.seen.String()) {
		select {
		case b, ok := <-s.output:
			if !ok {
				s.t.Fatalf("the terminal ended without %q: %q", want, s.tail())
			}
			s.seen.Write(b)
		case <-limit:
			s.t.Fatalf("no %q: %q", want, s.tail())
		}
	}
}

// tail is the end of what was drawn.
func (s *screen) tail() string {
	seen := s.seen.String()
	return seen[max(0, len(seen)-500):]
}

// A run and its backfill have a bar each.
func TestBarsOnATerminal(t *testing.T) {
	for _, columns := range []uint16{100, 40} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Setenv("TERM", "xterm")
			s := newScreen(t, columns)
			a := &app{stderr: s.tty}
			d := a.newDisplay()
			if !d.fancy {
				t.Fatal("no bars on a terminal")
			}
			d.event(host.Event{Kind: host.EventPlanned, Steps: 3})
			d.event(about(host.Event{Kind: host.EventStarted}, 2))
			s.until(`\(1/3\)`)
			d.event(chunk(250, 10000))
			s.until(`250 of 10,000 rows \(2%\)`)
			d.event(chunk(2500, 10000))
			s.until(`2,500 of 10,000 rows \(25%\), 5`)
			d.event(about(host.Event{Kind: host.EventThrottled, Backfill: "slugs", Text: "replica r1 is 3 s behind"}, 2))
			s.until(`rows \(25%\), paused: re`)
			d.event(about(host.Event{Kind: host.EventLog, Level: host.LogWarn, Text: "odd"}, 2))
			s.until(`000000000002: warning: odd\r\n`)
			d.event(chunk(2750, 10000))
			s.until(`2,750 of 10,000 rows \(27%\), 5`)
			d.event(about(host.Event{Kind: host.EventApplied}, 2))
			s.until(`\(2/3\)`)
			d.close()
			io.WriteString(s.tty, "the end\n")
			s.until(`\x1b\[\d+A\x1b\[Jthe end\r\n$`)

			if columns == 100 {
				s.until(`\[=+>-+\] \(1/3\)  000000000002 m\r\n`)
				s.until(`\[=+>-+\] 2,500 of 10,000 rows \(25%\), 526 rows/s, 14s left  slugs\r\n`)
				s.until(`\[=+>-+\] 2,500 of 10,000 rows \(25%\), paused: replica r1 is 3 s behind  slugs\r\n`)
			}
			for line := range strings.SplitSeq(redrawn.ReplaceAllString(s.seen.String(), ""), "\r\n") {
				if w := text.StringWidth(line); w > int(columns) {
					t.Errorf("%d columns are too wide: %q", w, line)
				}
			}
		})
	}
}

// What cannot draw over itself gets lines.
func TestNoBarsWhereNoneCanBeDrawn(t *testing.T) {
	t.Setenv("TERM", "dumb")
	if a := (&app{stderr: newScreen(t, 80).tty}); a.newDisplay().fancy {
		t.Error("bars on a dumb terminal")
	}
	t.Setenv("TERM", "xterm")
	for _, columns := range []uint16{0, 12} {
		if a := (&app{stderr: newScreen(t, columns).tty}); a.newDisplay().fancy {
			t.Errorf("bars on %d columns", columns)
		}
	}
	if a := (&app{stderr: newScreen(t, 80).tty, flags: flags{verbose: true}}); a.newDisplay().fancy {
		t.Error("bars among the statements of --verbose")
	}
}
