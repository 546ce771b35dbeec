package chain

import (
	"errors"
	"fmt"
)

// A Problem is one thing that is wrong with a set of migrations.
type Problem struct {
	Rule     Rule
	Revision string // "" if it is not about one
	Source   string // the file, "" if it is not about one
	Line     int    // 1-based in Source, 0 if it is about the whole file
	Message  string // what is wrong and what to do
}

// The rules that verify and audit check beside those of a graph.
const (
	RuleUnreadable Rule = "unreadable"  // a file can be read
	RuleHeads      Rule = "heads"       // a line has one head
	RulePair       Rule = "pair"        // a migration has a revision for each dialect
	RuleFileName   Rule = "file_name"   // a file's name has the id that is inside
	RuleDowngrade  Rule = "downgrade"   // a revision has a downgrade, or says that it has none
	RuleLock       Rule = "lock"        // the files are those that sandpiper.lock pins
	RuleNotes      Rule = "notes"       // the notes can be read, and name what is there
	RuleNotesEntry Rule = "notes_entry" // the notes have each migration
	RuleNotesOrder Rule = "notes_order" // the notes are newest first
	RuleChanged    Rule = "changed"     // what is applied is as it was
	RuleUnknown    Rule = "unknown"     // what is applied is among the migrations
	RulePending    Rule = "pending"     // no migration is half done
	RuleLedger     Rule = "ledger"      // the ledger has its tables and their columns
	RuleHistory    Rule = "history"     // the history has what the heads stand for
	RuleIndex      Rule = "index"       // no concurrent build has left an INVALID index
	RulePlugin     Rule = "plugin"      // what a plugin did has a plugin, which a run would take
	RuleModule     Rule = "module"      // a plugin's module is the one that ran
	RuleSigner     Rule = "signer"      // who signed what ran is trusted
	RuleGrants     Rule = "grants"      // what a plugin was granted is known
)

// Problems makes problems of the errors of reading a chain: those of ParseHeader,
// Parse and NewGraph, joined or not.
func Problems(err error) []Problem {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Problem
		for _, e := range joined.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	var (
		parse *ParseError
		graph *GraphError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &parse):
		return []Problem{{Rule: RuleUnreadable, Source: parse.Path, Line: parse.Line, Message: parse.Msg}}
	case errors.As(err, &graph):
		return []Problem{{Rule: graph.Rule, Revision: graph.Key.String(), Source: graph.Path, Message: graph.Msg}}
	}
	return []Problem{{Rule: RuleUnreadable, Message: err.Error()}}
}

// ProblemsOf makes problems of an error of reading a file that has a rule of its
// own.
func ProblemsOf(rule Rule, err error) []Problem {
	problems := Problems(err)
	for i := range problems {
		problems[i].Rule = rule
	}
	return problems
}

// problem makes a problem of a revision.
func problem(rule Rule, r Revision, format string, args ...any) Problem {
	return Problem{Rule: rule, Revision: r.Key.String(), Source: r.Source, Message: fmt.Sprintf(format, args...)}
}
