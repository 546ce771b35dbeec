package tabletext

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Plain is NormalIn for people to read: spaced as one writes SQL. Names keep
// their quotes where they would be something else without.
func Plain(sql, table string) string {
	list := tokens(sql)
	var b strings.Builder
	last := -1 // the token that is written last
	for i := 0; i < len(list); i++ {
		if table != "" && qualifies(list, i, table) {
			i++ // and the dot
			continue
		}
		if last >= 0 && spaced(list, last, i) {
			b.WriteByte(' ')
		}
		b.WriteString(list[i].plain())
		last = i
	}
	return b.String()
}

func (t token) plain() string {
	switch name, ok := t.Name(chain.SQLite); {
	case ok && t.Kind == chain.Quoted:
		return plainName(name)
	case ok || t.Kind == chain.Number || t.Kind == chain.String && !strings.HasPrefix(t.Text, "'"): // 1E5, X'AB'
		return Fold(t.Text)
	}
	return t.Text
}

// plainName writes a name, with quotes where it needs them.
func plainName(name string) string {
	name = Fold(name)
	list := tokens(name)
	if len(list) == 1 && list[0].Kind == chain.Word && list[0].Text == name && !reserved[strings.ToUpper(name)] && !constants[strings.ToUpper(name)] {
		return name
	}
	return Quote(name)
}

// constants are the words that stand for a value
// (https://sqlite.org/lang_expr.html#literal_values_constants_).
var constants = map[string]bool{
	"NULL": true, "TRUE": true, "FALSE": true, "CURRENT_DATE": true, "CURRENT_TIME": true, "CURRENT_TIMESTAMP": true,
}

// spaced reports whether a space goes between a token and a later one that
// follows it. It does not depend on what was between them.
func spaced(list []token, i, next int) bool {
	before, after := list[i], list[next]
	switch {
	case before.Is("("), before.Is("."), after.Is(")"), after.Is(","), after.Is("."), after.Is(";"):
		return false
	case after.Is("("): // of a function or a type
		return before.Kind != chain.Quoted && (before.Kind != chain.Word || reserved[strings.ToUpper(before.Text)])
	case before.Kind == chain.Punct && after.Kind == chain.Punct: // || <= <> ->>
		return !strings.Contains("|<>=!-", before.Text) || !strings.Contains("|<>=", after.Text)
	case before.Is("-") && after.Kind == chain.Number: // the sign of the number, unless there is something to subtract it from
		return i > 0 && list[i-1].operand()
	}
	return true
}

// operand reports whether an operand may end with the token.
func (t token) operand() bool {
	return t.Kind != chain.Punct && (t.Kind != chain.Word || !reserved[strings.ToUpper(t.Text)]) || t.Is(")")
}
