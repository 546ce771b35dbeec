package json

import (
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Options are what is taken for JSON. The zero value works.
type Options struct {
	// MaxSize is how many bytes a text may have. Defaults to 16 MiB.
	MaxSize int

	// MaxDepth is how deep arrays and objects may be nested. Defaults to 1000,
	// as for SQLite. https://sqlite.org/json1.html
	MaxDepth int

	// Repeated says what becomes of a member whose name an object had before.
	// Defaults to RepeatedRefused.
	Repeated Repeated
}

// Repeated is what becomes of a member whose name an object had before.
type Repeated uint8

// The values of Repeated.
const (
	// RepeatedRefused refuses the text: programs do not agree on which counts.
	RepeatedRefused Repeated = iota

	// RepeatedLast takes the last value, in the place of the first, as Python and
	// PostgreSQL's jsonb do.
	RepeatedLast
)

// Parse reads a text that holds one value, with the default options.
func Parse(text []byte) (*Value, error) { return Options{}.Parse(text) }

// Parse reads a text that holds one value. Its error says where the text is not
// JSON (RFC 8259), or what of it is not taken.
func (o Options) Parse(text []byte) (*Value, error) {
	if o.MaxSize <= 0 {
		o.MaxSize = 16 << 20
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = 1000
	}
	p := parser{abi.NewJSONReader("JSON", text), o}
	if len(text) > o.MaxSize {
		p.Fail(o.MaxSize, "it has more than "+strconv.Itoa(o.MaxSize)+" bytes")
	}
	v := p.value(0)
	if p.Peek() != 0 || p.At() < len(text) {
		p.Fail(p.At(), "something follows the value")
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return v, nil
}

type parser struct {
	*abi.JSONReader
	Options
}

// value reads the value that comes next, inside of depth arrays and objects.
func (p *parser) value(depth int) *Value {
	c := p.Peek()
	if depth == p.MaxDepth && (c == '{' || c == '[') {
		p.Fail(p.At(), "it is nested more than "+strconv.Itoa(p.MaxDepth)+" deep")
		return nil
	}
	switch c {
	case '{':
		return p.object(depth)
	case '[':
		v := Array()
		p.Array(func() { v.items = append(v.items, p.value(depth+1)) })
		return v
	case '"':
		return &Value{kind: KindString, text: p.Characters()}
	case 't', 'f':
		return Bool(p.Boolean())
	case 'n':
		if p.Null() {
			return Null()
		}
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return &Value{kind: KindNumber, text: p.Number()}
	}
	p.Fail(p.At(), "a value is expected")
	return nil
}

// few is how many members are looked through one by one for a name.
const few = 16

func (p *parser) object(depth int) *Value {
	v := Object()
	var places map[string]int // of the members, once there are many
	p.Members(p.Characters, func(at int, name string) {
		place := -1
		if places == nil {
			place = v.find(name)
		} else if i, ok := places[name]; ok {
			place = i
		}
		switch {
		case place < 0:
			if len(v.members) == few {
				places = map[string]int{}
				for i, m := range v.members {
					places[m.name] = i
				}
			}
			if places != nil {
				places[name] = len(v.members)
			}
			v.members = append(v.members, member{name, p.value(depth + 1)})
		case p.Repeated == RepeatedLast:
			v.members[place].value = p.value(depth + 1)
		default:
			p.Fail(at, "an object has two members "+quote(name))
		}
	})
	return v
}

// quote returns a name as an error shows it.
func quote(name string) string {
	const most = 40
	if len(name) > most {
		name = name[:most] + "…"
	}
	return string(compact.string(nil, name))
}
