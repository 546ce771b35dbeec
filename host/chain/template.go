package chain

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

// maxExpanded is how large a text may become, in bytes: ${printf "%1000000d" 1}
// written a few thousand times must not fill the memory.
const maxExpanded = 16 << 20

// expand runs the template that a file is, and returns its text, and for each
// line of that the line of the file it comes from.
func expand(r Revision, text string) (string, []int, error) {
	return expandWith(template.FuncMap{
		"dialect":       func() string { return string(r.Dialect) },
		"revision":      func() string { return r.ID },
		"down_revision": func() string { return strings.Join(r.Revises, ", ") },
		"slug":          func() string { return r.Slug },
	}, templateChunk.ReplaceAllStringFunc(text, func(mark string) string { return "${" + strconv.Quote(mark) + "}" }))
}

// templateChunk is the ${chunk} of a backfill, which the template hands on as it is.
var templateChunk = regexp.MustCompile(`\$\{chunk\b[^}\n]*\}`)

// A Blank is a migration that is about to be written: what the template of a new
// file can fill in.
type Blank struct {
	Dialect   Dialect              // "" for a file that serves several
	Revisions map[Dialect]Revision // of the dialects that get one
	Message   string
	Body      Body
}

// A Body is what a migration does, as the text of its file, where that is known
// before a person writes it.
type Body struct {
	Upgrade   string
	Downgrade string
	Remarks   string // lines of comment for the top of the file; "" or ended
}

// Fill runs the template of a new file, with the delimiters and the rules of
// Parse's templates, and the functions
//
//	dialect, line, slug, message    what they say
//	revision, down_revision         of this dialect, or of one that is named:
//	                                ${revision "sqlite"}
//	create_date, create_time        as in 2026-10-02 09:30:00 and
//	                                2026-10-02T09:30:00Z
//	upgrade, downgrade, remarks     the body
//
// Errors are of type *ParseError.
func (b Blank) Fill(name string, text []byte) ([]byte, error) {
	source := string(normalize(text))
	if at := badText(source); at >= 0 {
		return nil, &ParseError{Path: name, Line: 1 + strings.Count(source[:at], "\n"), Msg: "not UTF-8 text, or it holds a NUL byte: save the file as UTF-8"}
	}
	common := b.Revisions[b.Dialect]
	for _, r := range b.Revisions {
		if b.Dialect == "" {
			common = r // in what is asked of it, any is like the others
		}
	}
	of := func(dialect []string) Revision {
		if len(dialect) > 0 {
			return b.Revisions[Dialect(dialect[0])]
		}
		return b.Revisions[b.Dialect]
	}
	out, _, err := expandWith(template.FuncMap{
		"dialect":       func() string { return string(b.Dialect) },
		"line":          func() string { return common.Line },
		"slug":          func() string { return common.Slug },
		"message":       func() string { return b.Message },
		"revision":      func(dialect ...string) string { return of(dialect).ID },
		"down_revision": func(dialect ...string) string { return strings.Join(of(dialect).Revises, ", ") },
		"create_date":   func() string { return common.Created.UTC().Format(time.DateTime) },
		"create_time":   func() string { return common.Created.UTC().Format(time.RFC3339) },
		"upgrade":       func() string { return b.Body.Upgrade },
		"downgrade":     func() string { return b.Body.Downgrade },
		"remarks":       func() string { return b.Body.Remarks },
	}, source)
	if err != nil {
		var bad *ParseError
		if errors.As(err, &bad) {
			bad.Path = name
		}
		return nil, err
	}
	return []byte(out), nil
}

// expandWith runs a template with some functions.
//
// A template chooses and fills in; it does not loop, since one that ranges over
// a large number, or calls itself, would not end. So what runs here takes about
// as long as the text is long.
//
// The lines are found by marks: before the template runs, the beginning of
// every line in its literal text gets "NUL line NUL", which the text itself
// cannot hold. Afterwards the marks are taken out.
func expandWith(functions template.FuncMap, text string) (string, []int, error) {
	t, err := template.New("").Delims("${", "}").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return "", nil, templateError(err)
	}
	if err := definitions(t, text); err != nil {
		return "", nil, err
	}
	if err := mark(t.Root, text); err != nil {
		return "", nil, err
	}
	var out limited
	if err := t.Execute(&out, nil); err != nil {
		return "", nil, templateError(err)
	}
	expanded, lines := unmark(out.String())
	return expanded, lines, nil
}

// definitions refuses a template that defines others, which define and block
// do: they are what a template could call itself by.
func definitions(t *template.Template, text string) error {
	first := -1
	for _, defined := range t.Templates() { // in no order
		if pos := int(defined.Root.Pos); defined.Name() != "" && (first < 0 || pos < first) {
			first = pos
		}
	}
	if first < 0 {
		return nil
	}
	return unwanted("define and block", text, first)
}

// unwanted makes the error for an action that a template may not have. pos is
// inside the action or right behind it.
func unwanted(what, text string, pos int) error {
	line := 1 + strings.Count(text[:max(0, strings.LastIndex(text[:pos], "${"))], "\n")
	return &ParseError{Line: line, Msg: "template: " + what + " cannot be used here: a migration's template has if and with, and no loops and no other templates; " +
		"write the statements out, or the migration as a plugin"}
}

// mark writes the marks into all literal text below a node, and refuses the
// actions that could loop. (The parser itself refuses break and continue
// outside of range.)
func mark(root parse.Node, text string) error {
	counted, line := 0, 1
	for todo := []parse.Node{root}; len(todo) > 0; {
		node := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		branch := func(n *parse.BranchNode) {
			if n.ElseList != nil {
				todo = append(todo, n.ElseList)
			}
			todo = append(todo, n.List)
		}
		switch n := node.(type) {
		case *parse.ListNode:
			for i := len(n.Nodes) - 1; i >= 0; i-- {
				todo = append(todo, n.Nodes[i])
			}
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		case *parse.TextNode:
			pos := int(n.Pos)
			line += strings.Count(text[counted:pos], "\n") // nodes come in the order of the text
			counted = pos
			var b bytes.Buffer
			for i, part := range bytes.SplitAfter(n.Text, []byte("\n")) {
				if len(part) > 0 {
					fmt.Fprintf(&b, "\x00%d\x00%s", line+i, part)
				}
			}
			n.Text = b.Bytes()
		case *parse.RangeNode:
			return unwanted("range", text, int(n.Pos))
		case *parse.TemplateNode:
			return unwanted("template", text, int(n.Pos))
		}
	}
	return nil
}

// unmark takes the marks out. A line of the result comes from where its first
// words come from; one without a mark, from where the line before does.
func unmark(marked string) (string, []int) {
	var text strings.Builder
	var lines []int
	last := 1
	for _, part := range strings.SplitAfter(marked, "\n") {
		pieces := strings.Split(part, "\x00") // text, mark, text, mark, text …
		text.WriteString(pieces[0])
		here := 0
		for i := 1; i+1 < len(pieces); i += 2 {
			text.WriteString(pieces[i+1])
			if here == 0 && strings.TrimSpace(pieces[i+1]) != "" {
				here, _ = strconv.Atoi(pieces[i])
			}
		}
		if here == 0 && len(pieces) > 1 {
			here, _ = strconv.Atoi(pieces[1])
		}
		if here != 0 {
			last = here
		}
		lines = append(lines, last)
	}
	return text.String(), lines
}

// A limited buffer refuses to grow beyond maxExpanded.
type limited struct{ strings.Builder }

var errExpanded = errors.New("the text grows beyond 16 MiB")

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > maxExpanded {
		return 0, errExpanded
	}
	return l.Builder.Write(b)
}

// templateError makes text/template's errors ours: it writes the line into the
// message, as "template: :3: …" or "template: :3:14: …".
func templateError(err error) error {
	bad := &ParseError{Msg: "template: " + err.Error()}
	if m := templatePlace.FindStringSubmatch(err.Error()); m != nil {
		bad.Line, _ = strconv.Atoi(m[1])
		bad.Msg = "template: " + m[2]
	}
	if m := templateStart.FindStringSubmatch(bad.Msg); m != nil {
		bad.Line, _ = strconv.Atoi(m[1])
		bad.Msg = "template: unclosed action"
	}
	return bad
}

// What is not closed is told at the end of the text, and means where it begins.
var templateStart = regexp.MustCompile(`unclosed action started at :(\d+)$`)

var templatePlace = regexp.MustCompile(`(?s)^template: :(\d+):(?:\d+:)? (.*)$`)
