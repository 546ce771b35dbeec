package imports

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// dbmate: https://github.com/amacneil/dbmate#creating-migrations
//
// Files run in the order of their names, and the table keeps the digits of the
// name as text.
var dbmate = tool{
	name: "dbmate", read: readDbmate,
	table: table{name: "schema_migrations", columns: []string{"version"}, without: "dirty", read: recordedList},
}

var (
	dbmatePattern = lazily(`^([0-9]+)(.*)\.sql$`)
	dbmateMarker  = lazily(`^--\s*migrate:(up|down)(?:\s+(.*))?$`)
)

func readDbmate(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	for _, name := range names {
		m := dbmatePattern().FindStringSubmatch(name)
		if m == nil {
			continue
		}
		s := step{version: m[1], name: m[2], file: name}
		if err := r.dbmate(&s); err != nil {
			return err
		}
		r.steps = append(r.steps, s)
	}
	return nil
}

func (r *reader) dbmate(s *step) error {
	text, err := r.text(s.file)
	if err != nil {
		return err
	}
	before, all := parts(text, func(line string) []string { return dbmateMarker().FindStringSubmatch(strings.TrimSpace(line)) })
	line := 0
	for text := range strings.Lines(before) {
		if line++; !r.blank(text) {
			return &chain.ParseError{Path: s.file, Line: line, Msg: `this stands before "-- migrate:up": put it below`}
		}
	}
	for _, p := range all {
		place := &s.up
		if p.mark[1] == "down" {
			place = &s.down
		}
		if *place != nil || p.mark[1] == "down" && s.up == nil {
			return &chain.ParseError{Path: s.file, Line: p.line, Msg: `"-- migrate:up" stands once, and "-- migrate:down" once below it`}
		}
		*place = &script{file: s.file, line: p.line + 1, text: p.text, outside: strings.Contains(p.mark[2], "transaction:false")}
	}
	if s.up == nil {
		return &chain.ParseError{Path: s.file, Msg: `it has no "-- migrate:up"`}
	}
	return nil
}

// recordedList reads a table with a row for every version.
func recordedList(rows [][]string, rec *Recorded) error {
	for _, row := range rows {
		rec.Versions = append(rec.Versions, row[0])
	}
	return nil
}
