package abi

import (
	"slices"
	"strconv"
	"strings"
)

// The bounds of a backfill and of a load.
const (
	MaxKey          = 32        // columns of a key, as PostgreSQL's indexes have it
	MaxTableColumns = 2000      // columns that are read or loaded, as SQLite's tables have it
	MaxBatch        = 1_000_000 // rows of a chunk
	maxCatalog      = MaxName   // bytes of the name of a table or a column
)

var (
	backfillFields = []string{"name", "table", "query", "key", "columns", "where", "batch", "max_batch",
		"inserted", "lock", "uncounted", "statement"}
	loadFields = []string{"table", "columns"}
)

// AppendBackfill appends the document. It does not look at what it says: Check
// does.
func AppendBackfill(dst []byte, b *Backfill) []byte {
	w := JSONWriter{b: dst}
	w.Open('{')
	w.text("name", b.Name)
	w.text("table", b.Table)
	w.text("query", b.Query)
	w.texts("key", b.Key)
	w.texts("columns", b.Columns)
	w.text("where", b.Where)
	if b.Batch != 0 {
		w.integer("batch", b.Batch)
	}
	if b.MaxBatch != 0 {
		w.integer("max_batch", b.MaxBatch)
	}
	w.text("inserted", b.Inserted)
	w.text("lock", b.Lock)
	if b.Uncounted {
		w.Name("uncounted")
		w.Raw("true")
	}
	w.text("statement", b.Statement)
	w.Close('}')
	return w.b
}

// DecodeBackfill decodes the document and checks it.
func DecodeBackfill(b []byte) (*Backfill, error) {
	v := new(Backfill)
	r := JSONReader{what: "backfill", b: b}
	err := r.Document(MaxDocument, backfillFields, func(field int) {
		switch backfillFields[field] {
		case "name":
			v.Name = r.Text()
		case "table":
			v.Table = r.Text()
		case "query":
			v.Query = r.Text()
		case "key":
			v.Key = r.texts()
		case "columns":
			v.Columns = r.texts()
		case "where":
			v.Where = r.Text()
		case "batch":
			v.Batch = r.Integer(0, MaxBatch)
		case "max_batch":
			v.MaxBatch = r.Integer(0, MaxBatch)
		case "inserted":
			v.Inserted = r.oneOf(InsertedExclude, InsertedInclude)
		case "lock":
			v.Lock = r.oneOf(LockRows, LockSkip, LockNone)
		case "uncounted":
			v.Uncounted = r.Boolean()
		case "statement":
			v.Statement = r.Text()
		}
	})
	if err == nil {
		err = v.Check()
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Check reports what is wrong with a backfill as such. What is in the database
// is not asked here.
func (b *Backfill) Check() error {
	if reason := b.wrong(); reason != "" {
		return &MalformedError{"backfill", 0, reason}
	}
	return nil
}

func (b *Backfill) wrong() string {
	switch {
	case b.Name == "":
		return "it has no name"
	case len(b.Name) > MaxSectionName:
		return "its name " + quote(b.Name) + " has more than " + strconv.Itoa(MaxSectionName) + " bytes"
	case (b.Table == "") == (b.Query == ""):
		return "it visits either a table or the rows of a query: set one of the two"
	case b.Query != "" && len(b.Key) == 0:
		return "a query has no primary key: name the columns that are its key"
	case b.Batch < 0 || b.Batch > MaxBatch || b.MaxBatch < 0 || b.MaxBatch > MaxBatch:
		return "a chunk has at most " + strconv.Itoa(MaxBatch) + " rows"
	case b.MaxBatch != 0 && b.Batch > b.MaxBatch:
		return "the first chunk would have " + strconv.FormatInt(b.Batch, 10) + " rows, and any at most " + strconv.FormatInt(b.MaxBatch, 10)
	case b.Inserted != "" && b.Inserted != InsertedExclude && b.Inserted != InsertedInclude:
		return "inserted " + quote(b.Inserted) + " is neither " + InsertedExclude + " nor " + InsertedInclude
	case b.Lock != "" && b.Lock != LockRows && b.Lock != LockSkip && b.Lock != LockNone:
		return "lock " + quote(b.Lock) + " is neither " + LockRows + " nor " + LockSkip + " nor " + LockNone
	}
	for _, s := range []string{b.Query, b.Where, b.Statement} {
		if !ValidText(stringBytes(s)) {
			return "the text " + quote(s) + " is not valid UTF-8, or holds a NUL"
		}
	}
	if reason := wrongText(MaxSectionName, b.Name); reason != "" {
		return reason
	}
	if b.Table != "" && !validCatalog(b.Table) {
		return "table " + quote(b.Table) + " is not a name of at most 255 bytes"
	}
	if reason := wrongColumns("key", MaxKey, b.Key); reason != "" {
		return reason
	}
	if reason := wrongColumns("columns", MaxTableColumns, b.Columns); reason != "" {
		return reason
	}
	return b.wrongStatement()
}

// wrongStatement says what is wrong about ${chunk}.
func (b *Backfill) wrongStatement() string {
	for _, s := range []string{b.Query, b.Where} {
		if strings.Contains(s, chunkOpen) {
			return "${chunk} belongs into the statement alone"
		}
	}
	if b.Statement == "" {
		return ""
	}
	if len(b.Columns) > 0 {
		return "it has a statement, so that nobody reads its columns"
	}
	rest, found, ok := b.Statement, 0, true
	for ok {
		if _, _, rest, ok = CutChunk(rest); ok {
			found++
		}
	}
	switch {
	case strings.Contains(rest, chunkOpen):
		return "${chunk is followed by neither } nor an alias and }"
	case found == 0:
		return "its statement lacks ${chunk}, where the condition on the key belongs: it would do all rows each time"
	}
	return ""
}

const chunkOpen = "${chunk"

// CutChunk cuts a statement around its first ${chunk} or ${chunk ALIAS}, whatever it
// stands in; the alias is as it is written. If it has none, after is the whole of it.
func CutChunk(statement string) (before, alias, after string, found bool) {
	before, rest, ok := strings.Cut(statement, chunkOpen)
	if !ok {
		return "", "", statement, false
	}
	inside := strings.TrimLeft(rest, " ")
	n := aliasLength(inside)
	after, ok = strings.CutPrefix(strings.TrimLeft(inside[n:], " "), "}")
	if !ok || n > maxIdentifier && inside[0] != '"' || n > 0 && len(inside) == len(rest) || n == 0 && rest[0] == ' ' {
		return "", "", statement, false
	}
	return before, inside[:n], after, true
}

// aliasLength is the length of the table's alias that s begins with: a word, or
// anything in double quotes.
func aliasLength(s string) int {
	if strings.HasPrefix(s, `"`) {
		for i := 1; i < len(s); i++ {
			if s[i] == '"' {
				if i+1 == len(s) || s[i+1] != '"' {
					return i + 1
				}
				i++
			}
		}
		return 0
	}
	n := 0
	for n < len(s) {
		c := s[n] | 0x20 // in lower case, where it is a letter
		if (c < 'a' || c > 'z') && s[n] != '_' && (n == 0 || s[n] < '0' || s[n] > '9') {
			break
		}
		n++
	}
	return n
}

// validCatalog reports whether a table or a column can be called s.
func validCatalog(s string) bool {
	return s != "" && len(s) <= maxCatalog && ValidText(stringBytes(s))
}

// wrongColumns says what is wrong with a list of columns.
func wrongColumns(list string, most int, names []string) string {
	if len(names) > most {
		return list + " of more than " + strconv.Itoa(most) + " columns"
	}
	for i, name := range names {
		if !validCatalog(name) {
			return list + ": column " + quote(name) + " is not a name of at most 255 bytes"
		}
		if slices.Contains(names[:i], name) {
			return list + ": column " + quote(name) + " is there twice"
		}
	}
	return ""
}

// AppendLoad appends the document. It does not look at what it says: Check does.
func AppendLoad(dst []byte, l *Load) []byte {
	w := JSONWriter{b: dst}
	w.Open('{')
	w.text("table", l.Table)
	w.texts("columns", l.Columns)
	w.Close('}')
	return w.b
}

// DecodeLoad decodes the document and checks it.
func DecodeLoad(b []byte) (*Load, error) {
	l := new(Load)
	r := JSONReader{what: "load", b: b}
	err := r.Document(MaxDocument, loadFields, func(field int) {
		switch loadFields[field] {
		case "table":
			l.Table = r.Text()
		case "columns":
			l.Columns = r.texts()
		}
	})
	if err == nil {
		err = l.Check()
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Check reports what is wrong with a load as such.
func (l *Load) Check() error {
	reason := wrongColumns("columns", MaxTableColumns, l.Columns)
	switch {
	case !validCatalog(l.Table):
		reason = "table " + quote(l.Table) + " is not a name of at most 255 bytes"
	case len(l.Columns) == 0:
		reason = "it names no columns"
	}
	if reason != "" {
		return &MalformedError{"load", 0, reason}
	}
	return nil
}
