package imports

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// tern: https://github.com/jackc/tern#migrations
var tern = tool{
	name: "tern", read: readTern, compare: compareNumbers, only: chain.PostgreSQL,
	table: table{name: "public.schema_version", columns: []string{"version"}, read: recordedUpTo},
}

var (
	ternPattern   = lazily(`^([0-9]+)_(.+)\.sql$`)
	ternAction    = lazily(`(?s)\{\{.*?(?:\}\}|$)`) // https://pkg.go.dev/text/template#hdr-Actions
	ternDisableTx = lazily(`(?m)^---- tern: disable-tx ----$`)
)

const ternSeparator = "---- create above / drop below ----"

func readTern(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	for _, name := range names {
		m := ternPattern().FindStringSubmatch(name)
		if m == nil {
			continue
		}
		text, err := r.text(name)
		if err != nil {
			return err
		}
		s := step{version: number(m[1]), name: m[2], file: name}
		if r.blanks(name, text, "a template", ternAction()) {
			s.code, s.instead = "its SQL is a template", fmt.Sprintf("write into %s what tern makes of it", name)
		}
		up, down, reversible := strings.Cut(text, ternSeparator)
		s.up = ternScript(name, 1, up)
		if reversible && strings.TrimSpace(down) != "" {
			s.down = ternScript(name, 1+strings.Count(up, "\n"), down)
		}
		r.steps = append(r.steps, s)
	}
	return nil
}

func ternScript(file string, line int, text string) *script {
	return &script{
		file: file, line: line, outside: ternDisableTx().MatchString(text),
		text: ternDisableTx().ReplaceAllString(text, ""),
	}
}

// firstLine is the beginning of a text, for a message.
func firstLine(text string) string {
	const most = 60
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}
