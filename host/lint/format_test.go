package lint_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
)

// TestSARIF holds the log to what the standard asks for: the properties that must
// be there, and indexes and lines that mean something.
func TestSARIF(t *testing.T) {
	r := read(t, chain.SQLite, tables[chain.SQLite], "-- +upgrade\nDROP TABLE t;\n-- +downgrade\n")
	report := look(t, r, lint.Config{})
	report.Findings[0].File = "versions/sqlite/50% of ä:b.sql"
	b, err := report.SARIF("1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Schema  string `json:"$schema"`
		Runs    []struct {
			ColumnKind string
			Tool       struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID                     string
						ShortDescription, Help struct{ Text string }
						DefaultConfiguration   struct{ Level string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           map[string]int
					}
				}
			}
		}
	}
	if err := json.Unmarshal(b, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.HasSuffix(log.Schema, "sarif-2.1.0.json") || len(log.Runs) != 1 || log.Runs[0].ColumnKind != "unicodeCodePoints" {
		t.Fatalf("got %s", b)
	}
	run := log.Runs[0]
	driver := run.Tool.Driver
	if driver.Name == "" || driver.Version != "1.2.3" || len(driver.Rules) != len(lint.Rules) {
		t.Errorf("the driver is %+v", driver)
	}
	for _, rule := range driver.Rules {
		if level := rule.DefaultConfiguration.Level; rule.ShortDescription.Text == "" || rule.Help.Text == "" || level != "error" && level != "warning" {
			t.Errorf("the rule %+v", rule)
		}
	}
	if len(run.Results) != 2 {
		t.Fatalf("%d results", len(run.Results))
	}
	for i, result := range run.Results {
		place := result.Locations[0].PhysicalLocation
		if driver.Rules[result.RuleIndex].ID != result.RuleID || result.Message.Text == "" || place.Region["startLine"] < 1 || result.Level != "warning" {
			t.Errorf("the result %+v", result)
		}
		if want := "versions/sqlite/50%25%20of%20%C3%A4:b.sql"; i == 0 && place.ArtifactLocation.URI != want {
			t.Errorf("the file is %s", place.ArtifactLocation.URI)
		}
	}
}

// Nothing is an empty list, not none.
func TestEmptySARIF(t *testing.T) {
	b, err := new(lint.Report).SARIF("1")
	if err != nil || !strings.Contains(string(b), `"results": []`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestGitHub(t *testing.T) {
	report := lint.Report{Findings: []lint.Finding{
		{Rule: lint.Find("syntax"), Severity: lint.Error, File: "a,b:c%.sql", Line: 3, Column: 4, Message: "100%\r\n::warning::x"},
		{Rule: lint.Find("irreversible"), Severity: lint.Warning, File: "d.sql", Message: "m"},
	}}
	lines := strings.Split(strings.TrimSuffix(string(report.GitHub()), "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "::error file=a%2Cb%3Ac%25.sql,line=3,col=4,title=syntax::100%25%0D%0A::warning::x%0A") ||
		!strings.HasPrefix(lines[1], "::warning file=d.sql,title=irreversible::m%0A") {
		t.Errorf("got %q", lines)
	}
}
