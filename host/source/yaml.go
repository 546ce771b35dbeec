package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A YAML file is one mapping. Its header comes first:
//
//	revision: 5e1f0c0de0a2
//	revises: 5e1f0c0de0a1
//	created: 2026-10-02 09:30:00
//	upgrade:
//	  - create_table: {name: label, columns: [{name: id, type: uuid}]}
//	  - phase: backfill
//	  - backfill: {table: label, batch: 1000, statement: "UPDATE label SET … WHERE ${chunk}"}
//	  - autocommit:
//	      - execute: {sql: VACUUM, no_reverse: true}
//	downgrade: irreversible
//
// A file beside the dialects' folders serves several of them: revision and
// revises are then mappings of the dialect to what it has.

// The keys of a file.
const (
	keyRevision  = "revision"
	keyRevises   = "revises"
	keyUpgrade   = "upgrade"
	keyDowngrade = "downgrade"

	// An item of upgrade or downgrade that is no operation.
	keyAutocommit = "autocommit"
	keyBackfill   = "backfill"
	keyPhase      = "phase"

	wordIrreversible = "irreversible" // of downgrade
)

// headerKeys are the keys of the header, as chain.Header calls them.
var headerKeys = map[string]string{
	keyRevision:  "revision id",
	keyRevises:   "revises",
	"depends_on": "depends on",
	"labels":     "branch labels",
	"line":       "line",
	"created":    "create date",
}

// maxYAML is how large a file may be.
const maxYAML = 16 << 20

// yamlHeader reads what stands before "upgrade:", which is enough for a file
// that is not going to run.
func yamlHeader(name string, d chain.Dialect, b []byte) (chain.Revision, bool, error) {
	top := b
	for _, mark := range []string{"\n" + keyUpgrade + ":", "\r" + keyUpgrade + ":"} {
		if i := bytes.Index(top, []byte(mark)); i >= 0 {
			top = top[:i+1]
		}
	}
	r := yamlReader{name: name, dialect: d}
	root, err := r.root(top)
	if err != nil {
		return chain.Revision{}, false, err
	}
	revision, ok, err := r.header(root)
	revision.Digest = chain.Digest(b)
	return revision, ok, err
}

// parseYAML reads a whole file.
func parseYAML(name string, d chain.Dialect, b []byte, naming schema.Naming) (*chain.File, error) {
	r := yamlReader{name: name, dialect: d, naming: naming}
	root, err := r.root(b)
	if err != nil {
		return nil, err
	}
	revision, ok, err := r.header(root)
	if err == nil && !ok {
		err = r.fail(root, "it has no revision for %s", d)
	}
	if err != nil {
		return nil, err
	}
	revision.Digest = chain.Digest(b)
	file := &chain.File{Revision: revision}
	var upgrade []yamlItem
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Value == keyUpgrade:
			upgrade, err = r.items(value, chain.Upgrade)
			file.Upgrade = r.file(upgrade)
		case key.Value == keyDowngrade && isScalar(value, wordIrreversible):
			file.Irreversible, file.Marked = true, true
		case key.Value == keyDowngrade:
			var downgrade []yamlItem
			downgrade, err = r.items(value, chain.Downgrade)
			file.Downgrade = r.file(downgrade)
		case r.find(root, keyUpgrade) < i && r.find(root, keyUpgrade) >= 0:
			err = r.fail(key, "%s stands above %s", key.Value, keyUpgrade)
		}
		if err != nil {
			return nil, err
		}
	}
	if r.find(root, keyUpgrade) < 0 {
		return nil, r.fail(root, "the key %s is missing: the list of operations", keyUpgrade)
	}
	file.Directives = r.directives(root, b)
	if r.find(root, keyDowngrade) < 0 {
		if file.Downgrade, err = r.derive(upgrade); err != nil {
			return nil, err
		}
	}
	return file, nil
}

// A yamlReader reads one file for one dialect.
type yamlReader struct {
	name    string
	dialect chain.Dialect
	naming  schema.Naming
}

func (r *yamlReader) fail(at *yaml.Node, format string, args ...any) error {
	line := 0
	if at != nil {
		line = at.Line
	}
	return &chain.ParseError{Path: r.name, Line: line, Msg: fmt.Sprintf(format, args...)}
}

// root parses the text and returns its one mapping.
func (r *yamlReader) root(b []byte) (*yaml.Node, error) {
	if len(b) > maxYAML {
		return nil, r.fail(nil, "a file of %d bytes: at most 16 MiB are read; write several", len(b))
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	err := decoder.Decode(&document)
	if err == nil {
		switch err = decoder.Decode(&more); {
		case err == nil:
			return nil, r.fail(&more, "a second document begins here: a migration is one, without --- in it")
		case errors.Is(err, io.EOF):
			err = nil
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		line, msg := 0, strings.TrimPrefix(err.Error(), "yaml: ")
		if _, scanErr := fmt.Sscanf(msg, "line %d:", &line); scanErr == nil {
			_, msg, _ = strings.Cut(msg, ": ")
		}
		if bytes.Contains(b, []byte("${chunk")) {
			msg += "; inside {…} a statement with ${chunk} has quotes around it"
		}
		return nil, &chain.ParseError{Path: r.name, Line: line, Msg: "not YAML: " + msg}
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, r.fail(nil, "a migration in YAML is a mapping, with the keys revision, revises and upgrade")
	}
	root := document.Content[0]
	root.HeadComment = document.HeadComment + "\n" + root.HeadComment
	seen := map[string]bool{}
	for i := 0; i < len(root.Content); i += 2 {
		key := root.Content[i]
		_, inHeader := headerKeys[key.Value]
		switch {
		case !inHeader && key.Value != keyUpgrade && key.Value != keyDowngrade:
			return nil, r.fail(key, "unknown key %q: the keys are revision, revises, depends_on, labels, line, created, upgrade and downgrade", key.Value)
		case seen[key.Value]:
			return nil, r.fail(key, "a second %q", key.Value)
		}
		seen[key.Value] = true
	}
	return root, nil
}

// find returns where a key of the file is, -1 if it is not there.
func (r *yamlReader) find(root *yaml.Node, key string) int {
	for i := 0; i < len(root.Content); i += 2 {
		if root.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// header reads the header. It returns false where the file has no revision for
// the dialect.
func (r *yamlReader) header(root *yaml.Node) (chain.Revision, bool, error) {
	h := chain.NewHeader(r.name, r.dialect)
	for _, key := range []string{keyRevision, keyRevises} {
		if r.find(root, key) < 0 {
			return chain.Revision{}, false, r.fail(nil, "the key %s is missing above %s", key, keyUpgrade)
		}
	}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		name, inHeader := headerKeys[key.Value]
		if !inHeader {
			continue
		}
		if value.Kind == yaml.MappingNode {
			if value = r.mine(value); value == nil && key.Value == keyRevision {
				return chain.Revision{}, false, nil
			}
		}
		text, err := r.words(key, value)
		if err == nil {
			if err = h.Set(name, text); err != nil {
				err = r.fail(key, "%s: %v", key.Value, err)
			}
		}
		if err != nil {
			return chain.Revision{}, false, err
		}
	}
	return h.Revision(), true, nil
}

// mine returns what a mapping of dialects has for this one, nil if nothing.
func (r *yamlReader) mine(mapping *yaml.Node) *yaml.Node {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == string(r.dialect) {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// words returns a scalar, or a list of them with commas between.
func (r *yamlReader) words(key, value *yaml.Node) (string, error) {
	switch {
	case value == nil || value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		return "", nil
	case value.Kind == yaml.ScalarNode:
		return value.Value, nil
	case value.Kind == yaml.SequenceNode:
		var words []string
		for _, v := range value.Content {
			if v.Kind != yaml.ScalarNode {
				return "", r.fail(v, "%s is a list of words", key.Value)
			}
			words = append(words, v.Value)
		}
		return strings.Join(words, ","), nil
	}
	return "", r.fail(value, "%s is a word or a list of words", key.Value)
}

func isScalar(n *yaml.Node, text string) bool {
	return n.Kind == yaml.ScalarNode && n.Value == text
}
