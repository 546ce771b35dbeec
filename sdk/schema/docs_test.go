package schema_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

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
