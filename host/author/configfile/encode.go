package configfile

import (
	"fmt"
	"strconv"
	"strings"
)

// A Pair is a key and its value: a string, bool, int64, []string, or a Table or
// []Table, which are written inline.
type Pair struct {
	Key   string
	Value any
}

// A Table is written in its own order.
type Table []Pair

// maxLine is how long a line with a list may be that is not broken.
const maxLine = 100

// encode writes a value as TOML 1.0 has it: https://toml.io/en/v1.0.0.
func encode(value any) string {
	switch v := value.(type) {
	case string:
		return quote(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case []string:
		return list(v, quote)
	case Table:
		var pairs []string
		for _, p := range v {
			pairs = append(pairs, keyText(p.Key)+" = "+encode(p.Value))
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	case []Table:
		return list(v, func(t Table) string { return encode(t) })
	}
	panic(fmt.Sprintf("configfile: a value of type %T", value))
}

// list writes a list in one line if it fits, else an element a line.
func list[T any](elements []T, text func(T) string) string {
	var parts []string
	size := 0
	for _, e := range elements {
		parts = append(parts, text(e))
		size += len(parts[len(parts)-1])
	}
	if size <= maxLine {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "[\n  " + strings.Join(parts, ",\n  ") + ",\n]"
}

// quote writes a basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// keyText writes a key, quoted if it has to be.
func keyText(key string) string {
	bare := key != ""
	for _, r := range key {
		bare = bare && (r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}
	if bare {
		return key
	}
	return quote(key)
}

// dotted writes a path.
func dotted(path []string) string {
	var parts []string
	for _, p := range path {
		parts = append(parts, keyText(p))
	}
	return strings.Join(parts, ".")
}

func line(p Pair) string { return keyText(p.Key) + " = " + encode(p.Value) + "\n" }
