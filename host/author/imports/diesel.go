package imports

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// diesel: https://docs.rs/diesel_migrations, a folder for every migration. The
// version is the folder's name up to the first underscore, without hyphens.
var diesel = tool{
	name: "diesel", read: readDiesel,
	table: table{name: "__diesel_schema_migrations", columns: []string{"version"}, read: recordedList},
}

var dieselOutside = lazily(`(?m)^\s*run_in_transaction\s*=\s*false\s*(#.*)?$`)

func readDiesel(r *reader) error {
	entries, err := r.entries(".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		version, name, _ := strings.Cut(e.Name(), "_")
		up, err := r.whole(path.Join(e.Name(), "up.sql"))
		if errors.Is(err, fs.ErrNotExist) {
			r.note(e.Name(), 0, "it has no up.sql and is left out")
			continue
		} else if err != nil {
			return err
		}
		s := step{version: strings.ReplaceAll(version, "-", ""), name: name, file: up.file, up: up}
		s.down, err = r.whole(path.Join(e.Name(), "down.sql"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		metadata, err := r.text(path.Join(e.Name(), "metadata.toml"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		up.outside = dieselOutside().MatchString(metadata)
		if s.down != nil {
			s.down.outside = up.outside
		}
		r.steps = append(r.steps, s)
	}
	return nil
}
