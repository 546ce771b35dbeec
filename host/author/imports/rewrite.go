package imports

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// migration writes the file of a step.
func (i *Import) migration(rev Revision, s step, r *reader) ([]byte, error) {
	var b strings.Builder
	revises := strings.TrimRight("-- Revises: "+strings.Join(rev.Revises, ", "), " ")
	if s.down == nil {
		revises += "\n-- Irreversible: imported without a downgrade"
	}
	fmt.Fprintf(&b, "-- Revision ID: %s\n%s\n-- Imported from: %s %s (%s)\n\n-- +upgrade\n", rev.ID, revises, i.Tool, rev.Version, rev.From)
	up, err := r.rewrite(s.up)
	if err != nil {
		return nil, err
	}
	b.WriteString(up)
	if s.down != nil {
		down, err := r.rewrite(s.down)
		if err != nil {
			return nil, err
		}
		b.WriteString("\n-- +downgrade\n" + down)
	}
	return []byte(b.String()), nil
}

// rewrite returns the text of a section: the statements of a script with their
// comments, without those that begin and end transactions, and with the markers
// of what runs outside of one.
func (r *reader) rewrite(s *script) (string, error) {
	text := r.defuse(s)
	stmts, err := chain.Locate(r.dialect, text)
	if err != nil {
		return "", s.placed(err)
	}
	w := sectionWriter{inside: true}
	inside, committed, owned, end := !s.outside, false, 0, 0
	for _, stmt := range stmts {
		w.b.WriteString(text[end:stmt.Start])
		end = stmt.End
		switch {
		case stmt.Owned != "":
			if inside, err = s.transaction(stmt); err != nil {
				return "", err
			}
			committed = committed || !inside
			if owned == 0 {
				owned = s.line + stmt.Line - 1
			}
		case s.drop != nil && s.drop(stmt):
		default:
			here := inside && (s.alone == nil || !s.alone(stmt.Statement))
			if committed && here {
				w.split()
			}
			committed = false
			w.statement(text[stmt.Start:stmt.End], here, stmt.Ended)
		}
	}
	w.b.WriteString(text[end:])
	if owned > 0 && s.drop == nil {
		r.note(s.file, owned, "BEGIN and COMMIT are left out: the runner owns the transaction")
	}
	return w.finish(), nil
}

// defuse returns the text of a script with the comments that look like our
// markers as comments that do not: to the other tool they were plain ones, and
// here what follows "-- +downgrade" would not be run.
func (r *reader) defuse(s *script) string {
	var b strings.Builder
	line := s.line
	for tok := range chain.Tokens(r.dialect, s.text) {
		if tok.Kind == chain.Comment && chain.IsMarker(tok.Text) {
			comment := strings.TrimSpace(tok.Text)
			r.note(s.file, line, "the comment %q would be a marker here: \"imported:\" is put before it", comment)
			b.WriteString("-- imported: " + strings.TrimLeft(strings.TrimPrefix(tok.Text, "--"), " \t"))
		} else {
			b.WriteString(tok.Text)
		}
		line += strings.Count(tok.Text, "\n")
	}
	return b.String()
}

// transaction follows a statement that begins or ends a transaction.
func (s *script) transaction(stmt chain.Located) (inside bool, err error) {
	switch stmt.Owned {
	case "BEGIN", "START TRANSACTION":
		return true, nil
	case "COMMIT", "END":
		return false, nil
	}
	return false, &chain.ParseError{Path: s.file, Line: s.line + stmt.Line - 1, Msg: fmt.Sprintf(
		"%s cannot be carried over: the runner owns the transaction. Take the statement out of the file and import again", stmt.Owned)}
}

// placed gives an error about a script the place it has in the file.
func (s *script) placed(err error) error {
	var bad *chain.ParseError
	if !errors.As(err, &bad) {
		return err
	}
	moved := *bad
	moved.Path = s.file
	if moved.Line > 0 {
		moved.Line += s.line - 1
	}
	return &moved
}

// The markers of what runs outside of a transaction.
const (
	beginOutside = "-- +autocommit begin\n"
	endOutside   = "-- +autocommit end\n"
)

// A sectionWriter writes the text of a section.
type sectionWriter struct {
	b      strings.Builder
	inside bool // the last marker leaves the transaction open
	any    bool // a statement was written
}

// statement writes a statement, inside the transaction or outside.
func (w *sectionWriter) statement(sql string, inside, ended bool) {
	if inside != w.inside {
		w.marker(inside)
	}
	w.b.WriteString(sql)
	if !ended {
		w.b.WriteByte(';')
	}
	w.any = true
}

// split ends a transaction and begins another, as COMMIT and BEGIN did.
func (w *sectionWriter) split() {
	if w.any && w.inside {
		w.marker(false)
		w.marker(true)
	}
}

func (w *sectionWriter) marker(inside bool) {
	w.newLine()
	if inside {
		w.b.WriteString(endOutside)
	} else {
		w.b.WriteString(beginOutside)
	}
	w.inside = inside
}

func (w *sectionWriter) newLine() {
	if s := w.b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.b.WriteByte('\n')
	}
}

// finish returns the section, without blank lines around it.
func (w *sectionWriter) finish() string {
	text := strings.Trim(w.b.String(), "\n")
	if text != "" {
		text += "\n"
	}
	if !w.inside {
		text += endOutside
	}
	return text
}
