package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// The kinds of changes that are no objects of their own.
const (
	KindColumn     Kind = "column"
	KindConstraint Kind = "constraint"
)

// The kinds of changes that filters are mostly about.
const (
	KindTable = Kind(host.ObjectTable)
	KindIndex = Kind(host.ObjectIndex)
	KindType  = Kind(host.ObjectType)

	kindView             = Kind(host.ObjectView)
	kindMaterializedView = Kind(host.ObjectMaterializedView)
	kindTrigger          = Kind(host.ObjectTrigger)
	kindExtension        = Kind(host.ObjectExtension)
)

// DefaultFilters are the rules that hold unless a project turns them off.
//
//   - own-tables: Sandpiper's own tables.
//   - other-dialects: an index that the database has and the wanted schema of
//     another dialect declares (Options.Elsewhere): it was made for the sake of
//     both and is declared where it can be.
//   - direction: an index over expressions that is there under another name and
//     differs by asc and desc alone.
//   - sqlite-methods: GIN, GiST and trigram indexes on SQLite, by their access
//     method and operator classes, whatever they are called.
//   - sqlite-enums: a column that is an enum on one side and text on the other,
//     on SQLite, where an enum is text with a check.
func DefaultFilters() []Filter {
	return []Filter{
		{"own-tables", func(c Change) bool { return own(c.Name) || own(c.Table) }},
		{"other-dialects", func(c Change) bool { return c.Action == Drop && c.Index != nil && c.Index.Elsewhere }},
		{"direction", func(c Change) bool { return c.Index != nil && c.Index.Expressions && c.Index.DirectionOnly }},
		{"sqlite-methods", func(c Change) bool { return c.Dialect == chain.SQLite && c.Index != nil && c.Index.foreign() }},
		{"sqlite-enums", func(c Change) bool {
			return c.Dialect == chain.SQLite && c.Kind == KindColumn && c.Action == Modify &&
				(isEnum(c.Type) && isText(c.Was) || isText(c.Type) && isEnum(c.Was))
		}},
	}
}

// own reports whether a name is of the ledger or of the list of enums.
func own(name string) bool {
	switch name {
	case "sandpiper_heads", "sandpiper_history", "sandpiper_progress", "sandpiper_enums", "sandpiper_owned":
		return true
	}
	return false
}

// foreign reports whether SQLite has no such index.
func (i *Index) foreign() bool {
	return i.Method == "gin" || i.Method == "gist" ||
		slices.ContainsFunc(i.OperatorClasses, func(class string) bool { return strings.Contains(class, "trgm") })
}

func isEnum(t string) bool { return strings.HasPrefix(t, "enum(") }

func isText(t string) bool {
	t = strings.ToLower(t)
	return t == "text" || t == "string" || strings.HasPrefix(t, "string(") || strings.HasPrefix(t, "varchar")
}
