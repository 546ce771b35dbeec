package sdk

import "strings"

const hexDigits = "0123456789abcdef"

// Hex returns bytes as hex digits, in lower case.
func Hex(b []byte) string { return string(appendHex(make([]byte, 0, 2*len(b)), b)) }

func appendHex(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

// ParseHex reads hex digits, in lower or upper case. ok is false where something
// else is among them, or half a byte at the end.
func ParseHex(text string) (b []byte, ok bool) {
	if len(text)%2 != 0 {
		return nil, false
	}
	b = make([]byte, len(text)/2)
	for i := range len(text) {
		c := text[i]
		if c >= 'A' && c <= 'F' {
			c += 'a' - 'A'
		}
		digit := strings.IndexByte(hexDigits, c)
		if digit < 0 {
			return nil, false
		}
		b[i/2] = b[i/2]<<4 | byte(digit)
	}
	return b, true
}

// UUIDText returns the text of a uuid, such as
// 00112233-4455-6677-8899-aabbccddeeff.
func UUIDText(id [16]byte) string { return uuidText(id[:]) }

func uuidText(id []byte) string {
	b := make([]byte, 0, 36)
	for i := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = appendHex(b, id[i:i+1])
	}
	return string(b)
}

// ParseUUID reads a uuid from 32 hex digits, with or without the four hyphens.
func ParseUUID(text string) (id [16]byte, ok bool) {
	if len(text) == 36 {
		if text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
			return id, false
		}
		text = text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	}
	b, ok := ParseHex(text)
	if !ok || len(b) != len(id) {
		return id, false
	}
	return [16]byte(b), true
}
