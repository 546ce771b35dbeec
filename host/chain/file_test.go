package chain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

const top = "-- Revision ID: 5e1f0c0de0a2\n-- Revises: 5e1f0c0de0a1\n"

// items writes items as "line sql", with "begin" and "end" for the markers.
func items(list []chain.Item) []string {
	var out []string
	for _, it := range list {
		switch it.Kind {
		case chain.ItemAutocommitBegin:
			out = append(out, fmt.Sprintf("%d begin", it.Line))
		case chain.ItemAutocommitEnd:
			out = append(out, fmt.Sprintf("%d end", it.Line))
		case chain.ItemPhase:
			out = append(out, fmt.Sprintf("%d phase %s", it.Line, it.Phase))
		case chain.ItemBackfill:
			out = append(out, fmt.Sprintf("%d %+v %s", it.Line, *it.Backfill, it.SQL))
		default:
			out = append(out, fmt.Sprintf("%d %s", it.Line, it.SQL))
		}
	}
	return out
}

func parse(t *testing.T, d chain.Dialect, text string) *chain.File {
	t.Helper()
	f, err := chain.Parse("versions/2026_10_02_093000_5e1f0c0de0a2_add_tags.sql", d, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func TestParseReadsTheHeader(t *testing.T) {
	text := "\xef\xbb\xbf-- What this is for.\r\n\r\n/* Copyright */\r\n" +
		"-- Revision ID: 5e1f0c0de0a2\r\n--Revises:5e1f0c0de0a1,  5e1f0c0de0b1\r\n-- depends ON: tools@0123456789ab, ba9876543210\r\n" +
		"-- Branch Labels: reports, a-b.c\r\n-- Create Date: 2026-10-02 11:30:00.250000+02:00\r\n-- Note: see ticket\r\n\r\nselect 1;\r\n-- Revises: not a header line\r\n"
	f := parse(t, chain.SQLite, text)
	r := f.Revision
	if r.Key != (chain.Key{Line: "main", ID: "5e1f0c0de0a2"}) || r.Dialect != chain.SQLite || r.Slug != "add_tags" ||
		!slices.Equal(r.Revises, []string{"5e1f0c0de0a1", "5e1f0c0de0b1"}) ||
		!slices.Equal(r.DependsOn, []chain.Key{{Line: "tools", ID: "0123456789ab"}, {Line: "main", ID: "ba9876543210"}}) ||
		!slices.Equal(r.Labels, []string{"reports", "a-b.c"}) ||
		!r.Created.Equal(time.Date(2026, 10, 2, 9, 30, 0, 250e6, time.UTC)) ||
		r.Source != "versions/2026_10_02_093000_5e1f0c0de0a2_add_tags.sql" || r.Digest != chain.Digest([]byte(text)) {
		t.Errorf("got %+v", r)
	}
	h, err := chain.ParseHeader(r.Source, chain.SQLite, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	h.Irreversible = true // which only Parse knows
	if fmt.Sprint(h) != fmt.Sprint(r) {
		t.Errorf("ParseHeader says %+v", h)
	}

	base := parse(t, chain.PostgreSQL, "-- Revision ID: 5e1f0c0de0a1\n-- Revises: \nselect 1")
	if len(base.Revises) != 0 || !base.Created.Equal(time.Date(2026, 10, 2, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("got %+v", base.Revision)
	}
}

func TestParseDividesAFile(t *testing.T) {
	both := top + `
-- +upgrade
create table t (a int); -- both
-- +upgrade postgresql
-- +autocommit begin
create index concurrently i on t (a);
-- +autocommit end
-- +upgrade sqlite
create index [i] on t (a);
-- +downgrade
drop table t
`
	for _, c := range []struct {
		name         string
		d            chain.Dialect
		text         string
		up, down     []string
		irreversible bool
	}{
		{"no sections", chain.PostgreSQL, top + "a;\n-- +autocommit begin\nb;\n-- +autocommit end\nc", []string{"3 a", "4 begin", "5 b", "6 end", "7 c"}, nil, true},
		{"nothing at all", chain.PostgreSQL, top, nil, nil, true},
		{"one file for both", chain.PostgreSQL, both, []string{"5 create table t (a int)", "7 begin", "8 create index concurrently i on t (a)", "9 end"}, []string{"13 drop table t"}, false},
		{"one file for both", chain.SQLite, both, []string{"5 create table t (a int)", "11 create index [i] on t (a)"}, []string{"13 drop table t"}, false},
		{"upgrade only", chain.SQLite, top + "-- +upgrade\na;", []string{"4 a"}, nil, true},
		{"a downgrade with nothing to do", chain.SQLite, top + "-- +upgrade\na;\n-- +downgrade\n", []string{"4 a"}, nil, false},
		{"the other one's downgrade", chain.SQLite, top + "-- +upgrade\na;\n-- +downgrade postgresql\nb", []string{"4 a"}, nil, true},
		{"nothing for this dialect", chain.SQLite, top + "-- +upgrade postgresql\na;", nil, nil, true},
		{"markers written another way", chain.SQLite, top + "--+Upgrade\na;\n  -- + downgrade  SQLite \nb;", []string{"4 a"}, []string{"6 b"}, false},
		{"markers in strings, bodies and parentheses are none", chain.SQLite,
			top + "select '\n-- +upgrade\n';\ncreate table t (\n-- +downgrade\na);\ncreate trigger t delete on a begin\n-- +autocommit begin\nselect 1;\nend;\n/*\n-- +downgrade\n*/",
			[]string{"3 select '\n-- +upgrade\n'", "6 create table t (\n-- +downgrade\na)", "9 create trigger t delete on a begin\n-- +autocommit begin\nselect 1;\nend"}, nil, true},
		{"comments that only look like markers", chain.SQLite, top + "-- +1 day\n-- + and so on\n-- upgrade\na;", []string{"6 a"}, nil, true},
		{"dollars without a template", chain.PostgreSQL, top + "select '${dialect}', $$ ${if} $$", []string{"3 select '${dialect}', $$ ${if} $$"}, nil, true},
	} {
		f := parse(t, c.d, c.text)
		if got := items(f.Upgrade); !slices.Equal(got, c.up) {
			t.Errorf("%s, %s: upgrade\n got %q\nwant %q", c.name, c.d, got, c.up)
		}
		if got := items(f.Downgrade); !slices.Equal(got, c.down) {
			t.Errorf("%s, %s: downgrade\n got %q\nwant %q", c.name, c.d, got, c.down)
		}
		if f.Irreversible != c.irreversible {
			t.Errorf("%s, %s: irreversible %v", c.name, c.d, f.Irreversible)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		line int
		want string
	}{
		{"empty file", "", 0, `"-- Revision ID: "`},
		{"no id", "-- Revises:\nselect 1", 0, `"-- Revision ID: "`},
		{"id below SQL", "select 1;\n" + top, 0, `"-- Revision ID: "`},
		{"no parent line", "-- Revision ID: 5e1f0c0de0a2\nselect 1", 0, `"-- Revises: "`},
		{"short id", "-- Revision ID: 5e1f0c\n-- Revises:\n", 1, "12 lower-case hex digits"},
		{"upper-case id", "-- Revision ID: 5E1F0C0DE0A2\n-- Revises:\n", 1, "12 lower-case hex digits"},
		{"bad parent", "-- Revision ID: 5e1f0c0de0a2\n-- Revises: None\n", 2, `"None" is not a revision id`},
		{"empty parent in a list", "-- Revision ID: 5e1f0c0de0a2\n-- Revises: 5e1f0c0de0a1,\n", 2, `"" is not a revision id`},
		{"bad dependency", top + "-- Depends on: tools:1234\n", 3, "is not a revision id"},
		{"bad line", top + "-- Depends on: a b@0123456789ab\n", 3, "is not the name of a line"},
		{"bad label", top + "-- Branch labels: head\n", 3, `"head" is not a label`},
		{"bad date", top + "-- Create Date: yesterday\n", 3, "is not a date"},
		{"second id", top + "\n-- Revision ID: 5e1f0c0de0a2\n", 4, "line 1 has the first"},
		{"statement above the sections", top + "select 1;\n-- +downgrade\nselect 2;", 3, "stands before the first section of the file, at line 4"},
		{"autocommit above the sections", top + "-- +autocommit begin\n-- +autocommit end\n-- +upgrade\nselect 2;", 3, "before the first section"},
		{"unknown marker", top + "-- +irreversible\n", 3, "unknown marker"},
		{"goose's up", top + "-- +goose Up\nselect 1;", 3, `write "-- +upgrade"`},
		{"goose's down", top + "-- +upgrade\nselect 1;\n-- +goose Down\nselect 2;", 5, `write "-- +downgrade"`},
		{"goose's statements", top + "-- +goose StatementBegin\nselect 1;", 3, "take it out"},
		{"goose's transactions", top + "-- +goose NO TRANSACTION\nselect 1;", 3, "-- +autocommit begin"},
		{"dbmate's down, which must not run as an upgrade", top + "select 1;\n-- migrate:down\nselect 2;", 4, `write "-- +downgrade"`},
		{"unknown dialect", top + "-- +upgrade mysql\n", 3, "write postgresql, sqlite, or nothing"},
		{"two dialects", top + "-- +upgrade sqlite postgresql\n", 3, "write postgresql, sqlite, or nothing"},
		{"autocommit and no more", top + "-- +autocommit\n", 3, "begin or end"},
		{"autocommit without end", top + "-- +autocommit begin\nselect 1;", 3, `has no "-- +autocommit end"`},
		{"autocommit across sections", top + "-- +upgrade\n-- +autocommit begin\nselect 1;\n-- +downgrade\n-- +autocommit end", 4, "in its section"},
		{"autocommit end alone", top + "-- +autocommit end\n", 3, `no "-- +autocommit begin" before it`},
		{"nested autocommit", top + "-- +autocommit begin\n-- +autocommit begin\n", 4, "line 3 is not ended"},
		{"statement that runs into a marker", top + "-- +upgrade\nselect 1\n-- +downgrade\nselect 2;", 4, "is not ended before"},
		{"commit", top + "select 1;\ncommit;", 4, "the runner owns the transaction"},
		{"bad SQL in the other dialect's section", top + "-- +upgrade postgresql\nselect 'a", 4, "never closed"},
		{"UTF-16", "\xff\xfe-\x00-\x00", 1, "UTF-8"},
		{"NUL", top + "select '\x00'", 3, "NUL"},
		{"Latin-1", top + "select 'gr\xfc\xdfe'", 3, "UTF-8"},
	} {
		_, err := chain.Parse("v/x.sql", chain.SQLite, []byte(c.text))
		var bad *chain.ParseError
		if !errors.As(err, &bad) || bad.Path != "v/x.sql" || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
			t.Errorf("%s: got %v, want line %d: … %s", c.name, err, c.line, c.want)
		}
	}
}

func TestTemplate(t *testing.T) {
	text := top + `-- Template: on
create table ${slug} (id int);
${if eq dialect "sqlite"}
insert into a
  values (1);
${else -}
insert into b values (1);
insert into c values (2);
${end -}

select '${revision}', '${down_revision}', '${"${"}';
`
	for d, want := range map[chain.Dialect][]string{
		chain.SQLite: {"4 create table add_tags (id int)", "6 insert into a\n  values (1)",
			"13 select '5e1f0c0de0a2', '5e1f0c0de0a1', '${'"},
		chain.PostgreSQL: {"4 create table add_tags (id int)", "9 insert into b values (1)", "10 insert into c values (2)",
			"13 select '5e1f0c0de0a2', '5e1f0c0de0a1', '${'"},
	} {
		if got := items(parse(t, d, text).Upgrade); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", d, got, want)
		}
	}

	head := top + "-- Template: on\n"
	for _, c := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"unknown function", head + "\nselect ${colour};", 5, `"colour" not defined`},
		{"unclosed if", head + "${if true}\nselect 1;", 5, "unexpected EOF"},
		{"error while it runs", head + "\nselect ${index slug 99};", 5, "index"},
		{"error in the SQL that comes out", head + "${if false}\n\n\n${end}\nselect 1; commit;", 8, "COMMIT"},
		{"neither on nor off", top + "-- Template: yes\n", 3, "neither on nor off"},
		{"a text that grows large", head + strings.Repeat(`${printf "%1000000d" 1}`, 20), 0, "16 MiB"},
		{"a loop that never ends", head + "\n${range 9223372036854775807}${end}", 5, "range cannot be used"},
		{"a loop inside if and with", head + "${with slug}${if true}\n${- range\n 9}a${end}${end}${end}", 5, "range cannot be used"},
		{"a loop inside else", head + "${if true}${else}\n${range .}a${end}${end}", 5, "range cannot be used"},
		{"break out of a loop", head + "${range 9}\n${break}${end}", 4, "range cannot be used"},
		{"break outside of a loop", head + "\n${break}", 5, "outside"},
		{"continue outside of a loop", head + "\n${continue}", 5, "outside"},
		{"a template that calls itself", head + "\n${define \"a\" -}\n\n${template \"a\"}${end}", 5, "define and block cannot be used"},
		{"two definitions", head + "\n${define \"b\"}x${end}\n${define \"a\"}x${end}", 5, "define and block cannot be used"},
		{"an empty definition", head + "\n${define \"b\"}${end}", 5, "define and block cannot be used"},
		{"a block", head + "\n${block \"a\" .}x${end}", 5, "define and block cannot be used"},
		{"a file that includes itself", head + "\n\n${template \"\"}", 6, "template cannot be used"},
	} {
		_, err := chain.Parse("v/x.sql", chain.SQLite, []byte(c.text))
		var bad *chain.ParseError
		if !errors.As(err, &bad) || bad.Path != "v/x.sql" || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
			t.Errorf("%s: got %v, want line %d: … %s", c.name, err, c.line, c.want)
		}
	}
}

func TestDigestIsTheSameForTheSameText(t *testing.T) {
	a := chain.Digest([]byte("select 1;\n\nselect 2;\n"))
	for _, same := range []string{
		"select 1;\n\nselect 2;", "select 1;\r\n\r\nselect 2;\r\n", "select 1;\r\rselect 2;\r", "\xef\xbb\xbfselect 1;\n\nselect 2; \t\n\n",
	} {
		if got := chain.Digest([]byte(same)); got != a {
			t.Errorf("%q has another digest", same)
		}
	}
	for _, other := range []string{"select 1;\nselect 2;\n", "select 1; \n\nselect 2;\n", " select 1;\n\nselect 2;\n", "\xef\xbb\xbf\xef\xbb\xbfselect 1;\n\nselect 2;\n"} {
		if got := chain.Digest([]byte(other)); got == a {
			t.Errorf("%q has the same digest", other)
		}
	}
	if got := chain.Digest(nil); got != "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("nothing has the digest %s", got)
	}
}

func TestParseName(t *testing.T) {
	at := time.Date(2025, 6, 12, 14, 45, 0, 0, time.UTC)
	for _, c := range []struct {
		name, slug string
		created    time.Time
	}{
		{"2025_06_12_144500_5e1f0c0de0a2_add_tags.sql", "add_tags", at},
		{"a/b/2025_06_12_144500_5e1f0c0de0a2_add_tags.sql", "add_tags", at},
		{`a\b\2025_06_12_144500_5e1f0c0de0a2_add_tags.sql`, "add_tags", at},
		{"2025_06_12_144500_5e1f0c0de0a2_.sql", "", at},
		{"2025_06_12_144500_5e1f0c0de0a2.sql", "", at},
		{"2025_06_12_144500_add_automation_tags_aa1234567890.sql", "add_automation_tags", at},
		{"2025_06_12_144500_add_index.sql", "add_index", at},
		{"2025_06_12_144500.sql", "", at},
		{"2025_13_12_144500_x.sql", "2025_13_12_144500_x", time.Time{}},
		{"5e1f0c0de0a2_add_tags.sql", "add_tags", time.Time{}},
		{"add_tags.sql", "add_tags", time.Time{}},
		{".sql", "", time.Time{}},
		{"", "", time.Time{}},
	} {
		if created, slug := chain.ParseName(c.name); slug != c.slug || !created.Equal(c.created) {
			t.Errorf("%q: got %v, %q", c.name, created, slug)
		}
	}
}

// FuzzParse checks that no file makes the parser panic, that Parse and
// ParseHeader agree, and that line endings do not change what is sent.
func FuzzParse(f *testing.F) {
	f.Add(top + "-- +upgrade\nselect 1;\n-- +downgrade sqlite\nselect 2;")
	f.Add(top + "-- Template: on\n${if eq dialect \"sqlite\"}select 1;${else -}\nselect 2;${end}\n")
	f.Add(top + "-- +autocommit begin\nselect 1;\n-- +autocommit end")
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			file, err := chain.Parse("x.sql", d, []byte(text))
			if err != nil {
				var bad *chain.ParseError
				if !errors.As(err, &bad) || bad.Line < 0 || bad.Line > 1+strings.Count(strings.ReplaceAll(text, "\r", "\n"), "\n") {
					t.Fatalf("error %v", err)
				}
				continue
			}
			head, err := chain.ParseHeader("x.sql", d, []byte(text))
			if err != nil || head.Key != file.Key {
				t.Fatalf("ParseHeader: %v, %v", head, err)
			}
			if strings.Contains(text, "\r") {
				continue
			}
			windows, err := chain.Parse("x.sql", d, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
			if err != nil || fmt.Sprint(windows) != fmt.Sprint(file) {
				t.Fatalf("with CR LF: %v, %v, want %v", windows, err, file)
			}
		}
	})
}

func TestLineAndIrreversibleInTheHeader(t *testing.T) {
	const top = "-- Revision ID: 00000000000a\n-- Revises:\n-- Line: reports\n-- Irreversible: it drops the addresses\n"
	f, err := chain.Parse("a.sql", chain.SQLite, []byte(top+"-- +upgrade\nSELECT 1;\n"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Line != "reports" || !f.Irreversible || !f.Marked {
		t.Errorf("line %q, irreversible %t, marked %t", f.Line, f.Irreversible, f.Marked)
	}
	for text, want := range map[string]string{
		top + "-- +upgrade\nSELECT 1;\n-- +downgrade\n":                 "there is a downgrade",
		"-- Revision ID: 00000000000a\n-- Revises:\n-- Line: a b\n":     "a.sql:3: -- Line: a b: \"a b\" is not the name of a line",
		"-- Revision ID: 00000000000a\n-- Revises:\n-- Irreversible:\n": "a.sql:3: -- Irreversible:: say why",
		"-- Revision ID: 00000000000a\n-- Revises:\n-- Line: head\n":    "is not the name of a line",
	} {
		if _, err := chain.Parse("a.sql", chain.SQLite, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
