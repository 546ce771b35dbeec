package abi

import (
	"math"
	"strings"
)

// Capabilities are what a module asks for that is run as a plugin (ABI.md,
// section 6.3). The zero value asks for nothing: such a plugin can compute and
// can touch no table. What an operator grants has the same form.
type Capabilities struct {
	// Shared asks for a place among the tables of others. Without it the plugin
	// gets a schema of its own on PostgreSQL. SQLite has no schemas.
	Shared bool

	// Owns are the tables and views that the plugin may create, and then alter,
	// drop, read and write: names, or prefixes that end in "*". What was there
	// before the plugin is not meant, whatever it is called.
	Owns []string

	// Uses are tables that the plugin does not own.
	Uses []Use

	// Functions are functions beyond those that every plugin may call.
	Functions []string

	// The limits of one migration; 0 is the host's default.
	Rows    int64 // that it may insert, update and delete
	Seconds int64 // that it may take
	Fuel    int64 // that it may use: about as many instructions
	Memory  int64 // that its module may have, in MiB
}

// A Use is what a plugin does with a table of somebody else's.
type Use struct {
	Table   string
	Verbs   []string // of Verbs, in that order
	Columns []string // that it reads or writes; none: all of them
}

// Verbs are what can be done with the rows of a table.
var Verbs = []string{"select", "insert", "update", "delete"}

// The bounds of what a module may ask for.
const (
	MaxUses       = 1000 // entries of each list
	maxIdentifier = 63   // bytes of a name, as in PostgreSQL
)

var (
	capabilitiesFields = []string{"shared", "owns", "uses", "functions", "rows", "seconds", "fuel", "memory_mib"}
	useFields          = []string{"table", "verbs", "columns"}
)

// AppendCapabilities appends the document, which is the same for the same
// capabilities, byte for byte.
func AppendCapabilities(dst []byte, c *Capabilities) []byte {
	w := JSONWriter{b: dst}
	w.capabilities(c)
	return w.b
}

func (w *JSONWriter) capabilities(c *Capabilities) {
	w.Open('{')
	if c.Shared {
		w.Name("shared")
		w.Raw("true")
	}
	w.texts("owns", c.Owns)
	if len(c.Uses) > 0 {
		w.Name("uses")
		w.Open('[')
		for i := range c.Uses {
			w.Open('{')
			w.text("table", c.Uses[i].Table)
			w.texts("verbs", c.Uses[i].Verbs)
			w.texts("columns", c.Uses[i].Columns)
			w.Close('}')
		}
		w.Close(']')
	}
	w.texts("functions", c.Functions)
	for _, limit := range []struct {
		name  string
		value int64
	}{{"rows", c.Rows}, {"seconds", c.Seconds}, {"fuel", c.Fuel}, {"memory_mib", c.Memory}} {
		if limit.value != 0 {
			w.integer(limit.name, limit.value)
		}
	}
	w.Close('}')
}

// DecodeCapabilities decodes the document and validates it.
func DecodeCapabilities(b []byte) (*Capabilities, error) {
	r := JSONReader{what: "capabilities", b: b}
	c := r.capabilities()
	if r.Peek() != 0 || r.at != len(b) {
		r.Fail(r.at, "something follows the document")
	}
	return &c, r.err
}

func (r *JSONReader) capabilities() (c Capabilities) {
	r.Peek()
	at := r.at
	r.Object(capabilitiesFields, func(field int) {
		switch capabilitiesFields[field] {
		case "shared":
			c.Shared = r.Boolean()
		case "owns":
			c.Owns = r.texts()
		case "uses":
			r.Array(func() {
				if len(c.Uses) == MaxUses {
					r.Fail(r.at, "more than 1,000 tables")
					return
				}
				c.Uses = append(c.Uses, r.use())
			})
		case "functions":
			c.Functions = r.texts()
		case "rows":
			c.Rows = r.Integer(1, math.MaxInt64)
		case "seconds":
			c.Seconds = r.Integer(1, math.MaxInt32)
		case "fuel":
			c.Fuel = r.Integer(1, math.MaxInt64)
		case "memory_mib":
			c.Memory = r.Integer(1, 4096)
		}
	})
	if reason := c.wrong(); r.err == nil && reason != "" {
		r.Fail(at, reason)
	}
	return c
}

func (r *JSONReader) use() (u Use) {
	r.Object(useFields, func(field int) {
		switch useFields[field] {
		case "table":
			u.Table = r.Text()
		case "verbs":
			u.Verbs = r.texts()
		case "columns":
			u.Columns = r.texts()
		}
	})
	return u
}

// Validate reports what is wrong with capabilities.
func (c *Capabilities) Validate() error {
	if reason := c.wrong(); reason != "" {
		return &MalformedError{"capabilities", 0, reason}
	}
	return nil
}

// Empty reports whether nothing is asked for.
func (c *Capabilities) Empty() bool {
	return !c.Shared && len(c.Owns)+len(c.Uses)+len(c.Functions) == 0 && c.Rows|c.Seconds|c.Fuel|c.Memory == 0
}

// wrong says what is wrong with capabilities, "" if nothing.
func (c *Capabilities) wrong() string {
	if len(c.Owns) > MaxUses || len(c.Uses) > MaxUses || len(c.Functions) > MaxUses {
		return "a list of more than 1,000"
	}
	if c.Rows < 0 || c.Seconds < 0 || c.Fuel < 0 || c.Memory < 0 || c.Seconds > math.MaxInt32 || c.Memory > 4096 {
		return "a limit is negative or too large"
	}
	for _, pattern := range c.Owns {
		name := strings.TrimSuffix(pattern, "*")
		if name != pattern && len(name) < 2 || !validIdentifier(name) {
			return "it owns " + quote(pattern) + ", which is neither a name nor a prefix of two characters or more and *"
		}
		if strings.HasPrefix(name, "sandpiper_") || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pg_") ||
			name != pattern && (strings.HasPrefix("sandpiper_", name) || strings.HasPrefix("sqlite_", name) || strings.HasPrefix("pg_", name)) {
			return "it owns " + quote(pattern) + ": names that begin with sandpiper_, sqlite_ or pg_ are not to be had"
		}
	}
	for i := range c.Uses {
		if reason := c.Uses[i].wrong(); reason != "" {
			return reason
		}
		for k := range i {
			if c.Uses[k].Table == c.Uses[i].Table {
				return "table " + quote(c.Uses[i].Table) + " is named twice: put its verbs and columns together"
			}
		}
	}
	for _, f := range c.Functions {
		if !validIdentifier(f) {
			return "function " + quote(f) + " is not a name in lower case"
		}
	}
	return ""
}

func (u *Use) wrong() string {
	switch {
	case !validIdentifier(u.Table):
		return "table " + quote(u.Table) + " is not a name"
	case strings.HasPrefix(u.Table, "sandpiper_") || strings.HasPrefix(u.Table, "sqlite_") || strings.HasPrefix(u.Table, "pg_"):
		return "table " + quote(u.Table) + ": the ledger and the catalogs are not to be had"
	case len(u.Verbs) == 0:
		return "table " + quote(u.Table) + " is named without a verb: select, insert, update or delete"
	case len(u.Columns) > MaxUses:
		return "a list of more than 1,000"
	}
	next := 0
	for _, verb := range u.Verbs {
		for next < len(Verbs) && Verbs[next] != verb {
			next++
		}
		if next++; next > len(Verbs) {
			return "table " + quote(u.Table) + ": its verbs are select, insert, update and delete, each once and in this order"
		}
	}
	for _, column := range u.Columns {
		if !validIdentifier(column) {
			return "table " + quote(u.Table) + ": column " + quote(column) + " is not a name"
		}
	}
	return ""
}

// validIdentifier reports whether s can be the name of a table or a column that
// a grant names: what both databases take without quotes, in lower case.
func validIdentifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= maxIdentifier
}
