package imports

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// flyway: https://documentation.red-gate.com/flyway/flyway-concepts/migrations
//
// Repeatable migrations become the last revisions, in the order of their
// descriptions: a new database gets what Flyway would have given it. Here they
// run once; a change of one is a new revision.
var flyway = tool{
	name: "flyway", read: readFlyway, compare: compareFlyway,
	table: table{name: "flyway_schema_history", columns: []string{"version", "type", "script", "success"}, order: "installed_rank", read: recordedFlyway},
}

var (
	flywayPattern     = lazily(`^([VU])([0-9]+(?:[._][0-9]+)*)__(.*)\.(sql|java|kt|groovy|class)$`)
	flywayRepeatable  = lazily(`^R__(.*)\.(sql|java|kt|groovy|class)$`)
	flywayOutside     = lazily(`(?im)^\s*executeInTransaction\s*=\s*false\s*$`)
	flywayPlain       = lazily(`(?im)^\s*(?:flyway\.)?placeholderReplacement\s*=\s*false\s*$`)
	flywayPlaceholder = lazily(`\$\{[^}]*\}`)
)

// A flywayFolder is what was found, before ups and downs are put together.
type flywayFolder struct {
	*reader
	undo        map[string]string // file by version
	repeatables []step
}

func readFlyway(r *reader) error {
	f := &flywayFolder{reader: r, undo: map[string]string{}}
	if err := f.folder("."); err != nil {
		return err
	}
	for i, s := range r.steps {
		if name, ok := f.undo[s.version]; ok {
			delete(f.undo, s.version)
			if s.code != "" || path.Ext(name) != ".sql" {
				r.note(name, 0, "it undoes a step that is not SQL, or is none itself, and is left out")
				continue
			}
			down, code, err := f.script(name)
			if err != nil {
				return err
			}
			if code != "" {
				r.note(name, 0, "%s, so it is left out: %s has no downgrade", code, s.file)
				continue
			}
			r.steps[i].down = down
		}
	}
	for version, name := range f.undo {
		return fmt.Errorf("%s undoes version %s, and no file does it: bring back the file that upgrades", name, version)
	}
	slices.SortStableFunc(f.repeatables, func(a, b step) int { return strings.Compare(a.name, b.name) })
	r.last = f.repeatables
	return nil
}

// folder reads a folder and those in it, as Flyway does.
func (f *flywayFolder) folder(dir string) error {
	entries, err := f.entries(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			err = f.folder(name)
		} else {
			err = f.file(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *flywayFolder) file(name string) error {
	base := path.Base(name)
	var s step
	if m := flywayPattern().FindStringSubmatch(base); m != nil {
		s = step{version: flywayVersion(m[2]), name: m[3], file: name}
		if m[1] == "U" {
			if other, ok := f.undo[s.version]; ok {
				return fmt.Errorf("%s and %s have the same version, %s: rename one of them", other, name, s.version)
			}
			f.undo[s.version] = name
			return nil
		}
	} else if m := flywayRepeatable().FindStringSubmatch(base); m != nil {
		s = step{version: repeatable(base), name: m[1], file: name}
	} else {
		if path.Ext(base) == ".sql" {
			f.note(name, 0, "it is no versioned, undo or repeatable migration (a baseline, or a callback), and is left out")
		}
		return nil
	}
	if path.Ext(base) != ".sql" {
		s.code = "a step that is a program, not SQL"
	} else {
		var err error
		if s.up, s.code, err = f.script(name); err != nil {
			return err
		}
		if s.code != "" {
			s.instead = fmt.Sprintf("write their values into %s (where Flyway leaves them alone by its configuration: placeholderReplacement=false into %s.conf)", base, base)
		}
	}
	if strings.HasPrefix(s.version, "R__") {
		f.note(name, 0, "a repeatable migration: it runs once, after all others; when it changes, write a new revision")
		f.repeatables = append(f.repeatables, s)
	} else {
		f.steps = append(f.steps, s)
	}
	return nil
}

// script reads a file and its settings, which are in name.conf or in a comment.
// code says why it cannot be carried over.
func (f *flywayFolder) script(name string) (s *script, code string, err error) {
	if s, err = f.whole(name); err != nil {
		return nil, "", err
	}
	conf, err := f.text(name + ".conf")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	setting := func(p *regexp.Regexp) bool {
		return p.MatchString(conf) || says(s.text, func(comment string) bool {
			text, ok := strings.CutPrefix(comment, "flyway:")
			return ok && p.MatchString(text)
		})
	}
	s.outside = setting(flywayOutside())
	if f.dialect == chain.PostgreSQL {
		s.alone = refusesTransaction // Flyway knows these statements, without a setting
	}
	if !setting(flywayPlain()) && f.blanks(name, s.text, "a placeholder", flywayPlaceholder()) {
		code = "its SQL has placeholders"
	}
	return s, code, nil
}

// flywayVersion writes a version as 1.2: parts are numbers, and zeros at the end
// are nothing.
func flywayVersion(text string) string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '_' })
	for i, p := range parts {
		parts[i] = number(p)
	}
	for len(parts) > 1 && parts[len(parts)-1] == "0" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}

func compareFlyway(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		if c := compareNumbers(x[i], y[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

// repeatable is the version of a file R__name: its name.
func repeatable(script string) string {
	base := path.Base(strings.ReplaceAll(script, `\`, "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}

// recordedFlyway follows the history: what was undone is not applied any more,
// and a baseline stands for everything up to it.
func recordedFlyway(rows [][]string, rec *Recorded) error {
	var versions []string
	for _, row := range rows {
		version, kind, script := row[0], strings.ToUpper(row[1]), row[2]
		if version == "" {
			version = repeatable(script)
		} else {
			version = flywayVersion(version)
		}
		if !isTrue(row[3]) {
			return &DirtyError{Tool: rec.Tool, Version: version, Mark: "success is false"}
		}
		versions = slices.DeleteFunc(versions, func(v string) bool { return v == version })
		switch {
		case kind == "BASELINE" || kind == "SQL_BASELINE":
			rec.UpTo = version
		case strings.HasPrefix(kind, "UNDO") || kind == "DELETE" || kind == "SCHEMA":
		case row[0] == "" && !strings.HasPrefix(version, "R__"):
		default:
			versions = append(versions, version)
		}
	}
	rec.Versions = versions
	return nil
}
