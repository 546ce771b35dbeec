package schema

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// A value is something in a document.
type value interface {
	empty() bool // it is left out
	read(r *abi.JSONReader)
	write(w *abi.JSONWriter)
	describe() string // its JSON Schema
}

// A field is a named value of an object.
type field struct {
	name string
	must bool // it may not be left out
	value
}

func must(name string, v value) field { return field{name, true, v} }
func may(name string, v value) field  { return field{name, false, v} }

// readFields reads an object.
func readFields(r *abi.JSONReader, fields []field) {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].name
	}
	r.Peek()
	at := r.At()
	r.Object(names, func(i int) { fields[i].read(r) })
	if missing := missingField(fields); missing != "" && r.Err() == nil {
		r.Fail(at, missing)
	}
}

// missingField says which field should be there, "" if none.
func missingField(fields []field) string {
	for _, f := range fields {
		if f.must && f.empty() {
			return "the field " + quote(f.name) + " is missing"
		}
	}
	return ""
}

func writeFields(w *abi.JSONWriter, fields []field) {
	w.Open('{')
	for _, f := range fields {
		if !f.empty() {
			w.Name(f.name)
			f.write(w)
		}
	}
	w.Close('}')
}

func describeFields(fields []field) string {
	properties, required := "", ""
	for i, f := range fields {
		if i > 0 {
			properties += ","
		}
		properties += quote(f.name) + ":" + f.describe()
		if f.must {
			if required != "" {
				required += ","
			}
			required += quote(f.name)
		}
	}
	if required != "" {
		required = `,"required":[` + required + `]`
	}
	return `{"type":"object","additionalProperties":false,"properties":{` + properties + `}` + required + `}`
}

// countTrue returns how many are true: of what excludes each other, one may be.
func countTrue(given ...bool) (n int) {
	for _, yes := range given {
		if yes {
			n++
		}
	}
	return n
}

// quote returns s as a JSON string.
func quote(s string) string {
	w := abi.NewJSONWriter(nil)
	w.Text(s)
	return string(w.Bytes())
}

type textValue struct{ v *string }

func text(v *string) value                  { return textValue{v} }
func (t textValue) empty() bool             { return *t.v == "" }
func (t textValue) read(r *abi.JSONReader)  { *t.v = r.Text() }
func (t textValue) write(w *abi.JSONWriter) { w.Text(*t.v) }
func (t textValue) describe() string        { return `{"type":"string"}` }

// A choiceValue is one of several words.
type choiceValue[T ~string] struct {
	v     *T
	words []T
}

func choice[T ~string](v *T, words ...T) value   { return choiceValue[T]{v, words} }
func (c choiceValue[T]) empty() bool             { return *c.v == "" }
func (c choiceValue[T]) write(w *abi.JSONWriter) { w.Text(string(*c.v)) }

func (c choiceValue[T]) read(r *abi.JSONReader) {
	r.Peek()
	at := r.At()
	*c.v = T(r.Text())
	if reason := c.wrong(); reason != "" && r.Err() == nil {
		r.Fail(at, reason)
	}
}

// wrong says what is wrong with the word, "" if nothing.
func (c choiceValue[T]) wrong() string {
	list := ""
	for i, w := range c.words {
		if *c.v == w {
			return ""
		}
		if i > 0 {
			list += ", "
		}
		list += string(w)
	}
	return quote(string(*c.v)) + " is not one of " + list
}

func (c choiceValue[T]) describe() string {
	list := ""
	for i, w := range c.words {
		if i > 0 {
			list += ","
		}
		list += quote(string(w))
	}
	return `{"enum":[` + list + `]}`
}

type flagValue struct{ v *bool }

func flag(v *bool) value                    { return flagValue{v} }
func (f flagValue) empty() bool             { return !*f.v }
func (f flagValue) read(r *abi.JSONReader)  { *f.v = r.Boolean() }
func (f flagValue) write(w *abi.JSONWriter) { w.Raw("true") }
func (f flagValue) describe() string        { return `{"type":"boolean"}` }

// An optionalFlag tells false from nothing.
type optionalFlag struct{ v **bool }

func maybe(v **bool) value              { return optionalFlag{v} }
func (f optionalFlag) empty() bool      { return *f.v == nil }
func (f optionalFlag) describe() string { return `{"type":"boolean"}` }
func (f optionalFlag) read(r *abi.JSONReader) {
	b := r.Boolean()
	*f.v = &b
}

func (f optionalFlag) write(w *abi.JSONWriter) {
	if **f.v {
		w.Raw("true")
	} else {
		w.Raw("false")
	}
}

type textsValue struct{ v *[]string }

func texts(v *[]string) value    { return textsValue{v} }
func (t textsValue) empty() bool { return len(*t.v) == 0 }
func (t textsValue) describe() string {
	return `{"type":"array","items":{"type":"string","minLength":1}}`
}
func (t textsValue) read(r *abi.JSONReader) {
	r.Array(func() {
		r.Peek()
		at := r.At()
		s := r.Text()
		if s == "" && r.Err() == nil {
			r.Fail(at, "an empty string in a list")
		}
		*t.v = append(*t.v, s)
	})
}

func (t textsValue) write(w *abi.JSONWriter) {
	w.Open('[')
	for _, s := range *t.v {
		w.Text(s)
	}
	w.Close(']')
}

// An item is the pointer to something of a document that may be in a list.
type item[T any] interface {
	*T
	value
}

type listValue[T any, P item[T]] struct{ v *[]T }

func list[T any, P item[T]](v *[]T) value { return listValue[T, P]{v} }
func (l listValue[T, P]) empty() bool     { return len(*l.v) == 0 }
func (l listValue[T, P]) read(r *abi.JSONReader) {
	r.Array(func() {
		var one T
		P(&one).read(r)
		*l.v = append(*l.v, one)
	})
}

func (l listValue[T, P]) write(w *abi.JSONWriter) {
	w.Open('[')
	for i := range *l.v {
		P(&(*l.v)[i]).write(w)
	}
	w.Close(']')
}

func (l listValue[T, P]) describe() string {
	var one T
	return `{"type":"array","items":` + P(&one).describe() + `}`
}

// An optional value is there or not.
type optionalValue[T any, P item[T]] struct{ v **T }

func optional[T any, P item[T]](v **T) value          { return optionalValue[T, P]{v} }
func (o optionalValue[T, P]) empty() bool             { return *o.v == nil }
func (o optionalValue[T, P]) write(w *abi.JSONWriter) { P(*o.v).write(w) }
func (o optionalValue[T, P]) read(r *abi.JSONReader) {
	*o.v = new(T)
	P(*o.v).read(r)
}

func (o optionalValue[T, P]) describe() string {
	var one T
	return P(&one).describe()
}
