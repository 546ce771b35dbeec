package main

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// misread is what the library says of a value of the wrong type: it names types of
// Go, which whoever writes the file does not know.
var misread = regexp.MustCompile(`^cannot decode TOML (.+) into (?:struct field \S+ of type )?(\S+)$`)

// tomlMistake says what is wrong with the text of a sandpiper.toml.
func tomlMistake(e *toml.DecodeError) string {
	text := strings.TrimPrefix(e.Error(), "toml: ")
	if m := misread.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("here belongs %s, and not a value of the type %s", valueWords(m[2]), m[1])
	}
	if strings.HasPrefix(text, "cannot store a table") || strings.HasPrefix(text, "cannot store an array table") {
		return "here belongs no section of this form"
	}
	return text
}

// valueWords describes the values that have a type of Go.
func valueWords(goType string) string {
	switch {
	case goType == "[]string":
		return `a list of texts, such as ["a", "b"]`
	case goType == "string":
		return `a text, such as "a"`
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "int"):
		return "a whole number"
	case goType == "main.useConfig" || goType == "[]main.useConfig":
		return `a list such as [{table = "t", verbs = ["select"]}]`
	}
	return "a section"
}

// keysThere lists the keys that a section of sandpiper.toml has, for an unknown one.
func keysThere(unknown []string) string {
	for _, s := range []struct {
		name  string
		named bool // [name.NAME]
		keys  any
	}{
		{"plugins", true, pluginConfig{}}, {"trust", true, keyConfig{}}, {"capabilities", false, capabilitiesConfig{}},
		{"naming", false, naming{}}, {"schema", false, schemaConfig{}},
	} {
		section, depth := []string{s.name}, 1
		if s.named && len(unknown) > 1 {
			section, depth = append(section, unknown[1]), 2
		}
		switch {
		case unknown[0] != s.name || len(unknown) <= depth:
		default:
			keys := strings.Join(keysOf(reflect.TypeOf(s.keys)), ", ")
			if strings.Contains(keys, "uses") { // the library leaves the name of the list out
				keys += ", and in each of uses " + strings.Join(keysOf(reflect.TypeFor[useConfig]()), ", ")
			}
			return fmt.Sprintf("the keys of [%s] are %s; see: sandpiper help config", strings.Join(section, "."), keys)
		}
	}
	return "the keys are database, dir, lock_wait, lock_timeout, time_limit, allow_changed, [naming], [schema], [lint], [plugins.LINE], [trust.NAME] and [capabilities]; see: sandpiper help config"
}

// keysOf are the keys that a section is read into.
func keysOf(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Anonymous:
			keys = append(keys, keysOf(f.Type)...)
		case f.Tag.Get("toml") != "":
			keys = append(keys, f.Tag.Get("toml"))
		}
	}
	return keys
}
