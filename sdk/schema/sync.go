package schema

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// CreateSync keeps old columns of a table and the new ones that are to replace
// them in step, with triggers, while programs that know only the one or only the
// other write to it. README.md says which side wins when.
type CreateSync struct {
	Name  string // left out: by the naming convention
	Table string
	Old   []SyncColumn
	New   []SyncColumn
}

// A SyncColumn is a column that is kept in step with the other side. In a
// document it is a string, the column's name, or an object.
type SyncColumn struct {
	Column string

	// From is an expression over the columns of the other side. Without it the
	// column is what the column in the same place of the other side is.
	From SQL
}

// SyncOn returns columns of their names, each of which is what the column in the
// same place of the other side is.
func SyncOn(columns ...string) []SyncColumn {
	list := make([]SyncColumn, len(columns))
	for i, c := range columns {
		list[i].Column = c
	}
	return list
}

// SyncTriggers returns what the triggers of a sync are called, on both dialects:
// the one for INSERT and the one for UPDATE. PostgreSQL fires triggers in the
// order of their names, and these have to see what others make of a row
// (https://www.postgresql.org/docs/current/trigger-definition.html).
func SyncTriggers(name string) (insert, update string) {
	return syncPrefix + name + syncInsert, syncPrefix + name + syncUpdate
}

// SyncOf returns the sync that a trigger of that name belongs to, if there is one
// that does.
func SyncOf(trigger string) (name string, ok bool) {
	name, ok = strings.CutPrefix(trigger, syncPrefix)
	if !ok {
		return "", false
	}
	if insert, ok := strings.CutSuffix(name, syncInsert); ok {
		return insert, true
	}
	return strings.CutSuffix(name, syncUpdate)
}

// SyncMark is what the text of a sync's triggers has in it on SQLite, or that of
// their function on PostgreSQL, and nobody else's.
const SyncMark = "-- A sync of Sandpiper: it keeps old and new columns in step. drop_sync drops it."

const (
	syncPrefix = "zz_"
	syncInsert = "_insert"
	syncUpdate = "_update"

	// maxSync is how long the name of a sync may be for its triggers' to be whole.
	maxSync = maxIdentifier - len(syncPrefix+syncInsert)
)

// Kind implements Operation.
func (o *CreateSync) Kind() string { return "create_sync" }

// On implements Operation. A sync is made by itself.
func (o *CreateSync) On() string { return "" }

func (o *CreateSync) fields() []field {
	return append([]field{may("name", text(&o.Name)), must("table", text(&o.Table))}, o.sides()...)
}

// sides are the fields that say what the sync does.
func (o *CreateSync) sides() []field {
	return []field{must("old", list(&o.Old)), must("new", list(&o.New))}
}

func (o *CreateSync) wrong() string {
	seen := map[string]bool{}
	for _, side := range [][]SyncColumn{o.Old, o.New} {
		for _, c := range side {
			switch {
			case c.Column == "":
				return "a column without a name"
			case seen[c.Column]:
				return "the column " + quote(c.Column) + " is there twice"
			case c.From.IsZero() && len(o.Old) != len(o.New):
				return "the column " + quote(c.Column) + " has no counterpart, since one side has " + itoa(int64(len(o.Old))) +
					" columns and the other " + itoa(int64(len(o.New))) + `: say what it is made of in the place of its name, {"column": ` + quote(c.Column) + `, "from": "…"}`
			}
			seen[c.Column] = true
		}
	}
	return ""
}

func (c *SyncColumn) fields() []field {
	return []field{must("column", text(&c.Column)), may("from", &c.From)}
}
func (c *SyncColumn) empty() bool { return false }
func (c *SyncColumn) read(r *abi.JSONReader) {
	if r.Peek() == '"' {
		c.Column = r.Text()
		return
	}
	readFields(r, c.fields())
}

func (c *SyncColumn) write(w *abi.JSONWriter) {
	if c.From.IsZero() {
		w.Text(c.Column)
		return
	}
	writeFields(w, c.fields())
}

func (c *SyncColumn) describe() string {
	return `{"anyOf":[{"type":"string"},` + describeFields(c.fields()) + `]}`
}

// DropSync drops a sync and all that it has made. One that was left to the
// naming convention needs no name here either, if Was says what it is.
type DropSync struct {
	Name     string
	Table    string
	IfExists bool
	Was      *CreateSync // what a downgrade creates again; Name and Table are left out
}

// Kind implements Operation.
func (o *DropSync) Kind() string { return "drop_sync" }

// On implements Operation.
func (o *DropSync) On() string { return "" }

func (o *DropSync) fields() []field {
	return []field{
		may("name", text(&o.Name)), must("table", text(&o.Table)), may("if_exists", flag(&o.IfExists)), may("was", wasSync{&o.Was}),
	}
}

func (o *DropSync) wrong() string {
	switch {
	case o.Was == nil && o.Name == "":
		return "a sync without a name is found by what it is: say it in was"
	case o.Was == nil:
		return ""
	}
	if missing := missingField(o.Was.sides()); missing != "" {
		return "was: " + missing
	}
	if reason := o.Was.wrong(); reason != "" {
		return "was: " + reason
	}
	return ""
}

// was returns the sync that is dropped, whole.
func (o *DropSync) was() *CreateSync {
	return &CreateSync{Name: o.Name, Table: o.Table, Old: o.Was.Old, New: o.Was.New}
}

// wasSync is a sync without its name and table.
type wasSync struct{ v **CreateSync }

func (s wasSync) empty() bool             { return *s.v == nil }
func (s wasSync) write(w *abi.JSONWriter) { writeFields(w, (*s.v).sides()) }
func (s wasSync) describe() string        { return describeFields(new(CreateSync).sides()) }
func (s wasSync) read(r *abi.JSONReader) {
	*s.v = new(CreateSync)
	readFields(r, (*s.v).sides())
}

func (o *CreateSync) reverse(*past) ([]Request, string) {
	return by(&DropSync{Name: o.Name, Table: o.Table, Was: &CreateSync{Old: o.Old, New: o.New}}), ""
}

func (o *DropSync) reverse(*past) ([]Request, string) {
	if o.Was == nil {
		return nil, give("what the sync "+quote(o.Name)+" kept in step", `was: {"old": […], "new": […]}`)
	}
	return by(o.was()), ""
}
