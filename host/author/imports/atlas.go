package imports

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// atlas: https://atlasgo.io/concepts/migration-directory-integrity,
// https://atlasgo.io/versioned/new. Files run in the order of their names.
var atlas = tool{
	name: "atlas", read: readAtlas,
	table: table{
		name: "atlas_schema_revisions", also: "atlas_schema_revisions.atlas_schema_revisions",
		columns: []string{"version", "type", "applied", "total", "error"}, order: "version", read: recordedAtlas,
	},
}

var (
	atlasPattern   = lazily(`^([^_]+)(?:_(.*))?\.sql$`)
	atlasDirective = lazily(`(?m)^--\s*atlas:(\w+)[ \t]*(.*)$`)
	txtarFile      = lazily(`^-- (\S.*?) --\s*$`)
)

func readAtlas(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	if err := r.atlasSum(names); err != nil {
		return err
	}
	for _, name := range names {
		m := atlasPattern().FindStringSubmatch(name)
		if m == nil {
			continue
		}
		text, err := r.text(name)
		if err != nil {
			return err
		}
		s := step{version: m[1], name: m[2], file: name}
		if keep, err := r.atlas(&s, text); err != nil {
			return err
		} else if keep {
			r.steps = append(r.steps, s)
		}
	}
	return nil
}

// atlasSum compares the names in atlas.sum with those of the folder: a file that
// was lost would leave a gap that nobody sees.
func (r *reader) atlasSum(names []string) error {
	if !slices.Contains(names, "atlas.sum") {
		return nil
	}
	sum, err := r.text("atlas.sum")
	if err != nil {
		return err
	}
	for line := range strings.Lines(sum) {
		name, _, ok := strings.Cut(strings.TrimSpace(line), " h1:")
		if ok && !slices.Contains(names, name) {
			return fmt.Errorf("atlas.sum lists %s, which is not there: bring the file back", name)
		}
	}
	return nil
}

// atlas reads one file; keep is false for one that is no step of its own.
func (r *reader) atlas(s *step, text string) (keep bool, err error) {
	directives := map[string]string{}
	for _, m := range atlasDirective().FindAllStringSubmatch(text, -1) {
		directives[m[1]] = strings.TrimSpace(m[2])
	}
	if _, ok := directives["checkpoint"]; ok {
		r.note(s.file, 0, "a checkpoint, which repeats what the files before it did, and is left out")
		return false, nil
	}
	s.up = &script{file: s.file, line: 1, text: text}
	if _, ok := directives["txtar"]; ok {
		if err := r.txtar(s, text); err != nil {
			return false, err
		}
	}
	for _, script := range []*script{s.up, s.down} {
		if script == nil {
			continue
		}
		script.outside = directives["txmode"] == "none"
		if d, ok := directives["delimiter"]; ok {
			script.text = r.delimited(script.text, d)
		}
	}
	return true, nil
}

// txtar reads a file that is an archive: what is in it begins at a line with its
// name between dashes.
func (r *reader) txtar(s *step, text string) error {
	s.up = nil
	_, all := parts(text, txtarFile().FindStringSubmatch)
	for _, p := range all {
		sql := &script{file: s.file, line: p.line + 1, text: p.text}
		switch path.Base(p.mark[1]) {
		case "migration.sql":
			s.up = sql
		case "down.sql":
			s.down = sql
		default:
			r.note(s.file, p.line, "%s is left out: there are no checks before a migration", p.mark[1])
		}
	}
	if s.up == nil {
		return &chain.ParseError{Path: s.file, Msg: "an archive (atlas:txtar) without migration.sql"}
	}
	return nil
}

// delimited puts a semicolon in the place of another delimiter. Lines stay where
// they are.
func (r *reader) delimited(text, delimiter string) string {
	delimiter = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r").Replace(delimiter)
	if delimiter == "" || delimiter == ";" {
		return text
	}
	// The directive holds the delimiter itself.
	end := 0
	for _, at := range atlasDirective().FindAllStringSubmatchIndex(text, -1) {
		if text[at[2]:at[3]] == "delimiter" {
			end = at[1]
		}
	}
	var b strings.Builder
	b.WriteString(text[:end])
	for i, part := range strings.Split(text[end:], delimiter) {
		if i > 0 {
			b.WriteString(strings.Repeat("\n", strings.Count(delimiter, "\n")))
		}
		b.WriteString(r.terminated(part))
	}
	return b.String()
}

// terminated puts a semicolon after the last thing in a text, comments aside,
// unless it is one.
func (r *reader) terminated(text string) string {
	end := 0
	for tok := range chain.Tokens(r.dialect, text) {
		if tok.Blank() {
			continue
		}
		if end = tok.Pos + len(tok.Text); tok.Is(";") {
			end = 0
		}
	}
	if end == 0 {
		return text
	}
	return text[:end] + ";" + text[end:]
}

// recordedAtlas reads the revisions: rows whose version begins with a dot are
// Atlas's own, and a baseline (1) stands for everything up to it.
func recordedAtlas(rows [][]string, rec *Recorded) error {
	for _, row := range rows {
		version, kind, applied, total, failure := row[0], row[1], row[2], row[3], row[4]
		switch {
		case strings.HasPrefix(version, "."):
		case kind == "1":
			rec.UpTo = version
		case failure != "" || applied != total:
			return &DirtyError{Tool: rec.Tool, Version: version, Mark: fmt.Sprintf("%s of its %s statements are applied", applied, total)}
		default:
			rec.Versions = append(rec.Versions, version)
		}
	}
	return nil
}
