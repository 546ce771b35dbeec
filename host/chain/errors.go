package chain

import (
	"fmt"
	"strings"
)

// A ParseError is a migration file, or a text of SQL, that cannot be read.
type ParseError struct {
	Path   string // the file, "" for a bare text
	Line   int    // 1-based, 0 if it is about the whole file
	Column int    // 1-based, in characters; 0 if it is not known
	Msg    string // what is wrong and what to do
}

// Error returns "path:line: message".
func (e *ParseError) Error() string { return place(e.Path, e.Line) + e.Msg }

// place returns "path:line: " of what is known.
func place(path string, line int) string {
	switch {
	case path == "" && line == 0:
		return ""
	case path == "":
		return fmt.Sprintf("line %d: ", line)
	case line == 0:
		return path + ": "
	}
	return fmt.Sprintf("%s:%d: ", path, line)
}

// A Rule names what a GraphError breaks.
type Rule string

// The rules that a set of revisions must keep to be a graph.
const (
	RuleID        Rule = "id"         // ids are 12 lower-case hex digits
	RuleDialect   Rule = "dialect"    // a graph has one dialect
	RuleDuplicate Rule = "duplicate"  // an id occurs once in a line
	RuleParent    Rule = "parent"     // every parent exists in the same line
	RuleDependsOn Rule = "depends_on" // what is depended on exists
	RuleCycle     Rule = "cycle"      // nothing comes before itself
	RuleLabel     Rule = "label"      // a branch label names one revision
)

// A GraphError is a revision that does not fit with the others.
type GraphError struct {
	Rule  Rule
	Path  string // the Source of the revision
	Other string // the Source of the other revision, where there are two
	Key   Key    // the revision
	Msg   string // what is wrong and what to do
}

// Error returns "path: message".
func (e *GraphError) Error() string { return place(e.Path, 0) + e.Msg }

// A TargetError is a target word that cannot be followed.
type TargetError struct {
	Target string // the word as given
	Msg    string // what is wrong and what to do
	Fits   []Key  // the revisions it could mean, if it could mean several

	// Absent is the dialect whose chain has nothing of that name, "" where
	// something else is wrong.
	Absent Dialect
}

// Error returns the word and what is wrong with it.
func (e *TargetError) Error() string {
	text := fmt.Sprintf("target %q: %s", e.Target, e.Msg)
	if e.Absent != "" {
		text += fmt.Sprintf(" for %s", e.Absent)
	}
	return text
}

// An UnknownError is a database that is at revisions the graph does not have:
// it is ahead of the code, or a file was lost.
type UnknownError struct {
	Keys []Key // sorted

	// Plugin is the line of one of them that a plugin at hand is of, whose module
	// does not have it: "" if they are all of the project's own lines.
	Plugin string
}

// OfPlugin are the revisions that the plugin's module does not have.
func (e *UnknownError) OfPlugin() (keys []Key) {
	for _, k := range e.Keys {
		if e.Plugin != "" && k.Line == e.Plugin {
			keys = append(keys, k)
		}
	}
	return keys
}

// Error names the revisions and says what to do.
func (e *UnknownError) Error() string {
	if e.Plugin != "" {
		return fmt.Sprintf("the database is at %s, which these migrations do not have; nothing was changed: "+
			"bring back the module of plugin %s that has %s", keyList(e.Keys), e.Plugin, keyList(e.OfPlugin()))
	}
	return fmt.Sprintf("the database is at %s, which these migrations do not have; nothing was changed: "+
		"run a version of the program that has it, or bring its file back", keyList(e.Keys))
}

// keyList writes keys for people, cutting a long list.
func keyList(keys []Key) string {
	const most = 10
	var b strings.Builder
	for i, k := range keys {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(keys)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k.String())
	}
	return b.String()
}
