package chain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// kinds writes the tokens that are not blank, as "word:a string:'b'".
func kinds(d chain.Dialect, sql string) string {
	names := map[chain.Kind]string{
		chain.Word: "word", chain.Quoted: "quoted", chain.String: "string", chain.Number: "number",
		chain.Param: "param", chain.Punct: "punct", chain.Unterminated: "unterminated",
	}
	var out []string
	for t := range chain.Tokens(d, sql) {
		if !t.Blank() {
			out = append(out, names[t.Kind]+":"+t.Text)
		}
	}
	return strings.Join(out, " ")
}

func TestTokens(t *testing.T) {
	both := []chain.Dialect{chain.PostgreSQL, chain.SQLite}
	pg, lite := both[:1], both[1:]
	for _, c := range []struct {
		name     string
		dialects []chain.Dialect
		sql      string
		want     string
	}{
		{"doubled quotes", both, `'a''b' "c""d"`, `string:'a''b' quoted:"c""d"`},
		{"a backslash is plain in a plain string", both, `'a\' b`, `string:'a\' word:b`},
		{"E strings have escapes", pg, `E'a\'b' e'\\'`, `string:E'a\'b' string:e'\\'`},
		{"SQLite has no E strings", lite, `E'a\'b`, `word:E string:'a\' word:b`},
		{"E is a prefix only by itself", pg, `note'a\' b`, `word:note string:'a\' word:b`},
		{"an E string goes on after a newline", pg, "E'a' -- it's\n  '\\'b' c", "string:E'a' -- it's\n  '\\'b' word:c"},
		{"an E string ends on its line", pg, `E'a' 'b\' c`, `string:E'a' string:'b\' word:c`},
		{"dollar quotes", pg, `$$a;'b$$ $x$ $$ $y$ $x$`, `string:$$a;'b$$ string:$x$ $$ $y$ $x$`},
		{"a dollar quote's tag has case", pg, `$A$ $a$ $A$`, `string:$A$ $a$ $A$`},
		{"a dollar in a name", pg, `a$b$c $b$ $b$`, `word:a$b$c string:$b$ $b$`},
		{"a name before a dollar quote swallows it", pg, `a$$b`, `word:a$$b`},
		{"parameters", pg, `$1 $12+1 $1$$a$$`, `param:$1 param:$12 punct:+ number:1 param:$1 string:$$a$$`},
		{"a dollar tag has no digit first", pg, `$1a$`, `param:$1 word:a$`},
		{"a lone dollar", pg, `$ a`, `punct:$ word:a`},
		{"SQLite's parameters", lite, `? ?1 :a @b $c #d`, `param:? param:?1 param::a param:@b param:$c param:#d`},
		{"SQLite's quoted names", lite, "`a``b` [c'd] \"e\"", "quoted:`a``b` quoted:[c'd] quoted:\"e\""},
		{"brackets are arrays on PostgreSQL", pg, `a[1]`, `word:a punct:[ number:1 punct:]`},
		{"comments nest on PostgreSQL", pg, `/* /* */ ; */ a`, `word:a`},
		{"comments do not nest on SQLite", lite, `/* /* */ a`, `word:a`},
		{"the star of an opening does not close", both, `/*/ a */ b`, `word:b`},
		{"a comment ends an operator", both, "1-/*x*/2--3\n4", `number:1 punct:- number:2 number:4`},
		{"a lone carriage return ends a comment on PostgreSQL only", pg, "--a\rb", `word:b`},
		{"a lone carriage return ends a comment on PostgreSQL only", lite, "--a\rb", ``},
		{"numbers", both, `1 1.5 .5 1e5 1e-5 1.e 0x1F`, `number:1 number:1.5 number:.5 number:1e5 number:1e-5 number:1. word:e number:0x1F`},
		{"letters beyond ASCII", both, `größe`, `word:größe`},
		{"unterminated string", both, `a 'b`, `word:a unterminated:'b`},
		{"unterminated name", both, `a "b`, `word:a unterminated:"b`},
		{"unterminated comment", both, `a /*b`, `word:a unterminated:/*b`},
		{"unterminated nested comment", pg, `a /* /* */`, `word:a unterminated:/* /* */`},
		{"unterminated dollar quote", pg, `a $x$b$y$`, `word:a unterminated:$x$b$y$`},
		{"unterminated E string", pg, `E'a\'`, `unterminated:E'a\'`},
		{"a backslash at the very end", pg, `E'a\`, `unterminated:E'a\`},
		{"unterminated bracket", lite, `[a`, `unterminated:[a`},
	} {
		for _, d := range c.dialects {
			if got := kinds(d, c.sql); got != c.want {
				t.Errorf("%s, %s: %s\n got %s\nwant %s", c.name, d, c.sql, got, c.want)
			}
		}
	}
}

func TestTokenName(t *testing.T) {
	for _, c := range []struct {
		d         chain.Dialect
		sql, want string
		ok        bool
	}{
		{chain.PostgreSQL, `MyIndex`, `myindex`, true},
		{chain.PostgreSQL, `ÄIx`, `Äix`, true},
		{chain.PostgreSQL, `"My""Index"`, `My"Index`, true},
		{chain.SQLite, `MyIndex`, `MyIndex`, true},
		{chain.SQLite, "`a``b`", "a`b", true},
		{chain.SQLite, `[a b]`, `a b`, true},
		{chain.PostgreSQL, `'a'`, ``, false},
		{chain.PostgreSQL, `12`, ``, false},
	} {
		for tok := range chain.Tokens(c.d, c.sql) {
			if got, ok := tok.Name(c.d); got != c.want || ok != c.ok {
				t.Errorf("%s %s: got %q, %v", c.d, c.sql, got, ok)
			}
		}
	}
}

// Each of these takes a lexer that is not linear, or recursive, minutes or its
// stack; a linear one takes milliseconds. The limit only tells the two apart.
func TestHostileTextIsReadInLinearTime(t *testing.T) {
	const size = 1 << 20
	pieces := []string{
		"/*", "*/", "/*/", "'", "''", `"`, "`", "[", "$", "$$", "$a", "$a$", "$a$b", "(", ")", "E'", "E'a'\n", "e''\n\n", "--\n",
		"--", "-- +\n", "a--\n", "a -- x\n;", "case ", "create ", "1e", "0x", ".", "?", ";", "\r", "\x00", "\xff", "'\\",
		"create trigger begin;", "create function begin atomic case ", "create rule r do (a;", "-- +upgrade sqlite\n",
	}
	for _, opening := range []string{"create function f() begin atomic ", "create rule r as on insert to t do also (", "create trigger t begin "} {
		for _, piece := range []string{";", "(", "case ", "end;", "-- a\n"} {
			pieces = append(pieces, opening+strings.Repeat(piece, size/len(piece)))
		}
	}
	for _, piece := range pieces {
		text := "-- Revision ID: 0123456789ab\n-- Revises:\n" + strings.Repeat(piece, max(1, size/len(piece)))
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			begin := time.Now()
			_, _ = chain.Parse("f.sql", d, []byte(text))
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("1 MiB of %.50q took %v on %s", piece, took, d)
			}
		}
	}
}
