package wasmfile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// magic is what every module begins with: "\0asm" and version 1 (section 5.5.16).
var magic = []byte("\x00asm\x01\x00\x00\x00")

// signatures are the beginnings of files that people take for modules.
var signatures = []struct{ prefix, looks string }{
	{"\x00asm\x0d\x00\x01\x00", "a WebAssembly component, which Sandpiper does not run: build a core module (for Go: GOOS=wasip1 GOARCH=wasm)"},
	{"\x7fELF", "a native program (ELF): was it built with GOOS=wasip1 GOARCH=wasm?"},
	{"\xcf\xfa\xed\xfe", "a native program (Mach-O): was it built with GOOS=wasip1 GOARCH=wasm?"},
	{"MZ", "a native program (Windows): was it built with GOOS=wasip1 GOARCH=wasm?"},
	{"!<arch>\n", "an archive (ar), as `go build` makes of a package that is not main"},
	{"SQLite format 3\x00", "a SQLite database"},
	{"\x1f\x8b", "a gzip file: unpack it first"},
	{"\x28\xb5\x2f\xfd", "a zstd file: unpack it first"},
	{"BZh", "a bzip2 file: unpack it first"},
	{"\xfd7zXZ\x00", "an xz file: unpack it first"},
	{"PK\x03\x04", "a zip file: unpack it first"},
	{"version https://git-lfs", "a Git LFS pointer: run `git lfs pull`"},
	{"(module", "WebAssembly text: assemble it first, with wat2wasm"},
}

// looksLike says what a file that is not a module looks like.
func looksLike(b []byte) string {
	if len(b) == 0 {
		return "an empty file"
	}
	if len(b) < len(magic) && bytes.HasPrefix(magic, b) {
		return "a WebAssembly module that is cut short"
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b, []byte(s.prefix)) {
			return s.looks
		}
	}
	if bytes.HasPrefix(b, magic[:4]) {
		return "WebAssembly of a version that is not 1"
	}
	return looksLikeText(b)
}

func looksLikeText(b []byte) string {
	head := b[:min(len(b), 512)]
	if bytes.IndexByte(head, 0) >= 0 || (len(head) == len(b) && !utf8.Valid(head)) {
		return "binary data of another kind"
	}
	text := strings.ToLower(strings.TrimSpace(string(head)))
	switch {
	case strings.HasPrefix(text, "(module") || strings.HasPrefix(text, ";;"):
		return "WebAssembly text: assemble it first, with wat2wasm"
	case strings.HasPrefix(text, "<!doctype") || strings.HasPrefix(text, "<html"):
		return "an HTML page: was it downloaded from a page that asks to log in?"
	}
	for _, word := range []string{"--", "/*", "create", "alter", "insert", "update", "delete", "drop", "select", "begin", "pragma", "with"} {
		if strings.HasPrefix(text, word) {
			return "SQL text: name it .sql"
		}
	}
	return "text"
}
