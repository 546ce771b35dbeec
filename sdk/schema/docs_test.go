package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// README.md has the fields of every operation, as they are.
func TestFieldsInREADME(t *testing.T) {
	type node struct {
		Properties map[string]node `json:"properties"`
		Required   []string        `json:"required"`
		Items      *node           `json:"items"`
		AnyOf      []node          `json:"anyOf"`
		Defs       map[string]node `json:"$defs"`
	}
	var root node
	if err := json.Unmarshal([]byte(schema.JSONSchema()), &root); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| of | fields |\n|---|---|\n")
	line := func(name string, n node) {
		var must, may []string
		for field := range n.Properties {
			if slices.Contains(n.Required, field) {
				must = append(must, "**"+field+"**")
			} else {
				may = append(may, field)
			}
		}
		slices.Sort(must)
		slices.Sort(may)
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(append(must, may...), ", "))
	}
	for _, kind := range schema.Kinds() {
		line("`"+kind+"`", root.Defs[kind])
	}
	table := root.Defs["create_table"].Properties
	line("a column", *table["columns"].Items)
	line("a constraint", *table["constraints"].Items)
	line("an element of `exclude`", *table["constraints"].Items.Properties["exclude"].Items)
	line("a column of an index, if it is not just a name", root.Defs["create_index"].Properties["columns"].Items.AnyOf[1])
	line("a column of a sync, if it is not just a name", root.Defs["create_sync"].Properties["new"].Items.AnyOf[1])
	line("an element of `with`", *root.Defs["create_index"].Properties["with"].Items)

	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), "-update -->\n")
	_, after, there := strings.Cut(rest, "<!-- end of fields -->")
	if !ok || !there {
		t.Fatal("README.md has no place for the fields")
	}
	published(t, "README.md", []byte(before+"-update -->\n"+b.String()+"\n<!-- end of fields -->"+after))
}

// README.md names every operation, type and function, and no operation that is
// not there.
func TestREADME(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	section := func(title string) string {
		_, rest, ok := strings.Cut(page, "\n## "+title+"\n")
		if !ok {
			t.Fatalf("no section %s", title)
		}
		text, _, _ := strings.Cut(rest, "\n## ")
		return text
	}
	operations := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (.*?) \|`).FindAllStringSubmatch(section("Operations"), -1) {
		for _, name := range regexp.MustCompile("`(.*?)`").FindAllStringSubmatch(row[1], -1) {
			operations[name[1]] = true
		}
	}
	for _, kind := range schema.Kinds() {
		if !operations[kind] {
			t.Errorf("the operation %s is missing", kind)
		}
		delete(operations, kind)
	}
	for name := range operations {
		t.Errorf("%s is not an operation", name)
	}
	types := section("Types")
	for _, b := range schema.Bases {
		if !regexp.MustCompile("`" + string(b) + "[`(]").MatchString(types) {
			t.Errorf("the type %s is missing", b)
		}
	}
	defaults := section("Defaults")
	for _, f := range []schema.Function{schema.FunctionNow, schema.FunctionUUID, schema.FunctionJSON, schema.FunctionJSONArray} {
		if !strings.Contains(defaults, "{function: "+string(f)+"}") {
			t.Errorf("the function %s is missing", f)
		}
	}
}
