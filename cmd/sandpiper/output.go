package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A document is what --json prints: one per call, whatever the call was.
type document struct {
	Sandpiper int      `json:"sandpiper"` // the version of this shape
	Command   string   `json:"command"`
	OK        bool     `json:"ok"` // the exit code is 0
	Database  string   `json:"database,omitempty"`
	Data      any      `json:"data,omitempty"`
	Error     *failure `json:"error,omitempty"`
}

func (a *app) printDocument(f *failure) {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	// What is encoded is made of plain structs; only the stream can fail, which
	// it remembers.
	_ = enc.Encode(document{
		Sandpiper: 1,
		Command:   a.command,
		OK:        f == nil,
		Database:  a.database,
		Data:      a.data,
		Error:     f,
	})
}

// An output is standard output. It remembers that something could not be
// written, which none of those who print looks at.
type output struct {
	io.Writer
	err error // the first
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// delivered is the exit code of a call, given whether its result could be written:
// half of a dump must not pass for the whole.
func (a *app) delivered(code int, err error) int {
	if err == nil {
		return code
	}
	fmt.Fprintf(a.stderr, "error: the result could not be written to standard output: %s\n", printable(err.Error()))
	if code == exitOK {
		return exitFailed
	}
	return code
}

// terminal reports whether a stream is a terminal.
func terminal(stream any) bool {
	f, ok := file(stream)
	return ok && term.IsTerminal(int(f.Fd()))
}

// file is the file that a stream writes to, if it is one.
func file(stream any) (f *os.File, ok bool) {
	if o, ok := stream.(*output); ok {
		stream = o.Writer
	}
	f, ok = stream.(*os.File)
	return f, ok
}

// leastColumns is how wide a terminal is that bars fit on. One that does not know
// its width says 0.
const leastColumns = 20

// steerable reports whether a stream is a terminal that draws over what it has
// drawn.
func steerable(stream any) bool {
	if os.Getenv("TERM") == "dumb" || !terminal(stream) {
		return false
	}
	f, _ := file(stream)
	columns, _, err := term.GetSize(int(f.Fd()))
	return err == nil && columns >= leastColumns
}

// colors reports whether a stream gets colours: see https://no-color.org.
func (a *app) colors(stream any) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(stream)
}

// printTable prints rows under a header, without lines around them.
func (a *app) printTable(w io.Writer, header table.Row, rows []table.Row) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(plainTable)
	if a.colors(w) {
		t.Style().Color.Header = text.Colors{text.Bold}
	}
	t.AppendHeader(header)
	for _, row := range rows {
		t.AppendRow(shown(row))
	}
	t.SuppressTrailingSpaces()
	t.Render()
}

// shown is a row whose texts do not steer the terminal: a ledger may say anything.
func shown(row table.Row) table.Row {
	out := slices.Clone(row)
	for i, cell := range row {
		switch cell := cell.(type) {
		case string:
			out[i] = printable(cell)
		case fmt.Stringer:
			out[i] = plain(cell.String())
		case host.Action:
			out[i] = plain(string(cell))
		}
	}
	return out
}

var plainTable = table.Style{
	Name: "plain",
	Box: table.BoxStyle{
		PaddingRight:  "  ",
		UnfinishedRow: " ~",
	},
	Format: table.FormatOptions{Header: text.FormatUpper},
}

// A revisionJSON is a revision in a document.
type revisionJSON struct {
	Revision     string   `json:"revision"`
	Line         string   `json:"line"`
	Dialect      string   `json:"dialect,omitempty"`
	Slug         string   `json:"slug"`
	Revises      []string `json:"revises"`
	DependsOn    []string `json:"depends_on,omitempty"`
	Labels       []string `json:"labels,omitempty"`
	Created      string   `json:"created,omitempty"` // RFC 3339
	Irreversible bool     `json:"irreversible,omitempty"`
	Digest       string   `json:"digest,omitempty"`
	Source       string   `json:"source,omitempty"`
}

func revisionDocument(r chain.Revision) revisionJSON {
	out := revisionJSON{
		Revision:     r.ID,
		Line:         lineName(r.Line),
		Dialect:      string(r.Dialect),
		Slug:         r.Slug,
		Revises:      append([]string{}, r.Revises...),
		Labels:       r.Labels,
		Created:      timestamp(r.Created),
		Irreversible: r.Irreversible,
		Digest:       r.Digest,
		Source:       r.Source,
	}
	for _, k := range r.DependsOn {
		out.DependsOn = append(out.DependsOn, lineName(k.Line)+"@"+k.ID)
	}
	return out
}

func revisionDocuments(revisions []chain.Revision) []revisionJSON {
	documents := []revisionJSON{}
	for _, r := range revisions {
		documents = append(documents, revisionDocument(r))
	}
	return documents
}

func revisionIDs(revisions []chain.Revision) []string {
	ids := []string{}
	for _, r := range revisions {
		ids = append(ids, r.ID)
	}
	return ids
}

// parents is what a revision revises, for people.
func parents(revises []string) string {
	return cmp.Or(strings.Join(revises, ", "), "<base>")
}

func lineName(line string) string {
	if line == "" {
		return chain.DefaultLine
	}
	return line
}

// timestamp is RFC 3339 in UTC, or "" for no time.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// moment is a time for people.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// elapsed is a duration for people.
func elapsed(d time.Duration) string {
	switch {
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

// count is "1 migration" or "3 migrations".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
