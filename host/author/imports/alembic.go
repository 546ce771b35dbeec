package imports

import (
	"fmt"
	"path"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// alembic: what `alembic upgrade --sql` and `alembic downgrade --sql` print.
// https://alembic.sqlalchemy.org/en/latest/offline.html
//
// The order is that of the output, and parents are those that the comments name.
var alembic = tool{
	name: "alembic", read: readAlembic,
	table: table{name: "alembic_version", columns: []string{"version_num"}, read: recordedAlembic},
}

var (
	alembicStep    = lazily(`^-- Running (upgrade|downgrade|stamp_revision) (.*)$`)
	alembicVersion = lazily(`^[A-Za-z0-9_.-]+$`)
)

func readAlembic(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	downs := map[string]*script{}
	for _, name := range names {
		if _, ok := cutSQL(name); !ok {
			if path.Ext(name) == ".py" {
				r.note(name, 0, "Python is not read: give the output of `alembic upgrade base:head --sql`")
			}
			continue
		}
		if err := r.alembic(name, downs); err != nil {
			return err
		}
	}
	for i, s := range r.steps {
		r.steps[i].down = downs[s.version]
		delete(downs, s.version)
		if r.blank(withoutVersionTable(r.dialect, s.up.text)) {
			r.note(s.file, s.up.line, "%s has no SQL in it: what its upgrade() does to rows, if anything, is not carried over", s.version)
		}
	}
	for version, down := range downs {
		return &chain.ParseError{Path: down.file, Line: down.line - 1, Msg: fmt.Sprintf("this undoes %s, and no file does it", version)}
	}
	return nil
}

// alembic cuts one file at its comments.
func (r *reader) alembic(name string, downs map[string]*script) error {
	text, err := r.text(name)
	if err != nil {
		return err
	}
	before, all := parts(text, func(line string) []string { return alembicStep().FindStringSubmatch(strings.TrimRight(line, "\n")) })
	for _, p := range all {
		fail := func(msg string) error { return &chain.ParseError{Path: name, Line: p.line, Msg: msg} }
		from, onto, ok := strings.Cut(p.mark[2], "->")
		if !ok || p.mark[1] == "stamp_revision" {
			return fail("this is no upgrade from one revision to another: give the output of `alembic upgrade base:head --sql`")
		}
		below, err := alembicVersions(from)
		if err != nil {
			return fail(err.Error())
		}
		above, err := alembicVersions(onto)
		if err != nil {
			return fail(err.Error())
		}
		sql := &script{file: name, line: p.line + 1, text: p.text, drop: isVersionTable}
		switch {
		case p.mark[1] == "downgrade" && len(below) != 1:
			return fail("one revision is undone at a time")
		case p.mark[1] == "downgrade":
			downs[below[0]] = sql
		case len(above) != 1:
			return fail("one revision is applied at a time")
		default:
			r.steps = append(r.steps, step{
				version: above[0], name: "revision", parents: below, root: below == nil, file: name, up: sql,
			})
		}
	}
	if len(all) > 0 && !r.blank(withoutVersionTable(r.dialect, before)) {
		r.note(name, 1, "what stands before the first revision, other than the version table, is left out")
	}
	return nil
}

// alembicVersions reads ids with commas between.
func alembicVersions(text string) ([]string, error) {
	var versions []string
	for v := range strings.SplitSeq(text, ",") {
		v = strings.TrimSpace(v)
		switch {
		case v == "":
		case !alembicVersion().MatchString(v):
			return nil, fmt.Errorf("%q is not a revision of Alembic", v)
		default:
			versions = append(versions, v)
		}
	}
	return versions, nil
}

// isVersionTable reports whether a statement is about Alembic's own table.
func isVersionTable(stmt chain.Located) bool {
	words := 0
	for tok := range chain.Tokens(chain.PostgreSQL, stmt.SQL) {
		if tok.Blank() {
			continue
		}
		if words++; words == 1 && !(tok.Is("insert") || tok.Is("update") || tok.Is("delete") || tok.Is("create") || tok.Is("drop")) {
			return false
		}
		if name, ok := tok.Name(chain.PostgreSQL); ok && name == "alembic_version" {
			return true
		}
		// CREATE TABLE IF NOT EXISTS schema.name is the longest way to it.
		if words == 8 {
			return false
		}
	}
	return false
}

// withoutVersionTable returns the SQL that is not Alembic's own business.
func withoutVersionTable(d chain.Dialect, text string) string {
	stmts, err := chain.Locate(d, text)
	if err != nil {
		return text // said when it is rewritten
	}
	var b strings.Builder
	for _, s := range stmts {
		if s.Owned == "" && !isVersionTable(s) {
			b.WriteString(s.SQL + ";\n")
		}
	}
	return b.String()
}

func recordedAlembic(rows [][]string, rec *Recorded) error {
	for _, row := range rows {
		rec.Heads = append(rec.Heads, row[0])
	}
	return nil
}
