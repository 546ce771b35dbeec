package draw_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/draw"
)

func id(name string) string { return name + strings.Repeat("0", 12-len(name)) }

// graph reads one revision per line: "[line@]name[: parents][; needs][; labels]",
// oldest first.
func graph(t testing.TB, text string) *chain.Graph {
	t.Helper()
	var revs []chain.Revision
	for i, l := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := append(strings.Split(l, ";"), "", "")
		name, parents, _ := strings.Cut(fields[0], ":")
		r := chain.Revision{Key: chain.Key{Line: chain.DefaultLine}, Dialect: chain.SQLite, Source: name, Created: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)}
		if line, rest, ok := strings.Cut(name, "@"); ok {
			r.Line, name = line, rest
		}
		r.ID, r.Slug = id(strings.TrimSpace(name)), "make_"+strings.TrimSpace(name)
		for _, p := range strings.Fields(parents) {
			r.Revises = append(r.Revises, id(p))
		}
		for _, n := range strings.Fields(fields[1]) {
			line, rest, _ := strings.Cut(n, "@")
			r.DependsOn = append(r.DependsOn, chain.Key{Line: line, ID: id(rest)})
		}
		r.Labels = strings.Fields(fields[2])
		revs = append(revs, r)
	}
	g, err := chain.NewGraph(chain.SQLite, revs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func picture(t testing.TB, g *chain.Graph, s chain.Selection, applied func(chain.Key) bool) draw.Picture {
	t.Helper()
	chosen, err := g.Select(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return draw.Of(g, chosen, applied)
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name, graph, want string
		selection         chain.Selection
	}{
		{name: "straight", graph: "a1\na2: a1", want: `
* a2 make_a2 (head)
* a1 make_a1`},
		{name: "diamond", graph: "a1\nb2: a1;; left\nc2: a1\nd3: b2 c2\nd4: d3", want: `
* d4 make_d4 (head)
* d3 make_d3
|\
| * c2 make_c2
* | b2 make_b2 (label left)
|/
* a1 make_a1`},
		{name: "two heads", graph: "a1\nb2: a1\nc2: a1\nc3: c2\nb3: b2", want: `
* b3 make_b3 (head)
| * c3 make_c3 (head)
| * c2 make_c2
* | b2 make_b2
|/
* a1 make_a1`},
		{name: "three branches come together again", graph: "a1\nb2: a1\nc2: a1\nd2: a1\ne3: b2 c2 d2", want: `
* e3 make_e3 (head)
|\
|\|
| |\
| | * d2 make_d2
| * | c2 make_c2
* | | b2 make_b2
| |/
|/|
|/
* a1 make_a1`},
		{name: "two lines", graph: "a1\ntools@b1\ntools@b2: b1; main@a1\na2: a1", want: `
* a2 make_a2 (head)
| * tools@b2 make_b2 (head, needs a1)
| * tools@b1 make_b1
* a1 make_a1`},
		{name: "one line after the other", graph: "a1\na2: a1\ntools@b1\ntools@b2: b1", want: `
* tools@b2 make_b2 (head)
* tools@b1 make_b1

* a2 make_a2 (head)
* a1 make_a1`},
		{name: "the newest two", graph: "a1\na2: a1\na3: a2\na4: a3", selection: chain.Selection{Limit: 2}, want: `
* a4 make_a4 (head)
* a3 make_a3
~ 2 older revisions`},
		{name: "between", graph: "a1\na2: a1\na3: a2\na4: a3\nb3: a2", selection: chain.Selection{From: "a2", To: "a3"}, want: `
~ 2 newer revisions
|\
| * a3 make_a3
|/
* a2 make_a2
~ 1 older revision`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.ReplaceAll(string(picture(t, graph(t, c.graph), c.selection, nil).Text()), "0000000000", "")
			if got != strings.TrimPrefix(c.want, "\n")+"\n" {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestTextLeadsFarWithoutGaps(t *testing.T) {
	// The middle branch ends before the outer ones come together.
	g := graph(t, "a1\nb2: a1\nc2: a1\nd2: a1\nd3: d2\ne4: b2 d3\nf5: e4 c2")
	const want = `
* f5 (head)
|\
* | e4
|\|
| |\
| | * d3
| | * d2
| * | c2
* | | b2
| |/
|/|
|/
* a1
`
	got := strings.NewReplacer("0000000000", "").Replace(string(picture(t, g, chain.Selection{}, nil).Text()))
	got = regexp.MustCompile(` make_..`).ReplaceAllString(got, "")
	if got != want[1:] {
		t.Errorf("got\n%s", got)
	}
}

func TestWhatIsAppliedIsMarked(t *testing.T) {
	g := graph(t, "a1\na2: a1")
	p := picture(t, g, chain.Selection{}, func(k chain.Key) bool { return k.ID == id("a1") })
	text := string(p.Text())
	for _, want := range []string{"o a20000000000 make_a2 (head)\n", "* a10000000000 make_a1\n", "o not applied"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	svg := string(p.SVG())
	if strings.Count(svg, `class="dot applied"`) != 2 || strings.Count(svg, `class="dot pending"`) != 2 { // one of each in the legend
		t.Errorf("the SVG does not mark one revision of each state:\n%s", svg)
	}
	if dot := string(p.DOT()); strings.Count(dot, "filled") != 1 {
		t.Errorf("the DOT does not fill one node:\n%s", dot)
	}
	if m := string(p.Mermaid()); strings.Count(m, ":::applied") != 1 || strings.Count(m, ":::pending") != 1 {
		t.Errorf("the Mermaid does not mark one of each:\n%s", m)
	}
}

// Names come from file names, which may hold anything.
func TestNamesAreNoMarkup(t *testing.T) {
	hostile := "</text><script>alert(1)</script>\"];x\\n`&#;\x1b[2J\x00\u202e\xff\n*/"
	revs := []chain.Revision{
		{Key: chain.Key{ID: id("a1")}, Dialect: chain.SQLite, Slug: hostile},
		{Key: chain.Key{ID: id("a2")}, Dialect: chain.SQLite, Slug: strings.Repeat("long", 100), Revises: []string{id("a1")}},
	}
	g, err := chain.NewGraph(chain.SQLite, revs)
	if err != nil {
		t.Fatal(err)
	}
	p := picture(t, g, chain.Selection{}, nil)
	for form, b := range map[string][]byte{"text": p.Text(), "dot": p.DOT(), "mermaid": p.Mermaid(), "svg": p.SVG()} {
		if bytes.ContainsAny(b, "\x1b\x00") || !utf8.Valid(b) || bytes.Contains(b, []byte("\u202e")) {
			t.Errorf("%s: a name steers what shows it:\n%q", form, b)
		}
	}
	elements := map[string]int{}
	for dec := xml.NewDecoder(bytes.NewReader(p.SVG())); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if start, ok := tok.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
	if elements["script"] > 0 || elements["circle"] != 2 {
		t.Errorf("elements of the SVG: %v", elements)
	}
	if got := strings.Count(string(p.Mermaid()), "\n"); got != 7 { // its head, 2 nodes, 1 edge, 3 classes
		t.Errorf("%d lines of Mermaid:\n%s", got, p.Mermaid())
	}
	if m := string(p.Mermaid()); strings.Contains(m, "<script") || strings.Count(m, `"`) != 4 {
		t.Errorf("a name leaves its quotes:\n%s", m)
	}
	if d := string(p.DOT()); !strings.Contains(d, `\"];x\\n`) {
		t.Errorf("a name is not quoted for DOT:\n%s", d)
	}
}

func TestSVGLoadsNothing(t *testing.T) {
	svg := string(picture(t, graph(t, "a1\nb2: a1\nc2: a1; main@b2; left\nd3: b2 c2"), chain.Selection{}, nil).SVG())
	for _, never := range []string{"href", "url(", "@import", "<image", "<script"} {
		if strings.Contains(svg, never) {
			t.Errorf("the SVG holds %q", never)
		}
	}
	if strings.Count(svg, `class="edge`) != 4 || strings.Count(svg, `class="need"`) != 1 {
		t.Errorf("not 4 edges and 1 need:\n%s", svg)
	}
}

// Any graph is drawn, whole, and the same each time.
func TestRandomGraphs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var b strings.Builder
		n := 1 + rng.IntN(40)
		for i := range n {
			fmt.Fprintf(&b, "%03x:", i)
			seen := map[int]bool{}
			for range rng.IntN(4) {
				if p := i - 1 - rng.IntN(6); p >= 0 && !seen[p] {
					seen[p] = true
					fmt.Fprintf(&b, " %03x", p)
				}
			}
			b.WriteByte('\n')
		}
		g := graph(t, b.String())
		p := picture(t, g, chain.Selection{Limit: 1 + rng.IntN(n)}, nil)
		text := string(p.Text())
		nodes := 0
		for _, line := range strings.Split(text, "\n") {
			if strings.ContainsAny(line, "*~") {
				nodes++
			}
		}
		if nodes != len(p.Nodes) {
			t.Fatalf("%d of %d nodes drawn of\n%s\n%s", nodes, len(p.Nodes), b.String(), text)
		}
		if string(p.Text()) != text || !bytes.Equal(p.SVG(), p.SVG()) {
			t.Fatal("two drawings of one picture differ")
		}
		if got := strings.Count(string(p.SVG()), `class="edge`); got != p.Edges() {
			t.Fatalf("%d of %d edges drawn", got, p.Edges())
		}
	}
}
