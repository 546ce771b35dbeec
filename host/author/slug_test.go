package author_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/author"
)

func TestSlug(t *testing.T) {
	for message, want := range map[string]string{
		"Add labels":                  "add_labels",
		"  flow_run: add  an index! ": "flow_run_add_an_index",
		"añadir etiquetas":            "anadir_etiquetas",
		"an\u0303adir":                "anadir", // the same, taken apart already
		"größe ÄNDERN":                "grosse_andern",
		"Łódź: smørrebrød":            "lodz_smorrebrod",
		"ﬁx №2 ½":                     "fix_no2_1_2",
		"добавить v2":                 "v2",
		"漢字":                          "",
		strings.Repeat("word ", 60):   strings.Repeat("word_", 11) + "word",
		strings.Repeat("x", 300):      strings.Repeat("x", 60),
		strings.Repeat("é", 300):      strings.Repeat("e", 60),
	} {
		if got := author.Slug(message); got != want {
			t.Errorf("the slug of %.40q is %q, want %q", message, got, want)
		}
	}
}
