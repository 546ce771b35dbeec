// Package source reads the files that migrations are written in, and says what
// the modules made of them hold.
//
//	.sql ──────── chain.Parse ─────────────┐
//	.yaml ─ yaml ─ schema.Decode, Reverse ─┴─ chain.File ─ Step, Revision ─ wasmfile.Assemble
//
// Whatever the form, a file comes out as a chain.File: SQL as statements, YAML
// as the documents of schema operations. Header reads no more than the top of a
// file, and Reparent writes another parent there. It touches no database and runs
// nothing; it is the only importer of the YAML library.
package source
