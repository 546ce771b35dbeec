package imports

import (
	"path"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// goose: https://pressly.github.io/goose/documentation/annotations
var goose = tool{
	name: "goose", read: readGoose, compare: compareNumbers,
	table: table{name: "goose_db_version", columns: []string{"version_id", "is_applied"}, order: "id", read: recordedGoose},
}

var goosePattern = lazily(`^([0-9]+)_(.+)\.(sql|go)$`)

func readGoose(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	for _, name := range names {
		m := goosePattern().FindStringSubmatch(name)
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

// A gooseFile is one file while it is read.
type gooseFile struct {
	*reader
	step             *step
	up, down         strings.Builder
	upLine, downLine int // of the annotations, 0 before them
	block            int // line of the StatementBegin that is open, or 0
	inBlock          strings.Builder
	outside          bool
}

// goose reads one file. The lines of annotations become blank lines, so that
// every statement keeps its line.
func (r *reader) goose(s *step) error {
	text, err := r.text(s.file)
	if err != nil {
		return err
	}
	f := gooseFile{reader: r, step: s}
	line := 0
	for text := range strings.Lines(text) {
		line++
		words, ok := gooseAnnotation(text)
		if ok {
			err = f.annotation(words, line)
		} else {
			err = f.sql(text, line)
		}
		if err != nil {
			return err
		}
	}
	return f.finish()
}

func (f *gooseFile) fail(line int, msg string) error {
	return &chain.ParseError{Path: f.step.file, Line: line, Msg: msg}
}

// to is the direction that lines belong to.
func (f *gooseFile) to() *strings.Builder {
	if f.downLine > 0 {
		return &f.down
	}
	return &f.up
}

// sql takes a line that is no annotation.
func (f *gooseFile) sql(text string, line int) error {
	if f.upLine == 0 && !f.blank(text) {
		return f.fail(line, `this stands before "-- +goose Up": put it below`)
	}
	if f.block > 0 {
		f.inBlock.WriteString(text)
	}
	f.to().WriteString(text)
	return nil
}

// annotation follows an annotation, and writes what stands in the place of it.
func (f *gooseFile) annotation(words string, line int) error {
	end := "\n"
	switch words {
	case "up":
		if f.upLine > 0 {
			return f.fail(line, `a second "-- +goose Up"`)
		}
		f.upLine = line
	case "down":
		if f.upLine == 0 || f.downLine > 0 {
			return f.fail(line, `"-- +goose Down" stands once, below "-- +goose Up"`)
		}
		f.downLine, end = line, "" // its text begins below it
	case "statementbegin":
		f.block = line
		f.inBlock.Reset()
	case "statementend":
		if f.block == 0 {
			return f.fail(line, `"-- +goose StatementEnd" has no StatementBegin`)
		}
		if text := f.inBlock.String(); f.terminated(text) != text {
			end = ";\n"
		}
		f.block = 0
	case "no transaction":
		f.outside = true
	case "envsub on":
		f.step.code = "its SQL takes values from the environment (ENVSUB)"
		f.step.instead = "write the values into it in place of ENVSUB ON"
	case "envsub off":
	default:
		return f.fail(line, "goose has no such annotation")
	}
	f.to().WriteString(end)
	return nil
}

// finish gives the step its scripts.
func (f *gooseFile) finish() error {
	switch {
	case f.upLine == 0:
		return f.fail(0, `it has no "-- +goose Up"`)
	case f.block > 0:
		return f.fail(f.block, `"-- +goose StatementBegin" has no StatementEnd`)
	}
	f.step.up = &script{file: f.step.file, line: 1, text: f.up.String(), outside: f.outside}
	if f.downLine > 0 {
		f.step.down = &script{file: f.step.file, line: f.downLine + 1, text: f.down.String(), outside: f.outside}
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
