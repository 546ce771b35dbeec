package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An attackScript is what a plugin does after its first migration. In the text of
// an attack " ;; " stands between calls. A call is a statement, or begins with
//
//	@QUERY SQL               a query, whose rows are read
//	@BATCH SQL @WITH a|b …   a statement with rows of parameters
//	@TRY SQL                 a statement whose refusal the guest doesn't mind
//	@SAVE, @BACK, @RELEASE   what is done to a savepoint, with its name
//	@SECTION and @END        an autocommit section
//	@OP DOCUMENT             a schema operation
//	@NEXT                    the next migration begins
//	@DOWN                    what follows is the downgrade, which is run as well
//
// In it @TEXT(n)@ stands for n letters, @NEST(n)@ for so many parentheses,
// @REPEAT(n,x)@ for n times x, @REP(n,x)@ for a list of them, and @NUL@, @CR@ and
// @LF@ for bytes that a line of a file cannot hold.
type attackScript struct {
	migrations []attackMigration
	back       bool // the last one is downgraded
}

type attackMigration struct{ up, down []attackCall }

// An attackCall is one call of the host. Its verb is "" for a statement.
type attackCall struct{ verb, text string }

// whole reports whether all is one transaction.
func (s attackScript) whole() bool {
	return !s.back && len(s.migrations) == 1 &&
		!slices.ContainsFunc(s.migrations[0].up, func(c attackCall) bool { return c.verb == "SECTION" || strings.Contains(c.text, "enum_value") })
}

var (
	attackToken = regexp.MustCompile(`@(NUL|CR|LF|TEXT|NEST|REPEAT|REP)(?:\((\d+)(?:,(.*?))?\))?@`)
	attackVerb  = regexp.MustCompile(`^@([A-Z]+)(?: (.*))?$`)
)

func parseScript(text string) (attackScript, error) {
	s := attackScript{migrations: make([]attackMigration, 1)}
	for part := range strings.SplitSeq(text, " ;; ") {
		last := &s.migrations[len(s.migrations)-1]
		call := attackCall{text: part}
		if m := attackVerb.FindStringSubmatch(part); m != nil {
			call = attackCall{m[1], m[2]}
		}
		call.text = attackToken.ReplaceAllStringFunc(call.text, expandToken)
		switch call.verb {
		case "NEXT":
			s.migrations = append(s.migrations, attackMigration{})
		case "DOWN":
			s.back = true
		case "", "QUERY", "BATCH", "TRY", "SAVE", "BACK", "RELEASE", "SECTION", "END", "OP":
			if s.back {
				last.down = append(last.down, call)
			} else {
				last.up = append(last.up, call)
			}
		default:
			return s, fmt.Errorf("no such verb: %s", part)
		}
	}
	return s, nil
}

func expandToken(token string) string {
	m := attackToken.FindStringSubmatch(token)
	n, _ := strconv.Atoi(m[2])
	switch m[1] {
	case "NUL":
		return "\x00"
	case "CR":
		return "\r"
	case "LF":
		return "\n"
	case "TEXT":
		return strings.Repeat("x", n)
	case "NEST":
		return strings.Repeat("(", n) + "1" + strings.Repeat(")", n)
	case "REPEAT":
		return strings.Repeat(m[3], n)
	default:
		return strings.Join(slices.Repeat([]string{m[3]}, n), ",")
	}
}

// attackModule is the module of a plugin whose first migration makes the table
// acme_t, if that is the plugin's, and whose others do what is said.
func attackModule(t *testing.T, dialect chain.Dialect, line string, asked abi.Capabilities, migrations ...attackMigration) []byte {
	t.Helper()
	first := attackMigration{up: []attackCall{{text: "SELECT 1"}}}
	if line == "acme" {
		first.up = []attackCall{
			{text: "CREATE TABLE acme_t (id INTEGER PRIMARY KEY, n TEXT, s TEXT)"},
			{text: "INSERT INTO acme_t VALUES (1, 'a', 's'), (2, 'b', 's')"},
		}
	}
	all := append([]attackMigration{first}, migrations...)
	m := abi.Manifest{Manifest: 1, ABI: abi.Version, Name: line, Line: line, Version: "1.0.0", Capabilities: asked}
	parent := []string(nil)
	for i, migration := range all {
		id := fmt.Sprintf("%012x", i+1)
		m.Revisions = append(m.Revisions, abi.Revision{
			Dialect: string(dialect), ID: id, Revises: parent, Slug: "step", Step: int32(i), Irreversible: migration.down == nil,
		})
		parent = []string{id}
	}
	var module []byte
	var err error
	if steps, ok := plainSteps(all); ok {
		module, err = wasmfile.Assemble(steps, m)
	} else if module, err = guestOf(all); err == nil {
		module, err = wasmfile.AppendManifest(module, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return withNULs(module, all)
}

// plainSteps are migrations as "sandpiper build" assembles them, if a folder of
// files could say them.
func plainSteps(migrations []attackMigration) (steps []wasmfile.Step, ok bool) {
	kinds := map[string]wasmfile.OpKind{
		"": wasmfile.OpExec, "OP": wasmfile.OpSchema, "SECTION": wasmfile.OpAutocommitBegin, "END": wasmfile.OpAutocommitEnd,
	}
	ops := func(calls []attackCall) (ops []wasmfile.Op) {
		for _, c := range calls {
			kind, known := kinds[c.verb]
			ok = ok && known
			ops = append(ops, wasmfile.Op{Kind: kind, Text: withoutNULs(c.text)})
		}
		return ops
	}
	ok = true
	for _, m := range migrations {
		steps = append(steps, wasmfile.Step{Upgrade: ops(m.up), Downgrade: ops(m.down)})
	}
	return steps, ok
}

// A NUL in a statement is refused by whoever assembles a module. A hostile one has
// it put in afterwards.
func withoutNULs(text string) string { return strings.ReplaceAll(text, "\x00", "\x01") }

func withNULs(module []byte, migrations []attackMigration) []byte {
	for _, m := range migrations {
		for _, c := range m.up {
			if strings.Contains(c.text, "\x00") {
				module = bytes.ReplaceAll(module, []byte(withoutNULs(c.text)), []byte(c.text))
			}
		}
	}
	return module
}
