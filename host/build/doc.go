// Package build makes modules: one self-contained .wasm file with its manifest,
// from a folder of migration files or from a plugin's source.
//
//	folder of files ─ source.Parse ─ wasmfile.Assemble ───────────┐
//	Go package ─ go build ─┐                                      ├─ Module
//	.wasm of any language ─┴─ Describer (sandbox) ─ its manifest ─┘
//
// It promises that the same input and toolchain give the same bytes, that what
// it returns has passed the checks the runner makes (the structure of the file,
// imports and exports, a manifest, revisions that make a chain), and that no
// guest code runs outside the sandbox. Go's compiler is the one program it
// starts.
package build
