package sdk_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func TestHex(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	text := sdk.Hex(all)
	if want := hex.EncodeToString(all); text != want {
		t.Errorf("hex is %s, want %s", text, want)
	}
	for _, text := range []string{text, strings.ToUpper(text)} {
		if got, ok := sdk.ParseHex(text); !ok || !bytes.Equal(got, all) {
			t.Errorf("%s is read as %x, %t", text, got, ok)
		}
	}
	for _, text := range []string{"0", "0g", "g0", "0 ", "é", "\x00\x00", "0x"} {
		if got, ok := sdk.ParseHex(text); ok {
			t.Errorf("%q is read as %x", text, got)
		}
	}
}

func TestUUIDText(t *testing.T) {
	const text = "00112233-4455-6677-8899-aabbccddeeff"
	id := [16]byte{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	if got := sdk.UUIDText(id); got != text {
		t.Errorf("the text is %s, want %s", got, text)
	}
	for _, form := range []string{text, strings.ToUpper(text), strings.ReplaceAll(text, "-", "")} {
		if got, ok := sdk.ParseUUID(form); !ok || got != id {
			t.Errorf("%s is read as %x, %t", form, got, ok)
		}
	}
	for _, form := range []string{"", text[1:], text + "0", "0" + text[1:35] + "g", "{" + text[:34] + "}", strings.Replace(text, "-", "0", 1),
		"0011-22334455-6677-8899-aabbccddeeff", strings.Repeat("-", 36)} {
		if got, ok := sdk.ParseUUID(form); ok {
			t.Errorf("%q is read as %x", form, got)
		}
	}
}
