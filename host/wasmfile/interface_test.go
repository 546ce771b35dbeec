package wasmfile_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
)

// TestHostFunctionsAgreeWithABI reads the signatures out of ABI.md.
func TestHostFunctionsAgreeWithABI(t *testing.T) {
	page, err := os.ReadFile("../../sdk/abi/ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, h := range wasmfile.HostFunctions() {
		have[h.Name] = h.Type.String()
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `\\(func (.*)\\)` \\|").FindAllStringSubmatch(string(page), -1)
	parts := regexp.MustCompile(`\((param|result)(?: \$[a-z_]+)? (i32|i64)\)`)
	found := 0
	for _, row := range rows {
		if strings.HasPrefix(row[1], "sandpiper_") {
			continue // an export
		}
		found++
		lists := map[string][]string{}
		for _, p := range parts.FindAllStringSubmatch(row[2], -1) {
			lists[p[1]] = append(lists[p[1]], p[2])
		}
		want := fmt.Sprintf("(%s) -> (%s)", strings.Join(lists["param"], ", "), strings.Join(lists["result"], ", "))
		if have[row[1]] != want {
			t.Errorf("%s is %s; ABI.md says %s", row[1], have[row[1]], want)
		}
	}
	// Section 7 gives names only, and leaves the signatures to WASI.
	_, wasi, _ := strings.Cut(string(page), "## 7. WASI")
	wasi, _, _ = strings.Cut(wasi, "## 8.")
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_, `]+`) \\|").FindAllStringSubmatch(wasi, -1) {
		for _, name := range strings.Split(row[1], ", ") {
			found++
			if name = strings.Trim(name, "`"); have[name] == "" {
				t.Errorf("%s is missing", name)
			}
		}
	}
	if found != len(have) {
		t.Errorf("ABI.md has %d functions, the table %d", found, len(have))
	}
}

// guest is a module that is fine: it exports a memory and sandpiper_run.
const guest = header + typesOfGuest + "03 02 01 00" + "05 03 01 00 01" + exportsOfGuest + bodyOfGuest

const (
	typesOfGuest   = "01 0c 02 60 02 7f 7f 01 7f 60 01 7e 01 7f"
	exportsOfGuest = "07 1a 02 06 6d 65 6d 6f 72 79 02 00 0d 73 61 6e 64 70 69 70 65 72 5f 72 75 6e 00 00"
	bodyOfGuest    = "0a 06 01 04 00 41 00 0b"
)

// importing is guest with one import of a function of type 0 or 1, whose index
// sandpiper_run gets.
func importing(module, name string, kind, index byte) []byte {
	body := append([]byte{1, byte(len(module))}, module...)
	body = append(append(body, byte(len(name))), name...)
	body = append(body, kind, index)
	b := unhex(header + typesOfGuest)
	b = append(append(b, 2, byte(len(body))), body...)
	rest := guest[len(header)+len(typesOfGuest):]
	if kind == 0 {
		rest = strings.Replace(rest, "6e 00 00", "6e 00 01", 1)
	}
	return append(b, unhex(rest)...)
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		module []byte
		want   string // part of the error; "" for none
	}{
		{"good", unhex(guest), ""},
		{"known function", importing("sandpiper_1.0", "fail", 0, 0), ""},
		{"known WASI function", importing("wasi_snapshot_preview1", "random_get", 0, 0), ""},
		{"unknown module", importing("env", "abort", 0, 0), "import env.abort: a guest imports from sandpiper_1.0"},
		{"unknown function", importing("sandpiper_1.0", "open_socket", 0, 0), "import sandpiper_1.0.open_socket: ABI 1.0 has no such function"},
		{"WASI function of files", importing("wasi_snapshot_preview1", "path_open", 0, 0), "of WASI there are only"},
		{"wrong signature", importing("sandpiper_1.0", "fail", 0, 1), "imported as (i64) -> (i32) and is (i32, i32) -> (i32)"},
		{"something that is no version", importing("sandpiper_one", "fail", 0, 0), "import sandpiper_one.fail"},
		{"newer minor version", importing("sandpiper_1.1", "anything", 0, 0), "needs Sandpiper's ABI 1.1 and this version of Sandpiper has 1.0"},
		{"newer major version", importing("sandpiper_2.0", "anything", 0, 0), "needs Sandpiper's ABI 2.0"},
		{"no exports", unhex(header), "export memory: the module has none"},
		{"no sandpiper_run", unhex(header + "05 03 01 00 01" + "07 0a 01 06 6d 65 6d 6f 72 79 02 00"), "export sandpiper_run: the module has none"},
		{"memory that is a function", unhex(strings.Replace(guest, "79 02 00", "79 00 00", 1)), "export memory: it is a function"},
		{"sandpiper_run that is a memory", unhex(strings.Replace(guest, "6e 00 00", "6e 02 00", 1)), "export sandpiper_run: it is a memory"},
		{"sandpiper_run of another type", unhex(strings.Replace(guest, "03 02 01 00", "03 02 01 01", 1)), "it is (i64) -> (i32), not (i32, i32) -> (i32)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := wasmfile.Open(c.module)
			if err == nil {
				err = f.Check()
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

func TestNewerABIIsSaidBeforeAnythingElse(t *testing.T) {
	f, err := wasmfile.Open(importing("sandpiper_1.7", "anything", 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var newer *wasmfile.ABIError
	if _, err := f.Manifest(); !errors.As(err, &newer) || newer.Needs != "1.7" || newer.Has != "1.0" {
		t.Errorf("got %v, want an ABIError for 1.7", err)
	}
}

func TestManifest(t *testing.T) {
	open := func(module []byte) *wasmfile.File {
		t.Helper()
		f, err := wasmfile.Open(module)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if _, err := open(unhex(guest)).Manifest(); !errors.Is(err, wasmfile.ErrNoManifest) {
		t.Errorf("without a manifest: %v", err)
	}

	first, err := wasmfile.AppendManifest(unhex(guest), manifest(1))
	if err != nil {
		t.Fatal(err)
	}
	other := manifest(1)
	other.Name = "another name"
	second, err := wasmfile.AppendManifest(first, other)
	if err != nil {
		t.Fatal(err)
	}
	got, err := open(second).Manifest()
	if err != nil || got.Name != "another name" {
		t.Errorf("after a second manifest: %+v, %v", got, err)
	}
	back, err := wasmfile.AppendManifest(second, manifest(1))
	if err != nil || string(back) != string(first) {
		t.Errorf("the first manifest again does not give the same bytes: %v", err)
	}

	section := first[len(unhex(guest)):]
	if _, err := open(append(first[:len(first):len(first)], section...)).Manifest(); err == nil || !strings.Contains(err.Error(), "2 manifests") {
		t.Errorf("with two manifests: %v", err)
	}

	newer := manifest(1)
	newer.ABI = "1.3"
	third, err := wasmfile.AppendManifest(unhex(guest), newer)
	if err != nil {
		t.Fatal(err)
	}
	var abiError *wasmfile.ABIError
	if _, err := open(third).Manifest(); !errors.As(err, &abiError) || abiError.Needs != "1.3" {
		t.Errorf("with a manifest for ABI 1.3: %v", err)
	}
}
