// Package wasmfile reads, checks and writes WebAssembly modules as files. It
// runs nothing.
//
// A module arrives as bytes from somebody else. [Open] walks its sections and
// checks every count and every length against the bytes that are there, so that
// what decodes the module later (package sandbox gives it to wazero) cannot be
// made to allocate or to loop by a number in a header: fifteen bytes with a
// count of 2³²-1 are enough to end a process otherwise. What is read on the way
// answers the questions that are asked before anything runs: what the module
// imports and exports, how much memory it wants, its manifest, its digest, and
// whether all of that is what ABI.md allows ([File.Check]).
//
// Before a module is compiled, [File.CheckCode] reads every instruction and
// refuses what a compiler would take too long for: the work grows with the square
// of some things, and a few KB are enough to keep it busy for minutes.
// [File.Meter] then rewrites the module so that it pays fuel for what it does and
// calls the host when that is used up, so that a guest can be ended, and what it
// did be measured. [File.Runnable] gives a module as it is, without the custom
// sections, which nothing needs and much can be wrong with; that is enough where
// [File.Straight] tells that the module is of the simple kind that cannot loop.
//
// In the other direction, [Assemble] writes a module of that simple kind from
// SQL statements: their text as data segments, and one call per statement. So a
// migration written in SQL is a guest like any other. [AppendManifest] puts a
// manifest into a module.
//
// What it promises: no input makes it panic; time and memory are bounded by a
// small constant times the input; the same input gives the same bytes.
//
// References to the specification are to WebAssembly 2.0,
// https://www.w3.org/TR/wasm-core-2/.
package wasmfile
