package abi

import (
	"math"
	"strconv"
	"strings"
)

// Manifest says what a module carries (ABI.md, section 6.3).
type Manifest struct {
	Manifest  int    // the version of the manifest itself: 1
	ABI       string // the highest version the module imports, such as "1.0"
	Name      string // for people
	Version   string // for people
	Line      string // the line all revisions belong to; DecodeManifest never leaves it empty
	Revisions []Revision

	Capabilities Capabilities // what it asks for where it is run as a plugin
}

// Revision is one revision of a module.
type Revision struct {
	Step           int32    // what sandpiper_run is called with; several revisions may share one
	Dialect        string   // PostgreSQL or SQLite
	ID             string   // 12 lower-case hex digits
	Revises        []string // parent ids in the same line and dialect
	DependsOn      []string // "line@id" of revisions that must be applied first
	Labels         []string // branch labels
	Slug           string   // what the migration is called
	Created        string   // RFC 3339, or empty
	Irreversible   bool     // there is no downgrade
	Source         string   // the file it was made from
	Digest         string   // "sha256:" and 64 hex digits of the source, for SQL
	UpgradeLines   []int    // the line in Source where the k-th exec, schema_op or backfill_run of an upgrade begins
	DowngradeLines []int    // the same for a downgrade
}

var (
	manifestFields = []string{"manifest", "abi", "name", "version", "line", "capabilities", "revisions"}
	revisionFields = []string{"step", "dialect", "id", "revises", "depends_on", "labels", "slug",
		"created", "irreversible", "source", "digest", "upgrade_lines", "downgrade_lines"}
)

// AppendManifest appends the document. It does not look at what it says: a
// builder calls Validate before.
func AppendManifest(dst []byte, m *Manifest) []byte {
	w := JSONWriter{b: dst}
	w.Open('{')
	w.integer("manifest", int64(m.Manifest))
	w.text("abi", m.ABI)
	w.text("name", m.Name)
	w.text("version", m.Version)
	w.text("line", m.Line)
	if !m.Capabilities.Empty() {
		w.Name("capabilities")
		w.capabilities(&m.Capabilities)
	}
	w.Name("revisions")
	w.Open('[')
	for i := range m.Revisions {
		w.revision(&m.Revisions[i])
	}
	w.Close(']')
	w.Close('}')
	return w.b
}

func (w *JSONWriter) revision(v *Revision) {
	w.Open('{')
	w.integer("step", int64(v.Step))
	w.text("dialect", v.Dialect)
	w.text("id", v.ID)
	w.texts("revises", v.Revises)
	w.texts("depends_on", v.DependsOn)
	w.texts("labels", v.Labels)
	w.text("slug", v.Slug)
	w.text("created", v.Created)
	if v.Irreversible {
		w.Name("irreversible")
		w.b = append(w.b, "true"...)
		w.comma = true
	}
	w.text("source", v.Source)
	w.text("digest", v.Digest)
	w.integers("upgrade_lines", v.UpgradeLines)
	w.integers("downgrade_lines", v.DowngradeLines)
	w.Close('}')
}

// DecodeManifest decodes the document and validates it.
func DecodeManifest(b []byte) (*Manifest, error) {
	m := new(Manifest)
	r := JSONReader{what: "manifest", b: b}
	err := r.Document(MaxManifest, manifestFields, func(field int) {
		switch manifestFields[field] {
		case "manifest":
			m.Manifest = int(r.Integer(1, 1))
		case "abi":
			m.ABI = r.Text()
		case "name":
			m.Name = r.Text()
		case "version":
			m.Version = r.Text()
		case "line":
			m.Line = r.Text()
		case "capabilities":
			m.Capabilities = r.capabilities()
		case "revisions":
			r.Array(func() { r.revision(m) })
		}
	})
	if err != nil {
		return nil, err
	}
	if m.Line == "" {
		m.Line = DefaultLine
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// revision reads one revision. What is wrong with it is found here and not by
// a later Validate, so that millions of empty objects are refused at the first.
func (r *JSONReader) revision(m *Manifest) {
	r.Peek()
	at := r.at
	if len(m.Revisions) == MaxRevisions {
		r.Fail(at, "more than 65,536 revisions")
		return
	}
	var v Revision
	r.Object(revisionFields, func(field int) {
		switch revisionFields[field] {
		case "step":
			v.Step = int32(r.Integer(0, math.MaxInt32))
		case "dialect":
			v.Dialect = r.Text()
		case "id":
			v.ID = r.Text()
		case "revises":
			v.Revises = r.texts()
		case "depends_on":
			v.DependsOn = r.texts()
		case "labels":
			v.Labels = r.texts()
		case "slug":
			v.Slug = r.Text()
		case "created":
			v.Created = r.Text()
		case "irreversible":
			v.Irreversible = r.Boolean()
		case "source":
			v.Source = r.Text()
		case "digest":
			v.Digest = r.Text()
		case "upgrade_lines":
			v.UpgradeLines = r.lines()
		case "downgrade_lines":
			v.DowngradeLines = r.lines()
		}
	})
	if r.err != nil {
		return
	}
	if reason := v.wrong(); reason != "" {
		r.Fail(at, v.place()+reason)
		return
	}
	m.Revisions = append(m.Revisions, v)
}

func (r *JSONReader) texts() (values []string) {
	r.Array(func() {
		r.Peek()
		at := r.at
		v := r.Text()
		if r.err == nil && v == "" {
			r.Fail(at, "an empty string in a list")
		}
		values = append(values, v)
	})
	return values
}

func (r *JSONReader) lines() (values []int) {
	r.Array(func() { values = append(values, int(r.Integer(0, math.MaxInt32))) })
	return values
}

// Validate reports what is wrong with a manifest as a whole and with each of
// its revisions. Whether the revisions make a chain is not asked here.
func (m *Manifest) Validate() error {
	wrong := func(reason string) error { return &MalformedError{"manifest", 0, reason} }
	switch {
	case m.Manifest != 1:
		return wrong("its version is " + strconv.Itoa(m.Manifest) + ", not 1")
	case !validVersion(m.ABI):
		return wrong("abi " + quote(m.ABI) + " is not a version such as 1.0")
	case m.Line != "" && !validLine(m.Line):
		return wrong("line " + quote(m.Line) + " is not a name of at most 255 bytes without white space and @")
	case len(m.Revisions) == 0:
		return wrong("it has no revisions")
	case len(m.Revisions) > MaxRevisions:
		return wrong("more than 65,536 revisions")
	}
	if reason := wrongText(MaxName, m.Name, m.Version); reason != "" {
		return wrong(reason)
	}
	if reason := m.Capabilities.wrong(); reason != "" {
		return wrong(reason)
	}
	seen := make(map[string]uint8, len(m.Revisions)) // the dialects of an id, as bits
	for i := range m.Revisions {
		v := &m.Revisions[i]
		if reason := v.wrong(); reason != "" {
			return wrong(v.place() + reason)
		}
		bit := uint8(1)
		if v.Dialect == SQLite {
			bit = 2
		}
		if seen[v.ID]&bit != 0 {
			return wrong(v.place() + "it is there twice")
		}
		seen[v.ID] |= bit
	}
	return nil
}

// place names a revision at the beginning of an error.
func (v *Revision) place() string {
	return "revision " + quote(v.ID) + " of " + quote(v.Dialect) + ": "
}

// wrong says what is wrong with a revision on its own.
func (v *Revision) wrong() string {
	switch {
	case v.Dialect != PostgreSQL && v.Dialect != SQLite:
		return "its dialect is neither postgresql nor sqlite"
	case !isHex(v.ID, 12):
		return "its id is not 12 lower-case hex digits"
	case v.Step < 0:
		return "its step is negative"
	case v.Digest != "" && (!strings.HasPrefix(v.Digest, "sha256:") || !isHex(v.Digest[len("sha256:"):], 64)):
		return "its digest is not sha256: and 64 hex digits"
	}
	for _, id := range v.Revises {
		if !isHex(id, 12) {
			return "it revises " + quote(id) + ", which is not 12 lower-case hex digits"
		}
	}
	for _, key := range v.DependsOn {
		line, id, ok := strings.Cut(key, "@")
		if !ok || !validLine(line) || !isHex(id, 12) {
			return "it depends on " + quote(key) + ", which is not line@id"
		}
	}
	if v.Created != "" && !validTime(v.Created) {
		return "created " + quote(v.Created) + " is not a time as in RFC 3339"
	}
	if reason := wrongText(MaxName, v.Labels...); reason != "" {
		return reason
	}
	if reason := wrongText(MaxName, v.Slug); reason != "" {
		return reason
	}
	return wrongText(MaxSource, v.Source)
}

func isHex(s string, size int) bool {
	if len(s) != size {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func validLine(s string) bool {
	for _, r := range s {
		if r == ' ' || r == '@' || Steers(r) {
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}

// validVersion reports whether s is two numbers with a dot between them.
func validVersion(s string) bool {
	major, minor, ok := strings.Cut(s, ".")
	return ok && isNumber(major) && isNumber(minor)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 9
}

// validTime reports whether s is a date-time of RFC 3339, section 5.6. It is
// spelled out because package time, with syscall beneath it, would make every
// guest larger.
func validTime(s string) bool {
	const layout = "0000-00-00T00:00:00"
	const most = len(layout) + len(".000000000+00:00") // nanoseconds
	if len(s) <= len(layout) || len(s) > most {
		return false
	}
	for i := range len(layout) {
		if layout[i] == '0' && !isNumber(s[i:i+1]) || layout[i] != '0' && layout[i] != s[i] {
			return false
		}
	}
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:10])
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		number(s[11:13]) > 23 || number(s[14:16]) > 59 || number(s[17:19]) > 59 {
		return false
	}
	zone := s[len(layout):]
	if zone[0] == '.' {
		fraction := strings.TrimLeft(zone[1:], "0123456789")
		if len(fraction) == len(zone)-1 {
			return false
		}
		zone = fraction
	}
	if zone == "Z" {
		return true
	}
	return len(zone) == len("+00:00") && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' &&
		isNumber(zone[1:3]) && isNumber(zone[4:]) && number(zone[1:3]) <= 23 && number(zone[4:]) <= 59
}

// number returns the number that a few digits stand for.
func number(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
