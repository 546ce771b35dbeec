package postgres

import (
	"maps"
	"slices"
	"strings"
)

// planPrivileges makes the role's privileges what the grants say: what is
// missing is granted, and what is more is revoked. A table that is not there yet
// is granted when it is. What belongs to somebody whom the runner does not act
// for stays as it is where an administrator has named the role: that is the
// administrator's to give.
//
// https://www.postgresql.org/docs/current/sql-grant.html
func (w *confined) planPrivileges(s *survey) []step {
	q := &w.quarters
	wanted := s.wanted(q)
	have := map[privilege]bool{}
	for _, p := range s.held {
		have[p] = true
	}
	var missing, more []privilege
	for _, p := range wanted {
		if !have[p] && (q.made || p.ours) {
			missing = append(missing, p)
		}
	}
	for _, p := range s.held {
		if !slices.Contains(wanted, p) && (q.made || p.ours) {
			more = append(more, p)
		}
	}
	// To revoke a verb on a table revokes it on its columns too.
	for _, p := range wanted {
		if p.column != "" && have[p] && slices.ContainsFunc(more, func(m privilege) bool {
			return m.column == "" && m.object == p.object && m.verb == p.verb
		}) {
			missing = append(missing, p)
		}
	}
	role := quoteIdent(q.role)
	return append(privilegeSteps("REVOKE", more, "FROM "+role), privilegeSteps("GRANT", missing, "TO "+role)...)
}

// wanted is what the grants say, of the tables and columns that there are.
func (s *survey) wanted(q *quarters) (all []privilege) {
	schema := "SCHEMA " + quoteIdent(q.shared)
	enter := func(verb string) {
		if !s.shared.everyone[verb] {
			all = append(all, privilege{schema, verb, "", s.shared.ours})
		}
	}
	if q.home == q.shared {
		enter("CREATE")
	}
	if q.home == q.shared || len(q.grants.Allowed.Uses) > 0 {
		enter("USAGE")
	}
	for _, use := range q.grants.Allowed.Uses {
		table := s.tables[use.Table]
		if table == nil {
			continue
		}
		object := "TABLE " + quoteIdent(q.shared) + "." + quoteIdent(use.Table)
		for _, verb := range use.Verbs {
			verb = strings.ToUpper(verb)
			if len(use.Columns) == 0 || verb == "DELETE" { // rows go as a whole
				all = append(all, privilege{object, verb, "", table.ours})
				continue
			}
			for _, column := range use.Columns {
				if slices.Contains(table.columns, column) {
					all = append(all, privilege{object, verb, quoteIdent(column), table.ours})
				}
			}
		}
		if slices.Contains(use.Verbs, "insert") {
			for _, sequence := range table.sequences {
				all = append(all, privilege{"SEQUENCE " + sequence.name, "USAGE", "", sequence.ours})
			}
		}
	}
	return all
}

// privilegeSteps are GRANT or REVOKE, one for each object.
func privilegeSteps(word string, privileges []privilege, tail string) (steps []step) {
	var objects []string
	able := map[string]bool{}
	columns := map[string]map[string][]string{} // object → verb → columns
	for _, p := range privileges {
		if columns[p.object] == nil {
			objects = append(objects, p.object)
			able[p.object], columns[p.object] = p.ours, map[string][]string{}
		}
		verbs := columns[p.object]
		verbs[p.verb] = append(verbs[p.verb], p.column)
	}
	for _, object := range objects {
		var what []string
		for _, verb := range slices.Sorted(maps.Keys(columns[object])) {
			list := columns[object][verb]
			if slices.Contains(list, "") {
				what = append(what, verb)
			}
			if list = slices.DeleteFunc(list, func(c string) bool { return c == "" }); len(list) > 0 {
				what = append(what, verb+" ("+strings.Join(list, ", ")+")")
			}
		}
		steps = append(steps, step{word + " " + strings.Join(what, ", ") + " ON " + object + " " + tail, able[object]})
	}
	return steps
}
