package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

const (
	configName      = "sandpiper.toml"
	databaseEnv     = "SANDPIPER_DATABASE"
	defaultDatabase = "sqlite:sandpiper.db"
	originDefault   = "the default"
)

// settings is what holds for one call, whoever set it.
type settings struct {
	database     string // URL, with its password
	origin       string // who set it, for messages
	dir          string // the folder with versions/, or one .wasm file
	lockWait     time.Duration
	lockTimeout  *time.Duration // nil: the dialect's default
	timeLimit    time.Duration  // of one migration; 0: none
	allowChanged bool
	naming       schema.Naming
	file         configFile
	elsewhere    bool // the migrations are not those of file, and its plugins are not theirs
}

// configFile is sandpiper.toml. Every key may be left out.
type configFile struct {
	Database     string       `toml:"database"`
	Dir          string       `toml:"dir"`
	LockWait     *duration    `toml:"lock_wait"`
	LockTimeout  *duration    `toml:"lock_timeout"`
	TimeLimit    *duration    `toml:"time_limit"`
	AllowChanged bool         `toml:"allow_changed"`
	Naming       naming       `toml:"naming"`
	Schema       schemaConfig `toml:"schema"`
	Lint         lintRules    `toml:"lint"`

	Capabilities capabilitiesConfig      `toml:"capabilities"` // for build
	Plugins      map[string]pluginConfig `toml:"plugins"`      // by line
	Trust        map[string]keyConfig    `toml:"trust"`        // by whose key it is

	path  string // "" where there is no file
	begin string // which one to begin then
	text  []byte
}

// naming is how indexes, constraints and syncs are called that a migration does
// not name.
type naming struct {
	PrimaryKey string `toml:"primary_key"`
	Unique     string `toml:"unique"`
	ForeignKey string `toml:"foreign_key"`
	Check      string `toml:"check"`
	Exclude    string `toml:"exclude"`
	Index      string `toml:"index"`
	Sync       string `toml:"sync"`
}

// A duration is written as "30s" or "5m".
type duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf(`%q is not a duration: write "30s", "5m" or "1h"`, text)
	}
	*d = duration(v)
	return nil
}

// settings merges flags, environment, sandpiper.toml and defaults, in this order.
func (a *app) settings() (settings, error) {
	s, file, err := a.projectSettings()
	if err != nil {
		return settings{}, err
	}
	switch {
	case a.flags.database != "":
		s.database, s.origin = a.flags.database, "--database"
	case os.Getenv(databaseEnv) != "":
		s.database, s.origin = os.Getenv(databaseEnv), databaseEnv
	case file.Database != "":
		s.origin = file.path
		if s.database, err = expandEnv(file.Database, os.LookupEnv); err != nil {
			return settings{}, usage("", "%s: database: %w", file.path, err)
		}
		s.database = file.relativeURL(s.database)
	default:
		s.database, s.origin = defaultDatabase, originDefault
	}
	return s, nil
}

// projectSettings are the settings but for the database, which is not looked
// for: what works on files alone needs none.
func (a *app) projectSettings() (settings, configFile, error) {
	file, err := findConfig(a.flags.config, a.flags.dir)
	if err != nil {
		return settings{}, file, err
	}
	s := settings{
		allowChanged: a.flags.allowChanged || file.AllowChanged,
		naming:       schema.Naming(file.Naming),
		file:         file,
	}
	if err := s.naming.Validate(); err != nil {
		return settings{}, file, usage("see: sandpiper help config", "%s: %w", file.path, err)
	}
	for _, d := range []struct {
		flag time.Duration
		file *duration
		set  func(time.Duration)
	}{
		{a.flags.lockWait, file.LockWait, func(d time.Duration) { s.lockWait = d }},
		{a.flags.timeLimit, file.TimeLimit, func(d time.Duration) { s.timeLimit = d }},
		{a.flags.lockTimeout, file.LockTimeout, func(d time.Duration) { s.lockTimeout = &d }},
	} {
		switch {
		case d.flag < 0:
			return settings{}, file, usage("", "a duration must not be negative: %s", d.flag)
		case d.flag > 0:
			d.set(d.flag)
		case d.file != nil:
			d.set(time.Duration(*d.file))
		}
	}
	s.dir, err = file.dir(a.flags.dir)
	s.elsewhere = file.elsewhere(a.flags.dir)
	return s, file, err
}

// findConfig reads the file of --config, else the one in the current folder,
// else the one in the folder of --dir.
func findConfig(path, dir string) (configFile, error) {
	if path != "" {
		return readConfig(path)
	}
	candidates := []string{configName}
	if dir != "" {
		candidates = append(candidates, filepath.Join(dir, configName))
	}
	for _, candidate := range candidates {
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() {
			return readConfig(candidate)
		}
	}
	return configFile{begin: candidates[len(candidates)-1]}, nil
}

// readConfig reads one sandpiper.toml. An unknown key is an error: a misspelt
// setting must not be a silent default.
func readConfig(path string) (configFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return configFile{}, usage("", "the configuration cannot be read: %w", err)
	}
	file := configFile{path: path, text: text}
	err = toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&file)
	var unknown *toml.StrictMissingError
	var malformed *toml.DecodeError
	switch {
	case err == nil:
		return file, nil
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		first := unknown.Errors[0]
		line, _ := first.Position()
		return configFile{}, usage(keysThere(first.Key()),
			"%s:%d: unknown key %q", path, line, strings.Join(first.Key(), "."))
	case errors.As(err, &malformed):
		line, column := malformed.Position()
		return configFile{}, usage("", "%s:%d:%d: %s", path, line, column, tomlMistake(malformed))
	default:
		return configFile{}, usage("", "%s: %w", path, err)
	}
}

// base is the folder that relative paths of the file are relative to.
func (c configFile) base() string {
	if c.path == "" {
		return "."
	}
	return filepath.Dir(c.path)
}

// dir says where the migrations are. flag is the value of --dir.
func (c configFile) dir(flag string) (string, error) {
	// A file found in the folder of --dir belongs to that folder and may say
	// where in it the migrations are; any other file gives way to the flag.
	own := flag != "" && c.path != "" && filepath.Clean(c.base()) == filepath.Clean(flag)
	if flag != "" && !(own && c.Dir != "") {
		if _, err := os.Stat(flag); err != nil {
			return "", usage("", "--dir %s: %w", flag, errors.Unwrap(err))
		}
		return flag, nil
	}
	if c.Dir != "" {
		dir := c.Dir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(c.base(), dir)
		}
		if _, err := os.Stat(dir); err != nil {
			return "", usage("", "%s: dir = %q: %s: %w", c.path, c.Dir, dir, errors.Unwrap(err))
		}
		return dir, nil
	}
	if dir := filepath.Join(c.base(), "migrations"); isFolder(filepath.Join(dir, "versions")) {
		return dir, nil
	}
	return c.base(), nil
}

// elsewhere reports whether --dir names other migrations than the file is about.
func (c configFile) elsewhere(flag string) bool {
	switch {
	case flag == "":
		return false
	case c.path == "":
		return filepath.Ext(flag) == ".wasm" // no file is going to be about it
	case filepath.Clean(flag) == filepath.Clean(c.base()):
		return false
	}
	own, err := c.dir("")
	return err != nil || filepath.Clean(own) != filepath.Clean(flag)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// relativeURL makes the path of a SQLite URL relative to the file it is in.
func (c configFile) relativeURL(url string) string {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok || path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "//") || filepath.IsAbs(path) {
		return url
	}
	return "sqlite:" + filepath.ToSlash(filepath.Join(c.base(), path))
}

var envName = regexp.MustCompile(`\$\{([^}]*)\}`)

// expandEnv replaces ${NAME} by the environment's value. A name that is not
// set is an error: half a URL could name another database.
func expandEnv(text string, lookup func(string) (string, bool)) (string, error) {
	var missing error
	out := envName.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value, ok := lookup(name)
		if !ok && missing == nil {
			missing = fmt.Errorf("the environment variable %q is not set", name)
		}
		return value
	})
	return out, missing
}
