package imports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// What is read of a folder is bounded: somebody else filled it.
const (
	maxFiles = 20_000
	maxBytes = 64 << 20 // of one file
)

// A reader is what a tool reads a folder with, and where it puts what it finds.
type reader struct {
	fsys    fs.FS
	dialect chain.Dialect
	only    string // the one file to read, or ""

	steps []step
	last  []step // after all others, whatever their version
	notes []Note
	seen  int // entries looked at
}

func (r *reader) note(file string, line int, format string, args ...any) {
	r.notes = append(r.notes, Note{file, line, fmt.Sprintf(format, args...)})
}

// blanks notes what in a text is filled in when the tool runs it, each once, where
// it comes first, and reports whether there is any.
func (r *reader) blanks(file, text, what string, pattern *regexp.Regexp) bool {
	times := map[string]int{}
	var order [][]int
	for _, at := range pattern.FindAllStringIndex(text, -1) {
		blank := text[at[0]:at[1]]
		if times[blank]++; times[blank] == 1 {
			order = append(order, at)
		}
	}
	for _, at := range order {
		blank := text[at[0]:at[1]]
		more := ""
		if n := times[blank]; n > 1 {
			more = fmt.Sprintf(" (%d times)", n)
		}
		r.note(file, 1+strings.Count(text[:at[0]], "\n"), "%s: %s%s", what, firstLine(blank), more)
	}
	return len(order) > 0
}

// empty explains a folder in which the tool has nothing.
func (r *reader) empty(tool string) error {
	text := fmt.Sprintf("no migration of %s is in the folder: name the one with its files, or the tool whose files these are", tool)
	if len(r.notes) > 0 {
		text += "; " + r.notes[0].String()
	}
	return errors.New(text)
}

// entries returns what a folder of the imported folder holds, sorted by name.
func (r *reader) entries(dir string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(r.fsys, dir)
	if err != nil {
		return nil, err
	}
	if r.seen += len(all); r.seen > maxFiles {
		return nil, fmt.Errorf("the folder holds more than %d files", maxFiles)
	}
	var entries []fs.DirEntry
	for _, e := range all {
		if strings.HasPrefix(e.Name(), ".") || r.only != "" && (e.IsDir() || e.Name() != r.only) {
			continue
		}
		if err := checkName(e.Name()); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// files returns the names of the folder's files, sorted.
func (r *reader) files() ([]string, error) {
	entries, err := r.entries(".")
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// checkName refuses a name that is a path on some system, or that would break
// the line of a comment.
func checkName(name string) error {
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("%q: a path is in the name of the file: rename it", name)
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("%q: the name of the file is not plain text: rename it", name)
	}
	return nil
}

// text reads a file, without its byte order mark and with line feeds alone.
func (r *reader) text(name string) (string, error) {
	f, err := r.fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(b) > maxBytes:
		return "", fmt.Errorf("%s is larger than %d MiB", name, maxBytes>>20)
	case !utf8.Valid(b) || strings.IndexByte(string(b), 0) >= 0:
		return "", &chain.ParseError{Path: name, Msg: "not UTF-8 text, or it holds a NUL byte: save the file as UTF-8"}
	}
	text := strings.TrimPrefix(string(b), "\ufeff")
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), nil
}

// whole reads a file that is one direction.
func (r *reader) whole(name string) (*script, error) {
	text, err := r.text(name)
	if err != nil {
		return nil, err
	}
	return &script{file: name, line: 1, text: text}, nil
}

// A part is what stands below a line that a tool has put a mark into.
type part struct {
	mark []string // what marked found in the line
	line int      // its number
	text string   // from below it to the next mark
}

// parts cuts a text at the lines that are marks. before stands above the first.
func parts(text string, marked func(line string) []string) (before string, all []part) {
	line, at, from := 0, 0, 0
	end := func() {
		if len(all) == 0 {
			before = text[:at]
		} else {
			all[len(all)-1].text = text[from:at]
		}
	}
	for one := range strings.Lines(text) {
		line++
		mark := marked(one)
		if mark != nil {
			end()
			from = at + len(one)
			all = append(all, part{mark: mark, line: line})
		}
		at += len(one)
	}
	end()
	return before, all
}

// says reports whether a line of the comments at the top of a text, before any
// SQL, is one that fits.
func says(text string, fits func(comment string) bool) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		comment, ok := strings.CutPrefix(line, "--")
		if !ok {
			return false
		}
		if fits(strings.TrimSpace(comment)) {
			return true
		}
	}
	return false
}

// blank reports whether the database would see nothing of a text.
func (r *reader) blank(text string) bool {
	for tok := range chain.Tokens(r.dialect, text) {
		if !tok.Blank() && !tok.Is(";") {
			return false
		}
	}
	return true
}

// pair puts the two directions of a version together, whichever file comes
// first. Tools that keep them in two files use it.
type pair struct{ up, down, name string }

// A pairedFile is what the name of a file says that holds one direction.
type pairedFile struct {
	version, name string
	down          bool
}

// pairedFiles adds a step for every version of the files whose names match. parse
// says what a match means, and whether the file is one to read.
func (r *reader) pairedFiles(pattern *regexp.Regexp, parse func(name string, match []string) (pairedFile, bool), finish func(*script)) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	var versions []string
	found := map[string]*pair{}
	for _, name := range names {
		match := pattern.FindStringSubmatch(name)
		if match == nil {
			continue
		}
		file, ok := parse(name, match)
		if !ok {
			continue
		}
		v := number(file.version)
		if found[v] == nil {
			found[v] = &pair{}
			versions = append(versions, v)
		}
		if err := found[v].put(file.down, name, file.name); err != nil {
			return err
		}
	}
	return r.pairs(versions, found, finish)
}

// pairs adds a step for every version, each with its up and down file.
func (r *reader) pairs(versions []string, found map[string]*pair, finish func(*script)) error {
	for _, v := range versions {
		p := found[v]
		if p.up == "" {
			return fmt.Errorf("%s undoes version %s, and no file does it: bring back the file that upgrades", p.down, v)
		}
		s := step{version: v, name: p.name, file: p.up}
		for _, d := range []struct {
			file string
			to   **script
		}{{p.up, &s.up}, {p.down, &s.down}} {
			if d.file == "" {
				continue
			}
			script, err := r.whole(d.file)
			if err != nil {
				return err
			}
			finish(script)
			*d.to = script
		}
		r.steps = append(r.steps, s)
	}
	return nil
}

// put notes one file of a version. Two files of one direction are an error.
func (p *pair) put(down bool, file, name string) error {
	to := &p.up
	if down {
		to = &p.down
	}
	if *to != "" {
		return fmt.Errorf("%s and %s have the same version: rename one of them", *to, file)
	}
	*to = file
	if !down || p.name == "" {
		p.name = name
	}
	return nil
}

// cutSQL returns a name without .sql.
func cutSQL(name string) (string, bool) {
	return strings.TrimSuffix(name, ".sql"), path.Ext(name) == ".sql"
}
