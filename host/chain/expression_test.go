package chain_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestCheckExpression(t *testing.T) {
	for _, c := range []struct {
		dialect chain.Dialect
		expr    string
		ok      bool
	}{
		{chain.PostgreSQL, "a > 0", true},
		{chain.PostgreSQL, "f(a, ')')", true},
		{chain.PostgreSQL, "ARRAY[1, 2]", true},
		{chain.PostgreSQL, "a -- why\n > 0", true},
		{chain.PostgreSQL, "$x$ ) $x$ = b", true},
		{chain.PostgreSQL, "", true},
		{chain.PostgreSQL, "true), ADD COLUMN hacked int, ADD CHECK (true", false},
		{chain.PostgreSQL, "lower(a)), (id", false},
		{chain.PostgreSQL, "a, b", false},
		{chain.PostgreSQL, "(a", false},
		{chain.PostgreSQL, "a; DROP TABLE t", false},
		{chain.PostgreSQL, "'a", false},
		{chain.PostgreSQL, "a /* b", false},
		{chain.PostgreSQL, "a -- b", false},
		{chain.SQLite, "[a)] > 0", true},
		{chain.SQLite, "a)", false},
	} {
		if err := chain.CheckExpression(c.dialect, c.expr); (err == nil) != c.ok {
			t.Errorf("%s: %q: %v", c.dialect, c.expr, err)
		}
	}
}

func TestCheckTrigger(t *testing.T) {
	for _, c := range []struct {
		dialect chain.Dialect
		sql     string
		ok      bool
	}{
		{chain.SQLite, "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END", true},
		{chain.SQLite, "-- why\ncreate temp trigger if not exists main.[TR] AFTER INSERT ON t BEGIN SELECT 1; END", true},
		{chain.SQLite, "CREATE TRIGGER 'tr' AFTER INSERT ON t BEGIN SELECT 1; END", true},
		{chain.PostgreSQL, "CREATE OR REPLACE TRIGGER tr AFTER INSERT ON t EXECUTE FUNCTION f()", true},
		{chain.PostgreSQL, "CREATE CONSTRAINT TRIGGER Tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", true},
		{chain.PostgreSQL, `CREATE TRIGGER "Tr" AFTER INSERT ON t EXECUTE FUNCTION f()`, false},
		{chain.PostgreSQL, "DROP TABLE t", false},
		{chain.PostgreSQL, "CREATE TABLE tr (a int)", false},
		{chain.SQLite, "CREATE TRIGGER other AFTER INSERT ON t BEGIN SELECT 1; END", false},
		{chain.SQLite, "CREATE TRIGGER", false},
		{chain.SQLite, "", false},
	} {
		if err := chain.CheckTrigger(c.dialect, c.sql, "tr"); (err == nil) != c.ok {
			t.Errorf("%s: %q: %v", c.dialect, c.sql, err)
		}
	}
}
