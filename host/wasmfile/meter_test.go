package wasmfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// metered opens, checks and meters a module, and opens what comes of it.
func metered(t *testing.T, module []byte, limits wasmfile.Limits) *wasmfile.File {
	t.Helper()
	f, err := wasmfile.Open(module)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CheckCode(); err != nil {
		t.Fatal(err)
	}
	out, err := f.Meter(limits)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = wasmfile.Open(out); err != nil {
		t.Fatal(err)
	}
	return f
}

// withBody is guest with the code section that is given.
func withBody(code string) []byte { return unhex(strings.TrimSuffix(guest, bodyOfGuest) + code) }

func TestMeterAddsFuel(t *testing.T) {
	f := metered(t, unhex(guest), wasmfile.Limits{Pages: 10})
	imports := f.Imports()
	if len(imports) != 1 || imports[0].Module != wasmfile.MeterModule || imports[0].Name != wasmfile.Refill || imports[0].Type.String() != "() -> ()" {
		t.Errorf("imports %+v", imports)
	}
	exports := f.Exports()
	if len(exports) != 3 || exports[2].Name != wasmfile.FuelGlobal || exports[2].Kind != wasmfile.KindGlobal {
		t.Errorf("exports %+v", exports)
	}
	if run := exports[1]; run.Name != "sandpiper_run" || run.Type.String() != "(i32, i32) -> (i32)" {
		t.Errorf("sandpiper_run is now %+v", run)
	}
}

func TestMeterLimitsMemory(t *testing.T) {
	for _, c := range []struct {
		name, memory string
		pages        uint32
		want         wasmfile.Memory
	}{
		{"none declared", "05 03 01 00 01", 10, wasmfile.Memory{Min: 1, Max: 10}},
		{"smaller", "05 04 01 01 01 05", 10, wasmfile.Memory{Min: 1, Max: 5}},
		{"larger", "05 04 01 01 01 20", 10, wasmfile.Memory{Min: 1, Max: 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			module := unhex(header + typesOfGuest + "03 02 01 00" + c.memory + exportsOfGuest + bodyOfGuest)
			if got, _ := metered(t, module, wasmfile.Limits{Pages: c.pages}).Memory(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// TestMeterNames: functions keep their names, under their new indices; other names
// and other custom sections go.
func TestMeterNames(t *testing.T) {
	names := "00 14 04 6e 61 6d 65" + "01 05 01 00 02 66 30" + "02 06 01 00 01 00 01 78"
	f := metered(t, unhex(guest+names+"00 03 01 78 aa"), wasmfile.Limits{Pages: 1})
	if got := f.Custom("name"); len(got) != 1 || !bytes.Equal(got[0], unhex("01 05 01 01 02 66 30")) {
		t.Errorf("names: %x", got)
	}
	if got := f.Custom("x"); len(got) != 0 {
		t.Errorf("left: %x", got)
	}
}

// TestMeterGoesStraight: where a function is a loop that goes on in the part that a
// local says, a branch that means a later part goes there, and not to the loop; but not
// into a loop of parts, nor out of one.
func TestMeterGoesStraight(t *testing.T) {
	const to0, to1 = "20 01 04 40 41 00 21 00 0c 03 0b", "20 01 04 40 41 01 21 00 0c 01 0b" // if the second local says so
	for _, c := range []struct{ name, first, jump, last, want string }{
		{"a later part", "", "41 01 21 00 0c 02", "", "41 01 21 00 0c 00"},
		{"the last part", "", "41 02 21 00 0c 02", "", "41 02 21 00 0c 01"},
		{"any other number", "", "41 7f 21 00 0c 02", "", "41 7f 21 00 0c 01"},
		{"this part", "", "41 00 21 00 0c 02", "", "41 00 21 00 0c 02"},
		{"another local", "", "41 01 21 01 0c 02", "", "41 01 21 01 0c 02"},
		{"a number that is not known", "", "20 01 21 00 0c 02", "", "20 01 21 00 0c 02"},
		{"out of the function's loop", "", "41 01 21 00 0c 03", "", "41 01 21 00 0c 03"},
		{"into a loop of parts", "", "41 02 21 00 0c 02", to1, "41 02 21 00 0c 02"},
		{"to the head of one", "", "41 01 21 00 0c 02", to1, "41 01 21 00 0c 02"},
		{"out of one", to0, "41 02 21 00 0c 02", "", "41 02 21 00 0c 02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := unhex("00" + "03 40 02 40 02 40 02 40 20 00 0e 02 00 01 02" + "0b" + c.first + c.jump + "0b 0b" + c.last + "0b 41 00 0b")
			section := append([]byte{1, byte(len(body))}, body...)
			f, err := wasmfile.Open(withBody(fmt.Sprintf("0a %02x %x", len(section), section)))
			if err != nil {
				t.Fatal(err)
			}
			out, err := f.Meter(wasmfile.Limits{Pages: 1})
			if err != nil || !bytes.Contains(out, unhex(c.want)) {
				t.Errorf("%s became %x (%v), want %s in it", c.jump, out, err, c.want)
			}
		})
	}
}

// TestMeterRefuses holds modules that name something that is only there once they
// are metered. All of them would be valid then.
func TestMeterRefuses(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"global", "0a 0a 01 08 00 42 00 24 00 41 00 0b", "global 0 does not exist"},
		{"local", "0a 0a 01 08 00 42 00 21 02 41 00 0b", "local 2 does not exist"},
		{"function", "0a 08 01 06 00 10 01 41 00 0b", "function 1 does not exist"},
		{"reference", "0a 09 01 07 00 d2 01 1a 41 00 0b", "function 1 does not exist"},
		{"type of a block", "0a 09 01 07 00 02 02 0b 41 00 0b", "type 2 does not exist"},
		{"type of a call", "0a 0b 01 09 00 41 00 11 02 00 41 00 0b", "type 2 does not exist"},
		{"label", "0a 08 01 06 00 0c 01 41 00 0b", "a branch to label 1 of 1"},
		{"block without an end", "0a 08 01 06 00 02 40 41 00 0b", "a block that does not end"},
		{"instructions behind the end", "0a 08 01 06 00 41 00 0b 01 0b", "behind the end of a function"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := wasmfile.Open(withBody(c.code))
			if err != nil {
				t.Fatal(err)
			}
			if err = f.CheckCode(); err == nil {
				_, err = f.Meter(wasmfile.Limits{Pages: 1})
			}
			var format *wasmfile.FormatError
			if !errors.As(err, &format) || format.Section != "code section" || !strings.Contains(format.Reason, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckCodeRefuses(t *testing.T) {
	body := func(code []byte) []byte {
		body := append(append([]byte{0}, code...), 0x41, 0, 0x0b)
		section := append([]byte{1}, append(size(len(body)), body...)...)
		return append(append(withBody(""), append([]byte{10}, size(len(section))...)...), section...)
	}
	for _, c := range []struct {
		name string
		code []byte
		want string
	}{
		{"unknown instruction", unhex("06 40 0b"), "instruction 0x06 is not part of ABI 1.0"},
		{"atomic instruction", unhex("fe 03 00"), "instruction 0xfe is not part of ABI 1.0"},
		{"bulk instruction that is none", unhex("fc 12"), "instruction 0xfc12 is not part of ABI 1.0"},
		{"vector instruction of a later proposal", unhex("fd 80 02"), "is not part of ABI 1.0"},
		{"2^32-1 labels", unhex("0e ff ff ff ff 0f 00"), "labels"},
		{"immediate cut short", unhex("44"), "cut short"},
		{"body that is too large", bytes.Repeat([]byte{1}, 300_000), "300003 bytes, more than the limit of"},
		{"loops that are too deep", append(bytes.Repeat(unhex("03 40"), 65), bytes.Repeat(unhex("0b"), 65)...), "65 loops in each other, more than the limit of 64"},
		{"blocks that are too deep", append(bytes.Repeat(unhex("02 40"), 10_001), bytes.Repeat(unhex("0b"), 10_001)...), "more than 10000 blocks in each other"},
		{"loads", bytes.Repeat(unhex("41 00 28 00 00 1a"), 30_000), "30000 loads, stores and the like, more than the limit of 25000"},
		{"ifs", append(bytes.Repeat(unhex("41 00 04 40"), 9_000), bytes.Repeat(unhex("0b"), 9_000)...), "milliseconds of work for the compiler"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := wasmfile.Open(body(c.code))
			if err != nil {
				t.Fatal(err)
			}
			err = f.CheckCode()
			var format *wasmfile.FormatError
			if !errors.As(err, &format) || format.Section != "code section" || format.Offset == 0 || !strings.Contains(format.Reason, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// size is an unsigned number as the format has it.
func size(n int) []byte {
	var b []byte
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
