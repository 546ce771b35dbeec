// Package abi is the contract between Sandpiper's host and its guests, as code.
//
// The contract itself is ABI.md, beside this file; the package follows it and
// adds nothing. It is the one codec there is: the host decodes what a guest
// sends with the same functions that the Go SDK encodes it with, and the other
// way round. Guests in other languages are held to testdata/vectors.json, which
// says the same as data: bytes, and the value or the refusal they stand for.
//
// Two kinds of things cross the boundary. Rows and parameters are binary and
// fast: [AppendColumns] and [AppendRow] write them, [DecodeColumns], [DecodeRow]
// and [RowReader] read them. Everything else is a small JSON document:
// [Context], [ErrorDocument] and [Manifest], each with an Append and a Decode
// function.
//
// What it promises:
//
//   - Append functions append to a slice and give it back, so that a buffer is
//     reused from row to row. On an error the slice comes back as it was.
//   - Decode functions trust nothing. Every length is checked before it is
//     used, what ABI.md does not allow is refused with a [*MalformedError], and
//     memory is bounded by a small constant times the input.
//   - Decoded rows point into the buffer they were decoded from; documents do
//     not.
//   - The same input gives the same bytes, always.
//
// The package is linked into guests, where size counts: it uses no reflection,
// neither fmt nor encoding/json, and has no state.
package abi
