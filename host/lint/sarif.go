package lint

import (
	"encoding/json"
	"net/url"
)

// SARIF writes a report in the Static Analysis Results Interchange Format, which
// code hosts and editors read. version is the runner's.
//
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
func (r *Report) SARIF(version string) ([]byte, error) {
	index := map[string]int{}
	rules := make([]sarifRule, len(Rules))
	for i := range Rules {
		rule := &Rules[i]
		index[rule.Name] = i
		rules[i] = sarifRule{
			ID: rule.Name, ShortDescription: sarifText{rule.Why}, Help: sarifText{rule.Instead},
			DefaultConfiguration: sarifConfiguration{rule.Severity},
		}
	}
	results := make([]sarifResult, 0, len(r.Findings))
	for i := range r.Findings {
		f := &r.Findings[i]
		result := sarifResult{
			RuleID: f.Rule.Name, RuleIndex: index[f.Rule.Name], Level: f.Severity, Message: sarifText{f.Message + ". " + f.Rule.Instead},
		}
		location := sarifPhysical{ArtifactLocation: sarifArtifact{(&url.URL{Path: f.File}).String()}}
		if f.Line > 0 {
			location.Region = &sarifRegion{f.Line, f.Column}
		}
		result.Locations = []sarifLocation{{location}}
		results = append(results, result)
	}
	driver := sarifDriver{"sandpiper lint", version, "https://github.com/sandpiper-db/sandpiper", rules}
	return json.MarshalIndent(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, "unicodeCodePoints", results}},
	}, "", "  ")
}

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string             `json:"id"`
		ShortDescription     sarifText          `json:"shortDescription"`
		Help                 sarifText          `json:"help"`
		DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
	}
	sarifConfiguration struct {
		Level Severity `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     Severity        `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)
