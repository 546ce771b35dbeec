package imports

import (
	"path"
	"regexp"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// goose: https://pressly.github.io/goose/documentation/annotations
var goose = tool{
	name: "goose", read: readGoose, compare: compareNumbers,
	table: table{name: "goose_db_version", columns: []string{"version_id", "is_applied"}, order: "id", read: recordedGoose},
}

var goosePattern = regexp.MustCompile(`^([0-9]+)_(.+)\.(sql|go)$`)

func readGoose(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	for _, name := range names {
		m := goosePattern.FindStringSubmatch(name)
		if m == nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		s := step{version: number(m[1]), name: m[2], file: name}
		if path.Ext(name) == ".go" {
			s.code = "a step written in Go"
		} else if err := r.goose(&s); err != nil {
			return err
		}
		r.steps = append(r.steps, s)
	}
	return nil
}

// goose reads one file. The lines of annotations become blank lines, so that
// every statement keeps its line.
func (r *reader) goose(s *step) error {
	text, err := r.text(s.file)
	if err != nil {
		return err
	}
	fail := func(line int, msg string) error { return &chain.ParseError{Path: s.file, Line: line, Msg: msg} }
	up, down := &strings.Builder{}, (*strings.Builder)(nil)
	to := up
	upLine, downLine, block, outside, line := 0, 0, 0, false, 0
	var inBlock strings.Builder
	for text := range strings.Lines(text) {
		line++
		words, ok := gooseAnnotation(text)
		if !ok {
			if upLine == 0 && !r.blank(text) {
				return fail(line, `this stands before "-- +goose Up": put it below`)
			}
			if block > 0 {
				inBlock.WriteString(text)
			}
			to.WriteString(text)
			continue
		}
		end := "\n"
		switch words {
		case "up":
			if upLine > 0 {
				return fail(line, `a second "-- +goose Up"`)
			}
			upLine = line
		case "down":
			if upLine == 0 || down != nil {
				return fail(line, `"-- +goose Down" stands once, below "-- +goose Up"`)
			}
			down, downLine = &strings.Builder{}, line
			to = down
			end = ""
		case "statementbegin":
			block = line
			inBlock.Reset()
		case "statementend":
			if block == 0 {
				return fail(line, `"-- +goose StatementEnd" has no StatementBegin`)
			}
			if text := inBlock.String(); r.terminated(text) != text {
				end = ";\n"
			}
			block = 0
		case "no transaction":
			outside = true
		case "envsub on":
			s.code = "its SQL takes values from the environment (ENVSUB)"
		case "envsub off":
		default:
			return fail(line, "goose has no such annotation")
		}
		to.WriteString(end)
	}
	switch {
	case upLine == 0:
		return fail(0, `it has no "-- +goose Up"`)
	case block > 0:
		return fail(block, `"-- +goose StatementBegin" has no StatementEnd`)
	}
	s.up = &script{file: s.file, line: 1, text: up.String(), outside: outside}
	if down != nil {
		s.down = &script{file: s.file, line: downLine + 1, text: down.String(), outside: outside}
	}
	return nil
}

// gooseAnnotation returns the words of an annotation, in lower case.
func gooseAnnotation(line string) (string, bool) {
	comment, ok := strings.CutPrefix(line, "--")
	if !ok {
		return "", false
	}
	words := strings.Fields(strings.ToLower(comment))
	if len(words) < 2 || words[0] != "+goose" {
		return "", false
	}
	return strings.Join(words[1:], " "), true
}

// recordedGoose reads the newest row of every version. Version 0 is the table's own.
func recordedGoose(rows [][]string, rec *Recorded) error {
	applied := map[string]bool{}
	for _, row := range rows {
		applied[row[0]] = isTrue(row[1])
	}
	for v, ok := range applied {
		if ok && v != "0" {
			rec.Versions = append(rec.Versions, number(v))
		}
	}
	return nil
}
