package schema

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// An Operation is one change of a schema: a pointer to one of the types of this
// package that have a Kind.
type Operation interface {
	// Kind is the operation's name in a document, such as "create_table".
	Kind() string

	// On returns the table that the operation changes, or "" if it is not
	// about one table. Operations on one table in a row may become one
	// rebuild of it.
	On() string

	fields() []field
	wrong() string // what is wrong beyond missing fields, "" if nothing

	// reverse returns what undoes the operation, in the order to run it, or
	// the reason why nothing does. It is not called on what is wrong.
	reverse(p *past) (back []Request, reason string)
}

// kinds are all operations, in the order of the documentation.
var kinds = []func() Operation{
	func() Operation { return new(CreateTable) },
	func() Operation { return new(DropTable) },
	func() Operation { return new(RenameTable) },
	func() Operation { return new(AddColumn) },
	func() Operation { return new(DropColumn) },
	func() Operation { return new(RenameColumn) },
	func() Operation { return new(AlterColumn) },
	func() Operation { return new(CreateIndex) },
	func() Operation { return new(DropIndex) },
	func() Operation { return new(RenameIndex) },
	func() Operation { return new(AddConstraint) },
	func() Operation { return new(DropConstraint) },
	func() Operation { return new(ValidateConstraint) },
	func() Operation { return new(CreateEnum) },
	func() Operation { return new(DropEnum) },
	func() Operation { return new(AddEnumValue) },
	func() Operation { return new(RenameEnumValue) },
	func() Operation { return new(DropEnumValue) },
	func() Operation { return new(CreateExtension) },
	func() Operation { return new(DropExtension) },
	func() Operation { return new(CreateView) },
	func() Operation { return new(DropView) },
	func() Operation { return new(CreateTrigger) },
	func() Operation { return new(DropTrigger) },
	func() Operation { return new(CreateSync) },
	func() Operation { return new(DropSync) },
	func() Operation { return new(Comment) },
	func() Operation { return new(Insert) },
	func() Operation { return new(Execute) },
	func() Operation { return new(Batch) },
}

// Kinds returns the names of all operations.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, newOperation := range kinds {
		names[i] = newOperation().Kind()
	}
	return names
}

// A Request is an operation and how it is to be done: the document that crosses
// the boundary.
type Request struct {
	Operation Operation

	// Dialect, if set, is the only dialect that the operation is for: on
	// others there is nothing to do.
	Dialect string

	// LockTimeout is how many milliseconds a statement of the operation may
	// wait for a lock of the database. 0 is what the runner was told
	// (PostgreSQL: lock_timeout). The run is tried again after it. What runs
	// outside a transaction blocks nobody while it waits, and is not limited.
	LockTimeout int64
}

// For reports whether the request is for a dialect.
func (q Request) For(dialect string) bool { return q.Dialect == "" || q.Dialect == dialect }

// An InvalidError says what is wrong with an operation.
type InvalidError struct {
	Kind   string // of the operation
	Reason string
}

// Error returns the operation and what is wrong with it.
func (e *InvalidError) Error() string {
	if e.Kind == "" {
		return e.Reason
	}
	return e.Kind + ": " + e.Reason
}

// Errno returns what a guest gets that sent it.
func (e *InvalidError) Errno() abi.Errno { return abi.ErrnoArgument }

const maxLockTimeout = 24 * 60 * 60 * 1000

// Append appends the document of a request. It does not look at what it says;
// Decode does.
func Append(dst []byte, q Request) []byte {
	w := abi.NewJSONWriter(dst)
	(&q).write(w)
	return w.Bytes()
}

// Decode reads a document of at most abi.MaxDocument bytes and validates what
// it says. The errors are *abi.MalformedError and *InvalidError.
func Decode(b []byte) (Request, error) {
	if len(b) > abi.MaxDocument {
		return Request{}, &abi.MalformedError{What: "operation", Offset: abi.MaxDocument, Reason: "it is larger than 1 MiB"}
	}
	r := abi.NewJSONReader("operation", b)
	var q Request
	q.read(r)
	if r.Peek() != 0 || r.At() != len(b) {
		r.Fail(r.At(), "something follows the document")
	}
	if err := r.Err(); err != nil {
		return Request{}, err
	}
	return q, q.Validate()
}

// Validate says what is wrong with a request, on any dialect.
func (q Request) Validate() error {
	if q.Operation == nil {
		return &InvalidError{Reason: "there is no operation"}
	}
	if reason := invalid(q.Operation); reason != "" {
		return &InvalidError{Kind: q.Operation.Kind(), Reason: reason}
	}
	return nil
}

func invalid(op Operation) string {
	if missing := missingField(op.fields()); missing != "" {
		return missing
	}
	return op.wrong()
}

func (q *Request) empty() bool { return q.Operation == nil }

func (q *Request) read(r *abi.JSONReader) { q.readOne(r, len(kinds)) }

// readOne reads a request whose operation is one of the first kinds.
func (q *Request) readOne(r *abi.JSONReader, known int) {
	names := append(Kinds()[:known], "dialect", "lock_timeout")
	r.Peek()
	start := r.At()
	r.Object(names, func(i int) {
		switch {
		case i == known:
			choice(&q.Dialect, PostgreSQL, SQLite).read(r)
		case i == known+1:
			q.LockTimeout = r.Integer(0, maxLockTimeout)
		case q.Operation != nil:
			r.Fail(r.At(), "a second operation in one document: "+q.Operation.Kind()+" is the first")
		default:
			q.Operation = kinds[i]()
			readFields(r, q.Operation.fields())
		}
	})
	if q.Operation == nil && r.Err() == nil {
		r.Fail(start, "there is no operation")
	}
}

func (q *Request) write(w *abi.JSONWriter) {
	w.Open('{')
	if q.Operation != nil {
		w.Name(q.Operation.Kind())
		writeFields(w, q.Operation.fields())
	}
	if q.Dialect != "" {
		w.Name("dialect")
		w.Text(q.Dialect)
	}
	if q.LockTimeout > 0 {
		w.Name("lock_timeout")
		w.Raw(itoa(q.LockTimeout))
	}
	w.Close('}')
}

func (q *Request) describe() string {
	var b strings.Builder
	b.WriteString(`{"type":"object","additionalProperties":false,"properties":{`)
	for _, newOperation := range kinds {
		b.WriteString(quote(newOperation().Kind()) + `:{"$ref":"#/$defs/` + newOperation().Kind() + `"},`)
	}
	b.WriteString(`"dialect":{"enum":["postgresql","sqlite"]},"lock_timeout":{"type":"integer","minimum":0,"maximum":` + itoa(maxLockTimeout) + `}},"oneOf":[`)
	for i, newOperation := range kinds {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(`{"required":[` + quote(newOperation().Kind()) + `]}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

// JSONSchema returns the JSON Schema (draft 2020-12) of the documents that
// Decode reads, but for what depends on several fields at once.
func JSONSchema() string {
	var b strings.Builder
	body := strings.TrimPrefix((&Request{}).describe(), "{")
	b.WriteString(`{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Sandpiper schema operation","$defs":{`)
	for i, newOperation := range kinds {
		if i > 0 {
			b.WriteString(",")
		}
		op := newOperation()
		b.WriteString(quote(op.Kind()) + ":" + describeFields(op.fields()))
	}
	b.WriteString("}," + body)
	return b.String()
}

// A Batch is several changes of one table that are made as one: on SQLite, one
// rebuild of it. What it holds is about that table, and is not a batch.
type Batch struct {
	Table      string
	Operations []Request
}

// Kind implements Operation.
func (o *Batch) Kind() string { return "batch" }

// On implements Operation.
func (o *Batch) On() string { return o.Table }

func (o *Batch) fields() []field {
	return []field{must("table", text(&o.Table)), must("operations", inBatch{&o.Operations})}
}

func (o *Batch) wrong() string {
	for _, q := range o.Operations {
		switch op := q.Operation; {
		case op == nil:
			return "an empty operation"
		case op.Kind() == "batch":
			return "a batch inside a batch"
		case op.On() != o.Table:
			return op.Kind() + " is not about the table " + quote(o.Table) + " of the batch"
		case q.LockTimeout > 0:
			return "lock_timeout stands beside the batch, not inside it"
		default:
			if reason := invalid(op); reason != "" {
				return op.Kind() + ": " + reason
			}
		}
	}
	return ""
}

// inBatch is the operations of a batch. A batch inside a batch is refused while
// it is read, so that nothing is nested without end.
type inBatch struct{ v *[]Request }

func (l inBatch) empty() bool             { return len(*l.v) == 0 }
func (l inBatch) write(w *abi.JSONWriter) { list(l.v).write(w) }
func (l inBatch) describe() string        { return `{"type":"array","items":{"$ref":"#"}}` }

func (l inBatch) read(r *abi.JSONReader) {
	r.Array(func() {
		if len(*l.v) == maxBatch {
			r.Fail(r.At(), "more than "+itoa(maxBatch)+" operations in a batch")
			return
		}
		var q Request
		q.readOne(r, len(kinds)-1) // a batch is the last kind
		*l.v = append(*l.v, q)
	})
}

// maxBatch is how many operations a batch may hold.
const maxBatch = 1000
