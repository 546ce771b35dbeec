package configfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"github.com/sandpiper-db/sandpiper/host/author/configfile"
)

var (
	acme = []string{"plugins", "acme"}
	bob  = []string{"trust", "bob"}
)

const settings = `# Of the shop.
database = "sqlite:shop.db"   # in memory for tests

[trust.alice]  # she left
key = 'RWQa'
# revoked = true

# What lint minds.
[lint]
drop-table = "off"
`

func set(table []string, pairs ...configfile.Pair) func([]byte) ([]byte, error) {
	return func(text []byte) ([]byte, error) { return configfile.Set(text, table, pairs...) }
}

func setKey(table []string, key string, value any) func([]byte) ([]byte, error) {
	return func(text []byte) ([]byte, error) {
		return configfile.SetKey(text, table, configfile.Pair{Key: key, Value: value})
	}
}

func remove(table []string) func([]byte) ([]byte, error) {
	return func(text []byte) ([]byte, error) { return configfile.Remove(text, table) }
}

func pair(key string, value any) configfile.Pair { return configfile.Pair{Key: key, Value: value} }

func TestEdit(t *testing.T) {
	module := pair("module", "plugins/acme.wasm")
	uses := pair("uses", []configfile.Table{{{Key: "table", Value: "flow_run"}, {Key: "verbs", Value: []string{"select"}}}})
	for name, c := range map[string]struct {
		text string
		edit func([]byte) ([]byte, error)
		want string
	}{
		"a file is begun":       {"", set(bob, pair("key", "RWQb")), "[trust.bob]\nkey = \"RWQb\"\n"},
		"beside its like":       {settings, set(bob, pair("key", "RWQb")), strings.Replace(settings, "# revoked = true\n", "# revoked = true\n\n[trust.bob]\nkey = \"RWQb\"\n", 1)},
		"at the end":            {settings, set(acme, module), settings + "\n[plugins.acme]\nmodule = \"plugins/acme.wasm\"\n"},
		"no end of line":        {"a = 1", set(bob, pair("key", "b")), "a = 1\n\n[trust.bob]\nkey = \"b\"\n"},
		"a blank line is there": {"a = 1\n\n", set(bob, pair("key", "b")), "a = 1\n\n[trust.bob]\nkey = \"b\"\n"},
		"CRLF":                  {"a = 1\r\n", set(bob, pair("key", "b")), "a = 1\r\n\r\n[trust.bob]\r\nkey = \"b\"\r\n"},
		"a comment of the next table": {"[trust.alice]\nkey = 1\n# of lint\n[lint]\n", set(bob, pair("key", "b")),
			"[trust.alice]\nkey = 1\n\n[trust.bob]\nkey = \"b\"\n# of lint\n[lint]\n"},

		"a key more":                       {settings, setKey([]string{"trust", "alice"}, "revoked", true), strings.Replace(settings, "'RWQa'\n", "'RWQa'\nrevoked = true\n", 1)},
		"a key more, indented":             {"[a]\n  b = 1\n", setKey([]string{"a"}, "c", int64(2)), "[a]\n  b = 1\n  c = 2\n"},
		"a key more, no end of line":       {"[a]\nb = 1", setKey([]string{"a"}, "c", int64(2)), "[a]\nb = 1\nc = 2\n"},
		"the first key":                    {"[a] # here\n\n[b]\n", setKey([]string{"a"}, "c", int64(2)), "[a] # here\nc = 2\n\n[b]\n"},
		"another value":                    {settings, setKey([]string{"lint"}, "drop-table", "error"), strings.Replace(settings, `"off"`, `"error"`, 1)},
		"another value, its comment stays": {"[a]\nb = [ # why\n  1,\n] # since\nc = 1\n", setKey([]string{"a"}, "b", []string{"x"}), "[a]\nb = [\"x\"] # since\nc = 1\n"},
		"the same value is not touched":    {"[a]\nb = '''x''' # so\n", setKey([]string{"a"}, "b", "x"), "[a]\nb = '''x''' # so\n"},
		"a quoted key":                     {"[a]\n\"b\" = 1\n", setKey([]string{"a"}, "b", int64(2)), "[a]\n\"b\" = 2\n"},
		"a quoted table":                   {"[ 'a' . \"b\\u0063\" ]\nx = 1\n", setKey([]string{"a", "bc"}, "x", int64(2)), "[ 'a' . \"b\\u0063\" ]\nx = 2\n"},
		"a table above its parts":          {"[plugins.acme.more]\nx = 1\n", setKey(acme, "module", "m"), "[plugins.acme.more]\nx = 1\n\n[plugins.acme]\nmodule = \"m\"\n"},

		"set keeps what is meant": {"[plugins.acme]\n# the vendor's\nmodule = 'plugins/acme.wasm' # v1\nold = 1\nuses = []\n", set(acme, module, uses),
			"[plugins.acme]\n# the vendor's\nmodule = 'plugins/acme.wasm' # v1\nuses = [{table = \"flow_run\", verbs = [\"select\"]}]\n"},
		"set keeps a list of tables": {"[plugins.acme]\nmodule = 'plugins/acme.wasm'\n\n[[plugins.acme.uses]] # one\ntable = 'flow_run'\nverbs = ['select']\n", set(acme, module, uses),
			"[plugins.acme]\nmodule = 'plugins/acme.wasm'\n\n[[plugins.acme.uses]] # one\ntable = 'flow_run'\nverbs = ['select']\n"},
		"set replaces a list of tables": {"[plugins.acme]\nmodule = 'plugins/acme.wasm'\n\n[[plugins.acme.uses]] # one\ntable = 'other'\nverbs = ['select']\n\n[lint]\n", set(acme, module, uses),
			"[plugins.acme]\nmodule = 'plugins/acme.wasm'\nuses = [{table = \"flow_run\", verbs = [\"select\"]}]\n\n[lint]\n"},
		"set replaces dotted keys in it": {"[plugins.acme]\nmodule.x = 1\nmodule.y = 2\n", set(acme, module), "[plugins.acme]\nmodule = \"plugins/acme.wasm\"\n"},
		"a long list":                    {"", set(acme, pair("owns", []string{strings.Repeat("a", 60), strings.Repeat("b", 60)})), "[plugins.acme]\nowns = [\n  \"" + strings.Repeat("a", 60) + "\",\n  \"" + strings.Repeat("b", 60) + "\",\n]\n"},
		"every character":                {"", set(acme, pair("a b", "\"\\\n\t\x00\x7fß")), "[plugins.acme]\n\"a b\" = \"\\\"\\\\\\u000A\\u0009\\u0000\\u007Fß\"\n"},

		"remove":                             {settings, remove([]string{"trust", "alice"}), "# Of the shop.\ndatabase = \"sqlite:shop.db\"   # in memory for tests\n\n# What lint minds.\n[lint]\ndrop-table = \"off\"\n"},
		"remove the last":                    {settings, remove([]string{"lint"}), strings.TrimSuffix(settings, "[lint]\ndrop-table = \"off\"\n")},
		"remove with all in it":              {"[plugins.acme]\nx = 1\n[[plugins.acme.uses]]\n[plugins.acme.uses.y]\nz = 1\n\n[plugins.other]\n", remove(acme), "[plugins.other]\n"},
		"remove what is not there":           {settings, remove(acme), settings},
		"remove where its parent is written": {"[trust]\n[trust.bob]\nkey = 1\n", remove(bob), "[trust]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.edit([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestEditIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"inline":            {"plugins = {acme = {module = 'x'}}\n", "line 1: plugins is written as a value; write it as a table [plugins.acme] with a line for each key"},
		"inline in its own": {"[plugins]\nacme = {module = 'x'}\n", "line 2: plugins.acme is written as a value"},
		"dotted":            {"a = 1\nplugins.acme.module = 'x'\n", "line 2: plugins.acme is written with a dotted key"},
		"dotted below":      {"[plugins]\n\nacme.module = 'x'\n", "line 3: plugins.acme is written with a dotted key"},
		"a list":            {"[[plugins]]\n[plugins.acme]\n", "line 1: plugins is a list of tables"},
		"no table":          {"plugins = 1\n", "line 1: plugins is written as a value"},
		"malformed":         {"a = 1\nb = \n", "line 2: "},
		"twice":             {"[a]\n[a]\n", "line 2: "},
		"a conflict":        {"<<<<<<< HEAD\n[a]\n", "line 1: "},
		"no text":           {"a = \"\xff\"\n", "line 1: "},
	} {
		t.Run(name, func(t *testing.T) {
			for what, edit := range map[string]func([]byte) ([]byte, error){
				"set": set(acme, pair("module", "x")), "set a key": setKey(acme, "module", "y"), "remove": remove(acme),
			} {
				if got, err := edit([]byte(c.text)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("%s: %q, error %v, want %s", what, got, err, c.want)
				}
			}
		})
	}
}

func TestEditFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "sandpiper.toml")
	edit := func(f func([]byte) ([]byte, error), wantChanged bool, wantErr string) {
		t.Helper()
		changed, err := configfile.Edit(name, f)
		if changed != wantChanged || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("changed %v, error %v; want %v, %q", changed, err, wantChanged, wantErr)
		}
	}
	edit(set(bob, pair("key", "b")), true, "")
	edit(set(bob, pair("key", "b")), false, "")
	edit(remove(bob), true, "")
	if err := errors.Join(os.WriteFile(name, []byte("a = 1\ntrust.bob.key = 1\n"), 0o640), os.Chmod(name, 0o640)); err != nil {
		t.Fatal(err)
	}
	edit(set(bob, pair("key", "b")), false, "sandpiper.toml:2: trust.bob is written with a dotted key")
	edit(set(acme, pair("module", "b")), true, "")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, error %v: it had 0640", info.Mode(), err)
	}
	link := filepath.Join(filepath.Dir(name), "link.toml")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	name = link
	edit(set(bob, pair("key", "b")), false, "link.toml:2: trust.bob")
	edit(remove(acme), false, "is a symbolic link")
	name = filepath.Dir(name)
	edit(remove(acme), false, "is no file")
}

// FuzzTOMLEdit: what an edit adds is all that it changes, and taking it out again
// leaves the text as it was.
func FuzzTOMLEdit(f *testing.F) {
	for _, seed := range []string{"", settings, strings.ReplaceAll(settings, "\n", "\r\n"), "a = 1", "[trust]", "[trust.x]\n# c",
		"[[trust.bob.x]]\na=1\n[z]", "a = nan\nb = 1979-05-27\n[x.y]\nz = {a.b = [1, [2.5]]}\n", "[trust.bob] # x\nkey = '''a\nb'''\nother = 1",
		"[trust.a]\n\t\n#c\n[b]\n\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var before map[string]any
		out, err := configfile.Set([]byte(text), bob, pair("key", "RWQ"), pair("revoked", true))
		if err != nil {
			return
		}
		if err := toml.Unmarshal([]byte(text), &before); err != nil {
			t.Fatalf("edited what is no TOML: %v", err)
		}
		again, err := configfile.Set(out, bob, pair("key", "RWQ"), pair("revoked", true))
		if err != nil || string(again) != string(out) {
			t.Fatalf("set twice: %q, error %v, once: %q", again, err, out)
		}
		trust, _ := before["trust"].(map[string]any)
		if _, there := trust["bob"]; there {
			return
		}
		// Nothing of the text is lost: it is there before and after what was put in.
		common := 0
		for common < len(text) && text[common] == out[common] {
			common++
		}
		if !strings.HasSuffix(string(out), text[common:]) || len(out) <= len(text) {
			t.Fatalf("%q became %q", text, out)
		}
		back, err := configfile.Remove(out, bob)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := strings.TrimSpace(string(back)), strings.TrimSpace(text); strings.ReplaceAll(got, "\r", "") != strings.ReplaceAll(want, "\r", "") &&
			len(got) != len(want)+1 {
			t.Fatalf("%q became %q", text, back)
		}
	})
}
