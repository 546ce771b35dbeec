package author

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxSlug keeps file names short enough for every file system and for people.
const maxSlug = 60

// latin are letters that Unicode does not take apart into one of ASCII and a mark.
var latin = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "þ", "th", "ı", "i", "ħ", "h")

// Slug makes the slug of a message: its letters and digits (those of ASCII, in
// lower case, accents taken off) with underscores between, cut between words to
// 60 characters. It is empty where the message has none.
//
// Accents are told from letters by Unicode's compatibility decomposition:
// https://unicode.org/reports/tr15/
func Slug(message string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(message))
	words := strings.FieldsFunc(latin.Replace(strings.ToLower(bare)), func(r rune) bool {
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
