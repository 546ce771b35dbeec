package json_test

import (
	"bytes"
	stdlib "encoding/json"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/json"
)

// texts are read by every program that reads JSON in the same way.
var texts = []string{
	"null", "true", "false", "[]", "{}", " [ 1 , 2 ] \n", `{"a":{"b":[{}]}}`,
	"0", "-0", "-12.50", "1e5", "1E+5", "1.5e-7", "9223372036854775808", "0.1000",
	`""`, `"a"`, `"ä\u00e4"`, `"\ud83d\udc26🐦"`, `"\"\\\/\b\f\n\r\t"`, `"\u0000\u001f\u007f"`, `"<&>"`,
	`{"b":1,"a":2,"":3}`, strings.Repeat("[", 900) + strings.Repeat("]", 900),
}

// refused are texts that are not JSON, or have no one meaning, and why.
var refused = map[string]string{
	"":                        "at byte 0: a value is expected",
	" ":                       "at byte 1: a value is expected",
	"nul":                     "at byte 0: a value is expected",
	"True":                    "at byte 0: a value is expected",
	"tru":                     "true or false is expected",
	"NaN":                     "a value is expected",
	"Infinity":                "a value is expected",
	"-":                       "a number is expected",
	"-Infinity":               "a number is expected",
	"01":                      "a number is expected",
	"1.":                      "a number is expected",
	".5":                      "a value is expected",
	"1e":                      "a number is expected",
	"+1":                      "a value is expected",
	"1 2":                     "at byte 2: something follows the value",
	"null\x00":                "something follows the value",
	"[1,]":                    "at byte 3: a value is expected",
	"[1 2]":                   "a comma or",
	"[1":                      "a comma or",
	"[":                       "a value is expected",
	`{"a"}`:                   "a colon is expected",
	`{"a":}`:                  "a value is expected",
	`{"a":1,}`:                "a string is expected",
	`{a:1}`:                   "a string is expected",
	`{"a":1`:                  "a comma or",
	`{"a":1,"\u0061":2}`:      `at byte 7: an object has two members "a"`,
	`[{"a":[],"a":1}]`:        `two members "a"`,
	`"a`:                      "a string without an end",
	"\"a\nb\"":                "a control character in a string",
	`"\x"`:                    "an escape that stands for no character",
	`"\ud800"`:                "an escape that stands for no character",
	`"\udc00\ud800"`:          "an escape that stands for no character",
	`"\u12"`:                  "an escape that stands for no character",
	"\"\xff\"":                "a string that is not UTF-8",
	"\xef\xbb\xbfnull":        "a value is expected",
	"'a'":                     "a value is expected",
	"// comment\nnull":        "a value is expected",
	strings.Repeat("1", 2049): "a number is expected",
	strings.Repeat("[", 1001) + strings.Repeat("]", 1001):     "at byte 1000: it is nested more than 1000 deep",
	strings.Repeat(`{"a":`, 1001) + strings.Repeat("}", 1001): "nested more than 1000 deep",
	strings.Repeat("[", 1_000_000):                            "nested more than 1000 deep",
}

func TestParse(t *testing.T) {
	for _, text := range texts {
		v, err := json.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var want, got any
		decode(t, text, &want)
		decode(t, v.Text(), &got)
		if !equal(got, want) {
			t.Errorf("%s was written as %s", text, v.Text())
		}
	}
	for text, reason := range refused {
		if v, err := json.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.60q: read as %.60s, error %v, want %s", text, v.Text(), err, reason)
		}
	}
}

// decode reads with encoding/json, which keeps the text of numbers.
func decode(t *testing.T, text string, to *any) {
	t.Helper()
	d := stdlib.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		t.Errorf("encoding/json refuses %s: %v", text, err)
	}
}

func equal(a, b any) bool {
	x, errX := stdlib.Marshal(a)
	y, errY := stdlib.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		options      json.Options
		text, reason string
	}{
		{json.Options{MaxSize: 3}, "[1]", ""},
		{json.Options{MaxSize: 3}, "[12]", "at byte 3: it has more than 3 bytes"},
		{json.Options{MaxDepth: 2}, "[[1]]", ""},
		{json.Options{MaxDepth: 2}, "[[[]]]", "it is nested more than 2 deep"},
		{json.Options{}, "[[" + strings.Repeat(" ", 16<<20) + "]]", "more than 16777216 bytes"},
	} {
		_, err := test.options.Parse([]byte(test.text))
		if test.reason == "" && err != nil || test.reason != "" && (err == nil || !strings.Contains(err.Error(), test.reason)) {
			t.Errorf("%+v: %.20s: error %v, want %q", test.options, test.text, err, test.reason)
		}
	}
	last := json.Options{Repeated: json.RepeatedLast}
	v, err := last.Parse([]byte(`{"a":1,"b":2,"a":{"c":3,"c":4}}`))
	if got, want := v.Text(), `{"a":{"c":4},"b":2}`; err != nil || got != want {
		t.Errorf("the last of repeated members: %s (%v), want %s", got, err, want)
	}
}

// Objects of many members are looked through in another way.
func TestManyMembers(t *testing.T) {
	const n = 100
	var text []byte
	for i := range n {
		text = append(text, `{,`[min(i, 1)])
		text = append(text, `"name `+strconv.Itoa(i)+`":1`...)
	}
	text = append(text, '}')
	if v, err := json.Parse(text); err != nil || v.Len() != n || v.Text() != string(text) {
		t.Errorf("%d members are read as %d (%v): %s", n, v.Len(), err, v.Text())
	}
	for _, i := range []int{0, 15, 16, 17, n - 1} {
		name := "name " + strconv.Itoa(i)
		again := append(bytes.TrimSuffix(bytes.Clone(text), []byte("}")), `,"`+name+`":2}`...)
		if _, err := json.Parse(again); err == nil || !strings.Contains(err.Error(), "two members") {
			t.Errorf("%s comes twice: error %v", name, err)
		}
		v, err := json.Options{Repeated: json.RepeatedLast}.Parse(again)
		if got, ok := v.Get(name).AsInt(); err != nil || !ok || got != 2 || v.Len() != n {
			t.Errorf("%s comes twice: it is %d of %d (%v)", name, got, v.Len(), err)
		}
	}
}

func TestForms(t *testing.T) {
	v, err := json.Parse([]byte(` { "b" : [ 1.0, 1e2, -0 ], "a" : "é\u0007\u2028" , "B" : {"y":null,"x":true} } `))
	if err != nil {
		t.Fatal(err)
	}
	for form, want := range map[string]string{
		string(v.Append([]byte("> "))):       `> {"b":[1.0,1e2,-0],"a":"é\u0007` + "\u2028" + `","B":{"y":null,"x":true}}`,
		string(v.AppendSorted([]byte("> "))): `> {"B":{"x":true,"y":null},"a":"é\u0007` + "\u2028" + `","b":[1.0,1e2,-0]}`,
		string(v.AppendPython([]byte("> "))): `> {"B": {"x": true, "y": null}, "a": "\u00e9\u0007\u2028", "b": [1.0, 100.0, 0]}`,
	} {
		if form != want {
			t.Errorf("written as\n%s\nwant\n%s", form, want)
		}
	}
	if got, want := v.Get("b").Text(), "[1.0,1e2,-0]"; got != want { // writing sorts a copy
		t.Errorf("after writing it is %s, want %s", got, want)
	}
	if got := v.Text(); !strings.HasPrefix(got, `{"b"`) {
		t.Errorf("after writing sorted, the order is that of %s", got)
	}
}

// testdata/python.txt holds what Python writes (testdata/python.py).
func TestPython(t *testing.T) {
	file, err := os.ReadFile("testdata/python.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
	if len(lines) < 600 || len(lines)%2 != 0 {
		t.Fatalf("%d lines: testdata/python.txt is not what it was", len(lines))
	}
	for i := 0; i < len(lines); i += 2 {
		v, err := json.Options{Repeated: json.RepeatedLast}.Parse([]byte(lines[i]))
		if got := string(v.AppendPython(nil)); err != nil || got != lines[i+1] {
			t.Errorf("%s is written as %s (%v), by Python as %s", lines[i], got, err, lines[i+1])
		}
	}
}

func TestBuildAndChange(t *testing.T) {
	number, err := json.Number("-12.50")
	if err != nil {
		t.Fatal(err)
	}
	half, err := json.Float(0.5)
	if err != nil {
		t.Fatal(err)
	}
	v := json.Object().Set("n", number).Set("half", half).Set("items", json.Array(json.Null(), json.Bool(true))).
		Set("s", json.String("a\"\xffb")).Set("i", json.Int(math.MinInt64)).Set("zero", &json.Value{}).Set("none", nil)
	v.Get("items").Add(json.Int(1), json.Object())
	v.Get("items").Items()[0] = json.String("first")
	v.Set("half", json.Bool(false))
	if was, ok := v.Delete("n").AsNumber(); !ok || was != "-12.50" {
		t.Errorf("what was deleted is %s", was)
	}
	if v.Delete("n") != nil {
		t.Error("what is not there was deleted")
	}
	want := `{"half":false,"items":["first",true,1,{}],"s":"a\"` + "\uFFFD" + `b","i":-9223372036854775808,"zero":null,"none":null}`
	if got := v.Text(); got != want {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
	for name, member := range v.Members() {
		if member.Kind() == json.KindArray {
			v.Delete(name)
		}
	}
	if v.Get("items") != nil || v.Len() != 5 {
		t.Errorf("deleted while looking: %s", v.Text())
	}
	for name, wrong := range map[string]func(){
		`json: Set "a" wants an object and has null`:    func() { json.Null().Set("a", json.Null()) },
		`json: Set "a" wants an object and has nothing`: func() { v.Get("nowhere").Set("a", json.Null()) },
		`json: Add wants an array and has an object`:    func() { v.Add(json.Null()) },
	} {
		func() {
			defer func() {
				if r := recover(); r != name {
					t.Errorf("panic %v, want %s", r, name)
				}
			}()
			wrong()
		}()
	}
}

func TestAsking(t *testing.T) {
	v, err := json.Parse([]byte(`{"big":9223372036854775807,"bigger":9223372036854775808,"part":1.0,"huge":1e400,"true":true,"s":"x","a":[1]}`))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := v.Get("big").AsInt(); !ok || n != math.MaxInt64 {
		t.Errorf("big is %d, %t", n, ok)
	}
	for _, name := range []string{"bigger", "part", "huge", "true", "s", "a", "nowhere"} {
		if n, ok := v.Get(name).AsInt(); ok {
			t.Errorf("%s is the integer %d", name, n)
		}
	}
	if f, ok := v.Get("part").AsFloat(); !ok || f != 1 {
		t.Errorf("part is %v, %t", f, ok)
	}
	if f, ok := v.Get("huge").AsFloat(); ok {
		t.Errorf("huge is the float %v", f)
	}
	if text, ok := v.Get("huge").AsNumber(); !ok || text != "1e400" {
		t.Errorf("huge is %s", text)
	}
	if b, ok := v.Get("true").AsBool(); !ok || !b {
		t.Error("true is not true")
	}
	if _, ok := v.Get("s").AsBool(); ok {
		t.Error("a string is a boolean")
	}
	if s, ok := v.Get("s").AsString(); !ok || s != "x" {
		t.Errorf("s is %q", s)
	}
	if _, ok := v.Get("big").AsString(); ok {
		t.Error("a number is a string")
	}
	if v.Get("a").Get("b").Get("c").Items() != nil || v.Get("a").Get("b").Len() != 0 {
		t.Error("what is not there has items")
	}
	for range v.Get("nowhere").Members() {
		t.Error("what is not there has members")
	}
	for _, wrong := range []string{"", "1 ", " 1", "0x1", "1,", "a", "--1"} {
		if n, err := json.Number(wrong); err == nil {
			t.Errorf("%q is the number %s", wrong, n.Text())
		}
	}
	for _, wrong := range []float64{math.NaN(), math.Inf(-1)} {
		if n, err := json.Float(wrong); err == nil {
			t.Errorf("%v is the number %s", wrong, n.Text())
		}
	}
}

// FuzzParse checks that what is read and written is read as the same, that
// encoding/json agrees on what is JSON and what it means, and that reading
// allocates no more than a multiple of the text.
func FuzzParse(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	for text := range refused {
		if len(text) < 5000 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v *json.Value
		var err error
		// A node of a tree has 72 bytes, and one byte of "[[[[" or two of "[1,1"
		// ask for one; slices grow by doubling.
		used := allocated(func() { v, err = json.Parse(text) })
		if limit := uint64(len(text))*200 + 64<<10; used > limit {
			t.Errorf("reading %d bytes allocated %d, more than %d", len(text), used, limit)
		}
		if err != nil {
			// encoding/json takes repeated members, halves of surrogate pairs, and
			// bytes that are not UTF-8.
			for _, taken := range []string{"two members", "stands for no character", "not UTF-8", "deep", "a number is expected"} {
				if strings.Contains(err.Error(), taken) {
					return
				}
			}
			if stdlib.Valid(text) {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		var want, got any
		decode(t, string(text), &want)
		for _, write := range []func(*json.Value, []byte) []byte{(*json.Value).Append, (*json.Value).AppendSorted} {
			written := write(v, nil)
			again, err := json.Parse(written)
			if err != nil {
				t.Fatalf("written as %s: %v", written, err)
			}
			if rewritten := write(again, nil); !bytes.Equal(rewritten, written) {
				t.Fatalf("written as %s and then as %s", written, rewritten)
			}
			if decode(t, string(written), &got); !equal(got, want) {
				t.Fatalf("written as %s", written)
			}
		}
		// Python's form need not be JSON, and has no other text of numbers: but what
		// it is made of again is itself.
		if again, err := json.Parse(v.AppendPython(nil)); err == nil && !bytes.Equal(again.AppendPython(nil), v.AppendPython(nil)) {
			t.Fatalf("in Python's form %s and then %s", v.AppendPython(nil), again.AppendPython(nil))
		}
	})
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
