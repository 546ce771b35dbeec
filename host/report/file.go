package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// version is that of the form of records.
const version = 1

// Mark is what the file of a record begins with.
const Mark = "{\n  \"sandpiper_record\": "

// MaxFile bounds the file of a record.
const MaxFile = 64 << 20

// JSON is the file of a record.
func (r *Record) JSON() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(r) // of plain structs, into memory
	return escaped(b.Bytes())
}

// escaped writes characters that no terminal shows as they are, and those that turn
// what comes after them around, as JSON's escapes. A text of plugins may hold them.
func escaped(document []byte) []byte {
	var b []byte
	for _, r := range string(document) {
		switch {
		case r < unicode.MaxASCII || unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}

// Read reads the file of a record.
func Read(file []byte) (*Record, error) {
	if len(file) > MaxFile {
		return nil, fmt.Errorf("it is %d bytes long, and a record is at most %d", len(file), MaxFile)
	}
	if !bytes.HasPrefix(file, []byte(Mark)) {
		return nil, errors.New("it is no record: `sandpiper upgrade --record FILE` writes one")
	}
	r := &Record{}
	if err := json.Unmarshal(file, r); err != nil {
		return nil, fmt.Errorf("it is no record: %w", err)
	}
	if r.Version != version {
		return nil, fmt.Errorf("it is a record of form %d, and this is a Sandpiper for form %d", r.Version, version)
	}
	return r, r.check()
}

// check refuses what no Recorder makes and nothing could be drawn of.
func (r *Record) check() error {
	for _, m := range r.Migrations {
		if m == nil {
			return errors.New("it holds a migration that is null")
		}
		if slices.Contains(m.Statements, nil) {
			return errors.New("it holds a statement that is null")
		}
		for _, b := range m.Backfills {
			if b == nil {
				return errors.New("it holds a backfill that is null")
			}
		}
	}
	if r.Chain == nil {
		return nil
	}
	for i, n := range r.Chain.Nodes {
		for _, at := range slices.Concat(n.Parents, n.Needs) {
			if at < 0 || at >= i {
				return fmt.Errorf("its chain is none: revision %d comes from revision %d", i+1, at+1)
			}
		}
	}
	return nil
}
