package abi

import "strconv"

// The most bytes of a manifest's texts.
const (
	MaxName   = 255  // of a name, version, line, label or slug: as file names have it
	MaxSource = 4096 // of a source, which is a path
)

// Steers reports whether a character is not shown and steers how others are:
// control characters (C0, DEL, C1), the separators of lines and paragraphs, and
// the embeddings, overrides and isolates of bidirectional text
// (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters). It is
// spelled out because the tables of package unicode would make every guest larger.
func Steers(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// wrongText says what is wrong with texts that people read in one line, on
// terminals and in comments of SQL.
func wrongText(most int, texts ...string) string {
	for _, s := range texts {
		if len(s) > most {
			return "the text " + quote(s) + " has more than " + strconv.Itoa(most) + " bytes"
		}
		for _, r := range s {
			if Steers(r) {
				return "the text " + quote(s) + " has a control character, U+" + strconv.FormatInt(int64(r), 16)
			}
		}
	}
	return ""
}
