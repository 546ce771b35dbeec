package lint

import "github.com/sandpiper-db/sandpiper/host/chain"

// Broken makes a report of files that make no chain, for those who read nothing but
// reports. path is as Config.Path. Of a chain that cannot be read no rule finds
// anything.
func Broken(problems []chain.Problem, path func(string) string) *Report {
	report := &Report{}
	rule := Find(ruleSyntax)
	for _, p := range problems {
		f := Finding{Rule: rule, Severity: rule.Severity, File: p.Source, Line: p.Line, Message: p.Message}
		if path != nil && p.Source != "" {
			f.File = path(p.Source)
		}
		report.Findings = append(report.Findings, f)
	}
	report.sort()
	return report
}
