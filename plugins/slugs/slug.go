package main

import (
	"strconv"
	"strings"
)

// fallback is the slug of a name without a letter or a digit.
const fallback = "deployment"

// plain spells the letters of Western European languages in ASCII.
var plain = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "å", "a", "ä", "ae", "æ", "ae", "ç", "c",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n",
	"ò", "o", "ó", "o", "ô", "o", "õ", "o", "ø", "o", "ö", "oe", "œ", "oe", "ß", "ss",
	"ù", "u", "ú", "u", "û", "u", "ü", "ue", "ý", "y", "ÿ", "y",
)

// slugify returns the name in lower case, with letters and digits only and a
// hyphen for whatever is between them.
func slugify(name string) string {
	var b strings.Builder
	for _, c := range plain.Replace(strings.ToLower(name)) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	slug := strings.TrimSuffix(b.String(), "-")
	if slug == "" {
		return fallback
	}
	return slug
}

// slugs are the slugs that are taken, with the number of the last one that was
// made from each.
type slugs map[string]int

// take returns the slug, or the slug with the first number that makes it unique.
func (s slugs) take(slug string) string {
	n, again := s[slug]
	if !again {
		s[slug] = 1
		return slug
	}
	for {
		n++
		candidate := slug + "-" + strconv.Itoa(n)
		if _, ok := s[candidate]; !ok {
			s[slug], s[candidate] = n, 1
			return candidate
		}
	}
}
