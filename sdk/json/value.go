package json

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Kind is what a [Value] is.
type Kind uint8

// The kinds of values. KindNone is that of a nil *Value: there is none.
const (
	KindNone Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

var kinds = [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}

// String returns the kind as an error says it, such as "an array".
func (k Kind) String() string { return kinds[min(int(k), len(kinds)-1)] }

// A Value is a JSON value. Its methods that ask take nil for what is not there,
// so that they can follow each other: v.Get("a").Get("b").AsString().
type Value struct {
	kind    Kind
	text    string // of a string, its characters; of a number and a boolean, what is written
	items   []*Value
	members []member
}

type member struct {
	name  string
	value *Value
}

// Null returns null.
func Null() *Value { return &Value{kind: KindNull} }

// Bool returns true or false.
func Bool(b bool) *Value { return &Value{kind: KindBool, text: strconv.FormatBool(b)} }

// Int returns a whole number.
func Int(n int64) *Value { return &Value{kind: KindNumber, text: strconv.FormatInt(n, 10)} }

// Float returns a number, written as briefly as it can be read again. JSON has no
// infinities, and nothing that is not a number.
func Float(f float64) (*Value, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, errors.New("JSON has no number " + strconv.FormatFloat(f, 'g', -1, 64))
	}
	return &Value{kind: KindNumber, text: string(appendFloat(nil, f))}, nil
}

// Number returns a number from its text, such as "-12.50", which is kept as it is.
func Number(text string) (*Value, error) {
	r := abi.NewJSONReader("number", []byte(text))
	if r.Number() != text {
		r.Fail(0, "a number alone is expected")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return &Value{kind: KindNumber, text: text}, nil
}

// String returns a string. Bytes that are not UTF-8, which JSON cannot hold,
// become U+FFFD.
func String(s string) *Value { return &Value{kind: KindString, text: s} }

// Array returns an array.
func Array(items ...*Value) *Value { return &Value{kind: KindArray, items: items} }

// Object returns an object without members.
func Object() *Value { return &Value{kind: KindObject} }

// Kind returns what the value is.
func (v *Value) Kind() Kind {
	if v == nil {
		return KindNone
	}
	return max(v.kind, KindNull) // the zero Value is null
}

// AsBool returns a boolean.
func (v *Value) AsBool() (value, ok bool) {
	if v.Kind() != KindBool {
		return false, false
	}
	return v.text == "true", true
}

// AsString returns the characters of a string.
func (v *Value) AsString() (value string, ok bool) {
	if v.Kind() != KindString {
		return "", false
	}
	return v.text, true
}

// AsNumber returns the text of a number, as it was written.
func (v *Value) AsNumber() (text string, ok bool) {
	if v.Kind() != KindNumber {
		return "", false
	}
	return v.text, true
}

// AsInt returns a number that is written as a whole one and that an int64 holds.
func (v *Value) AsInt() (value int64, ok bool) {
	text, ok := v.AsNumber()
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseInt(text, 10, 64)
	return value, err == nil
}

// AsFloat returns the float that is nearest to a number, if there is a finite one.
func (v *Value) AsFloat() (value float64, ok bool) {
	text, ok := v.AsNumber()
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil
}

// Items returns the items of an array, none if it is something else. To put
// another value into the slice puts it into the array.
func (v *Value) Items() []*Value {
	if v == nil {
		return nil
	}
	return v.items
}

// Members returns the members of an object in their order, none if it is
// something else. Members must not be set or deleted inside the loop, but for the
// one at hand.
func (v *Value) Members() iter.Seq2[string, *Value] {
	return func(yield func(string, *Value) bool) {
		if v == nil {
			return
		}
		for _, m := range slices.Clone(v.members) {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// Len returns how many items or members there are.
func (v *Value) Len() int {
	if v == nil {
		return 0
	}
	return len(v.items) + len(v.members)
}

// Get returns a member of an object, or nil if there is none, or no object.
func (v *Value) Get(name string) *Value {
	if i := v.find(name); i >= 0 {
		return v.members[i].value
	}
	return nil
}

// Set gives an object a member, in the place of one of that name or at the end,
// and returns the object. It panics if the value is no object, which fails the
// migration: what was there would be lost.
func (v *Value) Set(name string, value *Value) *Value {
	v.must(KindObject, "Set "+quote(name))
	if i := v.find(name); i >= 0 {
		v.members[i].value = value
	} else {
		v.members = append(v.members, member{name, value})
	}
	return v
}

// Delete takes a member from an object, and returns it; nil if there was none.
func (v *Value) Delete(name string) *Value {
	i := v.find(name)
	if i < 0 {
		return nil
	}
	was := v.members[i].value
	v.members = slices.Delete(v.members, i, i+1)
	return was
}

func (v *Value) find(name string) int {
	if v == nil {
		return -1
	}
	return slices.IndexFunc(v.members, func(m member) bool { return m.name == name })
}

// Add gives an array more items, and returns the array. It panics if the value is
// no array.
func (v *Value) Add(items ...*Value) *Value {
	v.must(KindArray, "Add")
	v.items = append(v.items, items...)
	return v
}

func (v *Value) must(k Kind, method string) {
	if v.Kind() != k {
		panic("json: " + method + " wants " + k.String() + " and has " + v.Kind().String())
	}
}
