package grammar

import (
	"fmt"
	"github.com/wasilibs/go-pgquery/parser"
	"testing"
)

func TestTmp(t *testing.T) {
	for _, sql := range []string{
		"SELECT id, upper(n) FROM acme_t t WHERE n = 'x\\y' AND id > -1",
		"INSERT INTO acme_t(id,n) VALUES (10,'x') ON CONFLICT (id) DO UPDATE SET n=excluded.n RETURNING id, upper(n)",
		"CREATE TABLE acme_new(id bigserial PRIMARY KEY, n text NOT NULL DEFAULT lower('X'), at timestamptz DEFAULT now(), CHECK (length(n) < 100))",
		"SELECT 'a'::pg_catalog.text, x::varchar(10), e'\\n', interval '1' day, 1.50, true, null, $1::int, a[1:2], array[1,2], '2020-01-01'::date",
	} {
		n, err := Parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Deparse(n[0])
		fmt.Println(d, err)
		m, err := Reparse(d)
		fmt.Println(m[0].Equal(n[0]), err)
	}
}

const q = "SELECT id, upper(n) FROM acme_t t WHERE n = 'x' AND id > 1"

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse(q)
	}
}
func BenchmarkDeeper(b *testing.B) {
	for b.Loop() {
		deeper(q, 250)
	}
}
func BenchmarkDecode(b *testing.B) {
	m, _ := parser.ParseToJSON(q)
	for b.Loop() {
		decode(m)
	}
}
func BenchmarkEncode(b *testing.B) {
	n, _ := Parse(q)
	for b.Loop() {
		encode(nil, n[0].tree)
	}
}
func BenchmarkDeparse(b *testing.B) {
	n, _ := Parse(q)
	for b.Loop() {
		Deparse(n[0])
	}
}
