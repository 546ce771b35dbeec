package tabletext

import (
	"fmt"
	"strings"
)

// IndexTerms returns what a CREATE INDEX statement says after the name of the
// table: the columns and the condition.
func IndexTerms(sql string) string {
	for _, t := range tokens(sql) {
		if t.Is("(") {
			return sql[t.Pos:]
		}
	}
	return ""
}

// RenameIndex returns a CREATE INDEX statement with another name.
func RenameIndex(sql, name string) (string, error) {
	p := &parser{sql: sql, tokens: tokens(sql)}
	span := p.created("INDEX")
	if p.err != nil {
		return "", fmt.Errorf("read %s: %w", strings.TrimSpace(sql), p.err)
	}
	return sql[:span.Start] + Quote(name) + sql[span.End:], nil
}

// created reads the beginning of a CREATE statement for a kind of object, up to
// the name, and returns where that is.
func (p *parser) created(kind string) (name Span) {
	p.want("CREATE")
	p.take("UNIQUE")
	p.take("VIRTUAL")
	p.want(kind)
	p.take("IF", "NOT", "EXISTS")
	if p.peek(1).Is(".") {
		p.name()
		p.at++
	}
	name.Start = p.start()
	p.name()
	name.End = p.end()
	return name
}

// UpdateOf returns what a CREATE TRIGGER statement says between UPDATE OF and
// the name of the table: columns. It returns "" where it does not say which.
func UpdateOf(sql string) string {
	list := tokens(sql)
	for i := 0; i+1 < len(list); i++ {
		switch {
		case list[i].Is("ON"):
			return ""
		case list[i].Is("UPDATE") && list[i+1].Is("OF"):
			start := list[i+1].end
			for _, t := range list[i+2:] {
				if t.Is("ON") {
					return sql[start:t.Pos]
				}
			}
		}
	}
	return ""
}
