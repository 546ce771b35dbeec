package abi

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// ABI.md is normative: its tables must be the package's.
func TestTablesAgreeWithABI(t *testing.T) {
	page, err := os.ReadFile("ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| (\\d+) \\| `([A-Za-z_0-9]+)` \\|").FindAllStringSubmatch(string(page), -1)
	errnoRows, typeRows := 0, 0
	for _, row := range rows {
		var code int
		if _, err := fmt.Sscan(row[1], &code); err != nil {
			t.Fatal(err)
		}
		name := row[2]
		if name == strings.ToUpper(name) {
			errnoRows++
			if got := Errno(code).String(); got != name {
				t.Errorf("errno %d is %s, in ABI.md %s", code, got, name)
			}
		} else {
			typeRows++
			if got := Type(code).String(); got != name {
				t.Errorf("type %d is %s, in ABI.md %s", code, got, name)
			}
		}
	}
	if errnoRows != len(errnos) || typeRows != len(typeNames) {
		t.Errorf("ABI.md lists %d errnos and %d types, the package %d and %d",
			errnoRows, typeRows, len(errnos), len(typeNames))
	}
	for _, fields := range [][]string{contextFields, errorFields, manifestFields, revisionFields,
		capabilitiesFields, backfillFields, loadFields} {
		for _, f := range fields {
			if !strings.Contains(string(page), "`"+f+"`") {
				t.Errorf("ABI.md knows no field %s", f)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{ErrnoTooSmall, "the buffer is too small (TOO_SMALL)"},
		{Errno(77), "the host returned an unknown errno 77"},
		{Errno(-1), "the host returned an unknown errno -1"},
		{&MalformedError{"row", 12, "a value is cut short"}, "malformed row at byte 12: a value is cut short"},
		{&EncodeError{0, "a date that does not fit 32 bits"}, "column 1: a date that does not fit 32 bits"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestAppendRowRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		types  []Type
		values []Value
		want   string
	}{
		{"too few values", []Type{TypeInt64}, nil, "a row of 0 values for 1 columns"},
		{"too many values", []Type{TypeInt64}, []Value{Int64(1), Int64(2)}, "a row of 2 values for 1 columns"},
		{"another type", []Type{TypeInt64, TypeText}, []Value{Int64(1), Int64(2)}, "column 2: a value of type int64 in a column of type text"},
		{"a value in a column of null", []Type{TypeNull}, []Value{Int64(1)}, "column 1: a value of type int64 in a column of type null"},
		{"a value of any", []Type{TypeAny}, []Value{{Type: TypeAny}}, "column 1: no value can be of any"},
		{"a value of an unknown type", []Type{TypeAny}, []Value{{Type: 99}}, "column 1: no value can be of type 99"},
		{"a bool of 2", []Type{TypeBool}, []Value{{Type: TypeBool, Int: 2}}, "column 1: a bool that is neither 0 nor 1"},
		{"a date beyond 32 bits", []Type{TypeDate}, []Value{{Type: TypeDate, Int: 1 << 31}}, "column 1: a date that does not fit 32 bits"},
		{"a uuid without bytes", []Type{TypeUUID}, []Value{{Type: TypeUUID}}, "column 1: a uuid of 0 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := AppendRow([]byte("before"), test.types, test.values)
			var encode *EncodeError
			if !errors.As(err, &encode) || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if string(got) != "before" {
				t.Errorf("the slice came back as %q", got)
			}
		})
	}
	if _, err := AppendRowsetHeader(nil, []Type{15}); err == nil {
		t.Error("a rowset with a column of an unknown type was written")
	}
	if _, err := AppendRowsetHeader(nil, make([]Type, MaxColumns+1)); err == nil {
		t.Error("a rowset of 65,536 columns was written")
	}
	if _, err := AppendColumns(nil, make([]Column, MaxColumns+1)); err == nil {
		t.Error("65,536 columns were written")
	}
	if _, err := AppendColumns(nil, []Column{{Name: "\xff"}}); err == nil {
		t.Error("a column's name that is not UTF-8 was written")
	}
}

// A decoded value ends where its bytes end: appending to it must not write
// into the value that follows in the buffer.
func TestDecodedBytesDoNotReachTheNextValue(t *testing.T) {
	types := []Type{TypeText, TypeText}
	b, err := AppendRow(nil, types, []Value{Text("ab"), Text("cd")})
	if err != nil {
		t.Fatal(err)
	}
	row, _, err := DecodeRow(types, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(row[0].Bytes, "XXXXXXXX"...)
	if got := string(row[1].Bytes); got != "cd" {
		t.Errorf("the second value became %q", got)
	}
}

func TestDecodeRowReusesItsSlice(t *testing.T) {
	types := []Type{TypeInt64, TypeText}
	b, err := AppendRow(nil, types, []Value{Int64(1), Text("a")})
	if err != nil {
		t.Fatal(err)
	}
	into := []Value{Float64(3), Interval(1, 2, 3)}
	allocs := testing.AllocsPerRun(100, func() {
		if into, _, err = DecodeRow(types, b, into); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("decoding into a slice that is large enough allocates %v times", allocs)
	}
	sameValues(t, into, []Value{Int64(1), Text("a")})
}

func TestRowReaderNamesThePlaceInTheWholeRowset(t *testing.T) {
	b, err := AppendRowsetHeader(nil, []Type{TypeBool})
	if err != nil {
		t.Fatal(err)
	}
	if b, err = AppendRow(b, []Type{TypeBool}, []Value{Bool(true)}); err != nil {
		t.Fatal(err)
	}
	second := len(b)
	r, err := NewRowReader(append(b, 2, 0, 0, 0, 0, 9))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	_, err = r.Next()
	var malformed *MalformedError
	if !errors.As(err, &malformed) || malformed.Offset != second+5 {
		t.Fatalf("error %v, want it at byte %d", err, second+5)
	}
	if _, again := r.Next(); again == nil || again == io.EOF {
		t.Errorf("after the error: %v, want it again", again)
	}
}

// What a database says in an error reaches the guest, whatever it says.
func TestErrorDocumentOfAnyText(t *testing.T) {
	long := strings.Repeat("ä\x01", maxErrorText)
	for _, text := range []string{"a\x00b", "\xff\xfe", "line\nline\ttab\x1b[0m", `"quoted\"`, "🐦", long} {
		b := AppendError(nil, &ErrorDocument{Errno: ErrnoSQL, Message: text, Detail: text, Hint: text, Code: text})
		if len(b) > MaxDocument {
			t.Fatalf("a document of %d bytes", len(b))
		}
		d, err := DecodeError(b)
		if err != nil {
			t.Fatalf("%.40q: %v", text, err)
		}
		want := strings.ReplaceAll(string([]rune(text)), "\x00", "\ufffd") // []rune mends each bad byte
		if d.Message != cut(want, maxErrorText) {
			t.Errorf("%.40q became %.40q", text, d.Message)
		}
		if !utf8.ValidString(d.Message) {
			t.Errorf("%.40q is not UTF-8", d.Message)
		}
	}
}

func TestManifestOfTooManyRevisions(t *testing.T) {
	document := func(n int) []byte {
		m := &Manifest{Manifest: 1, ABI: Version}
		for i := range n {
			m.Revisions = append(m.Revisions, Revision{Dialect: SQLite, ID: fmt.Sprintf("%012x", i)})
		}
		return AppendManifest(nil, m)
	}
	if _, err := DecodeManifest(document(MaxRevisions)); err != nil {
		t.Error(err)
	}
	if _, err := DecodeManifest(document(MaxRevisions + 1)); err == nil || !strings.Contains(err.Error(), "more than 65,536") {
		t.Errorf("65,537 revisions: %v", err)
	}
}

// A manifest of nothing but empty objects or elements must not become gigabytes.
func TestHugeDocumentsCostNoMoreThanTheyAre(t *testing.T) {
	head := `{"manifest":1,"abi":"1.0","revisions":[`
	fill := func(head, unit string) []byte {
		const size = 2 << 20
		return append([]byte(head), strings.Repeat(unit, (size-len(head))/len(unit))...)
	}
	id := `{"dialect":"sqlite","id":"0123456789ab",`
	for name, b := range map[string][]byte{
		"empty revisions":  fill(head, `{},`),
		"brackets":         fill(head, `[`),
		"revisions":        fill(head, id[:len(id)-1]+"},"),
		"empty labels":     fill(head+id+`"labels":[`, `"",`),
		"labels":           fill(head+id+`"labels":[`, `"ab",`),
		"lines":            fill(head+id+`"upgrade_lines":[`, `0,`),
		"one string":       fill(head+id+`"slug":"`, `\n`),
		"one number":       fill(head+`{"step":`, `1`),
		"white space":      fill(head, ` `),
		"more than 16 MiB": []byte(strings.Repeat(" ", MaxManifest+1)),
	} {
		var err error
		used := allocated(func() { _, err = DecodeManifest(b) })
		if err == nil {
			t.Errorf("%s: not refused", name)
		}
		if limit := uint64(len(b))*allocFactor/2 + allocSlack; used > limit {
			t.Errorf("%s: %d bytes allocated %d, more than %d", name, len(b), used, limit)
		}
	}
	if _, err := DecodeContext([]byte("{" + strings.Repeat(" ", MaxDocument) + "}")); err == nil {
		t.Error("a context of more than 1 MiB was read")
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "before_2": true, strings.Repeat("x", 40): true,
		"": false, strings.Repeat("x", 41): false, "A": false, "a b": false, "ä": false, `a"`: false, "a;b": false,
	} {
		if got := ValidSavepointName(name); got != want {
			t.Errorf("ValidSavepointName(%q) = %v", name, got)
		}
	}
	for text, want := range map[string]bool{"": true, "ä🐦": true, "a\x00": false, "\xff": false, "\xed\xa0\x80": false} {
		if got := ValidText([]byte(text)); got != want {
			t.Errorf("ValidText(%q) = %v", text, got)
		}
	}
}

func TestCutChunk(t *testing.T) {
	for _, test := range []struct{ statement, before, alias, after string }{
		{"UPDATE t SET a = 1 WHERE ${chunk}", "UPDATE t SET a = 1 WHERE ", "", ""},
		{"WHERE (${chunk x}) AND ${chunk}", "WHERE (", "x", ") AND ${chunk}"},
		{"${chunk  _x1 }", "", "_x1", ""},
		{`WHERE ${chunk "r } ""x"} AND`, "WHERE ", `"r } ""x"`, " AND"},
	} {
		before, alias, after, found := CutChunk(test.statement)
		if !found || before != test.before || alias != test.alias || after != test.after {
			t.Errorf("%q was cut into %q, %q, %q (%v)", test.statement, before, alias, after, found)
		}
	}
	for _, statement := range []string{"", "SELECT 1", "${chunk", "${chunkx}", "${chunk }", `${chunk "a}`, `${chunk"a"}`, "${chunk a.b}", "${Chunk}", "$ {chunk}"} {
		if _, _, after, found := CutChunk(statement); found || after != statement {
			t.Errorf("%q has a chunk", statement)
		}
	}
}

func TestValueOfRefuses(t *testing.T) {
	for _, test := range []struct {
		of   Type
		b    []byte
		want string
	}{
		{TypeInt64, make([]byte, 7), "cut short"},
		{TypeInt64, make([]byte, 9), "1 bytes are left over"},
		{TypeUUID, nil, "cut short"},
		{TypeBool, []byte{2}, "neither 0 nor 1"},
		{TypeNull, []byte{0}, "1 bytes are left over"},
		{TypeAny, nil, "unknown"},
		{99, nil, "unknown"},
	} {
		if v, err := ValueOf(test.of, test.b); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d bytes of %s became %v (%v), want %q", len(test.b), test.of, v, err, test.want)
		}
	}
	if _, err := ValueBytes(&Value{Type: TypeUUID}, nil); err == nil {
		t.Error("a uuid without bytes has some")
	}
}
