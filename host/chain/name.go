package chain

import (
	"path"
	"strings"
	"time"
)

// nameTime is how a file name begins: YYYY_MM_DD_HHMMSS, in UTC.
const nameTime = "2006_01_02_150405"

// ParseName reads what the name of a migration file tells: when the revision
// was created (zero if the name does not say), and its slug. The form is
//
//	YYYY_MM_DD_HHMMSS_REV_SLUG.sql
//
// but every part may be missing, and the id may stand at the end or be another
// revision's: the header has the id, and the name is for people.
func ParseName(name string) (created time.Time, slug string) {
	created, _, slug = parseName(name)
	return created, slug
}

// NameID is the id in the name of a migration file, or of another that goes by a
// revision, "" if it has none.
func NameID(name string) string {
	_, id, _ := parseName(name)
	return id
}

// FileName returns the name of a revision's file. ext begins with a dot.
func FileName(r Revision, ext string) string {
	return r.Created.UTC().Format(nameTime) + "_" + r.ID + "_" + r.Slug + ext
}

// maxSlug keeps file names short enough for every file system and for people.
const maxSlug = 60

// Slug makes the slug of a message: its letters and digits (those of ASCII, in
// lower case) with underscores between, cut between words to 60 characters. It
// is empty where the message has none.
func Slug(message string) string {
	words := strings.FieldsFunc(strings.ToLower(message), func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9')
	})
	slug := strings.Join(words, "_")
	if len(slug) <= maxSlug {
		return slug
	}
	if i := strings.LastIndexByte(slug[:maxSlug+1], '_'); i > 0 {
		return slug[:i]
	}
	return slug[:maxSlug]
}

func parseName(name string) (created time.Time, id, slug string) {
	slug = path.Base(strings.ReplaceAll(name, `\`, "/"))
	slug = strings.TrimSuffix(slug, path.Ext(slug))
	if len(slug) >= len(nameTime) {
		head, rest := slug[:len(nameTime)], slug[len(nameTime):]
		if t, err := time.Parse(nameTime, head); err == nil && (rest == "" || rest[0] == '_') {
			created, slug = t, strings.TrimPrefix(rest, "_")
		}
	}
	first, rest, _ := strings.Cut(slug, "_")
	if ValidID(first) {
		return created, first, rest
	}
	if i := strings.LastIndexByte(slug, '_'); i >= 0 && ValidID(slug[i+1:]) {
		slug, id = slug[:i], slug[i+1:]
	}
	return created, id, slug
}
