package imports

import (
	"path"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// numbered are folders of pop and popx, and those of programs that have a runner
// of their own: the first number in a name is the version, and words between dots
// say the rest, as in 20200101000001_users.postgres.autocommit.up.sql.
//
// https://gobuffalo.io/documentation/database/migrations/
var numbered = tool{
	name: "numbered", read: readNumbered, compare: compareNumbers,
	table: table{name: "schema_migration", columns: []string{"version"}, read: recordedNumbered},
}

var numberedPattern = lazily(`[0-9]+`)

// dialectWords are the words in names that say which database a file is for.
// The empty dialect is one that Sandpiper does not know.
var dialectWords = map[string]chain.Dialect{
	"postgres": chain.PostgreSQL, "postgresql": chain.PostgreSQL, "pg": chain.PostgreSQL,
	"sqlite": chain.SQLite, "sqlite3": chain.SQLite,
	"mysql": "", "mariadb": "", "cockroach": "", "cockroachdb": "", "mssql": "", "oracle": "",
}

// numberedFile is what a name says.
type numberedFile struct {
	name, version, title string
	down, outside        bool
	dialect              chain.Dialect
	general              bool // it is for every dialect
	sql                  bool
}

func parseNumbered(name string) (numberedFile, bool) {
	f := numberedFile{name: name, general: true}
	ext := path.Ext(name)
	if f.sql = ext == ".sql"; !f.sql && ext != ".fizz" {
		return f, false
	}
	words := strings.Split(strings.TrimSuffix(name, ext), ".")
	for len(words) > 1 && f.take(strings.ToLower(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	rest := strings.Join(words, ".")
	at := numberedPattern().FindStringIndex(rest)
	if at == nil {
		return f, false
	}
	f.version, f.title = number(rest[at[0]:at[1]]), strings.Trim(rest[at[1]:], "_-. ")
	if f.title == "" {
		f.title = rest[:at[0]]
	}
	return f, true
}

// take notes what a word at the end of a name says, and reports whether it says
// anything.
func (f *numberedFile) take(word string) bool {
	d, isDialect := dialectWords[word]
	switch {
	case isDialect:
		f.dialect, f.general = d, false
	case word == "down":
		f.down = true
	case word == "autocommit":
		f.outside = true
	default:
		return word == "up"
	}
	return true
}

func readNumbered(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	files := map[string][]numberedFile{} // by version and direction
	known := map[string]bool{}
	var versions []string
	for _, name := range names {
		f, ok := parseNumbered(name)
		if !ok || !f.general && f.dialect != r.dialect {
			continue
		}
		if !known[f.version] {
			known[f.version] = true
			versions = append(versions, f.version)
		}
		key := f.version + direction(f.down)
		files[key] = append(files[key], f)
	}
	for _, v := range versions {
		if err := r.numbered(v, files); err != nil {
			return err
		}
	}
	return nil
}

func direction(down bool) string {
	if down {
		return " down"
	}
	return " up"
}

// numbered adds the step of a version. A file for the dialect goes before one for
// all of them.
func (r *reader) numbered(version string, files map[string][]numberedFile) error {
	s := step{version: version}
	p := pair{}
	outside := map[string]bool{}
	for _, down := range []bool{false, true} {
		of := files[version+direction(down)]
		if slices.ContainsFunc(of, func(f numberedFile) bool { return !f.general }) {
			of = slices.DeleteFunc(of, func(f numberedFile) bool { return f.general })
		}
		for _, f := range of {
			if err := p.put(f.down, f.name, f.title); err != nil {
				return err
			}
			outside[f.name] = f.outside
			if !f.sql && !f.down {
				s.file, s.name, s.code = f.name, f.title, "a step written in fizz"
			}
		}
	}
	if s.code != "" {
		r.steps = append(r.steps, s)
		return nil
	}
	return r.pairs([]string{version}, map[string]*pair{version: &p}, func(s *script) { s.outside = outside[s.file] })
}

func recordedNumbered(rows [][]string, rec *Recorded) error {
	for _, row := range rows {
		rec.Versions = append(rec.Versions, number(row[0]))
	}
	return nil
}
