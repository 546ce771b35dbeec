package sandbox

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

const (
	keepOutput  = 64 << 10 // of standard error, for its last words
	longestLine = 8 << 10  // a longer one is logged in pieces
)

// output is what a guest writes to its standard output and error: it goes to the
// log by lines, and the end of standard error is kept, since a language's
// runtime says there why it gives up.
type output struct {
	lines [2][]byte // begun and not ended: standard output, standard error
	tail  []byte
	mute  bool // the log is full
	dying bool // standard error says why the guest gives up, as the error will
}

func (o *output) write(in *instance, level host.LogLevel, b []byte) {
	line := &o.lines[0]
	if level == host.LogWarn {
		line = &o.lines[1]
		if o.tail = append(o.tail, b...); len(o.tail) > 2*keepOutput {
			o.tail = append(o.tail[:0], o.tail[len(o.tail)-keepOutput:]...)
		}
	}
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		take := len(b)
		if end >= 0 {
			take = end
		}
		take = min(take, longestLine-len(*line))
		*line = append(*line, b[:take]...)
		b = b[take:]
		if end >= 0 && take == end {
			b = b[1:]
		} else if len(*line) < longestLine {
			continue
		}
		o.log(in, level, *line)
		*line = (*line)[:0]
	}
}

// log logs a line, in which what is not text is replaced.
func (o *output) log(in *instance, level host.LogLevel, line []byte) {
	if level == host.LogWarn {
		if o.dying = o.dying || beginsTrace(line); o.dying {
			level = host.LogDebug
		}
	}
	text := strings.ReplaceAll(strings.ToValidUTF8(string(line), "\ufffd"), "\x00", "\ufffd")
	if err := in.logged(len(text)); err != nil {
		if o.mute {
			return
		}
		o.mute, level, text = true, host.LogWarn, err.Error()+": what the migration writes from here on is left out"
	}
	in.calls.Log(in.ctx, level, text)
}

// beginsTrace reports whether a line of standard error is the first of what Go or
// Rust say when they give up, pages long.
func beginsTrace(line []byte) bool {
	for _, words := range []string{"panic: ", "fatal error: ", "runtime: ", "thread '"} {
		if bytes.HasPrefix(line, []byte(words)) {
			return true
		}
	}
	return false
}

// flush logs lines that were not ended.
func (o *output) flush(in *instance) {
	for i, line := range o.lines {
		if len(line) > 0 {
			o.log(in, [...]host.LogLevel{host.LogInfo, host.LogWarn}[i], line)
		}
		o.lines[i] = nil
	}
}

// exited notes the end of a guest that exits by itself. With code 0 nothing it
// wrote says why: it thought that all was well.
func (in *instance) exited(code uint32) {
	message, _ := lastWords(string(in.output.tail))
	switch {
	case code == 0 && !in.started:
		message = "it exited before the migration began"
	case code == 0:
		message = "it exited with code 0 before it was complete"
	case message == "":
		message = fmt.Sprintf("it exited with code %d", code)
	}
	in.ended = &host.GuestError{Kind: host.GuestPanicked, Message: message, Stack: string(in.output.tail), Err: in.blame}
}

// lastWords finds in what a guest wrote to its standard error why it gave up:
// the message of a panic in Go or Rust with the place in the guest's source
// where it happened, else the last line. sure is false for the latter.
func lastWords(text string) (message string, sure bool) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			if place := goPlace(lines[i+1:]); place != "" {
				line += " (" + place + ")"
			}
			return line, true
		case strings.HasPrefix(line, "thread '") && strings.Contains(line, "panicked at "):
			_, place, _ := strings.Cut(line, "panicked at ")
			message = "panic"
			if i+1 < len(lines) {
				message = "panic: " + lines[i+1]
			}
			return message + " (" + strings.TrimSuffix(place, ":") + ")", true
		}
	}
	return lines[len(lines)-1], false
}

// goPlace finds the file and line of the first function of the guest's own in a
// Go stack trace: pairs of lines, the function's and its place's.
func goPlace(lines []string) string {
	for i := 0; i+1 < len(lines); i++ {
		place, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok || strings.HasPrefix(lines[i], "\t") || notOurs(lines[i]) {
			continue
		}
		place, _, _ = strings.Cut(place, " ")
		return place
	}
	return ""
}

// notOurs reports whether a function in a Go stack trace is the language's or
// the SDK's, and so not where a migration went wrong.
func notOurs(function string) bool {
	for _, prefix := range []string{"runtime.", "runtime/", "panic(", "internal/", "sync.", "github.com/sandpiper-db/sandpiper/sdk."} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
