// Package sandbox runs guests: modules of WebAssembly that carry migrations.
//
// [New] makes a [Sandbox], which implements host.Sandbox. Load takes a module's
// bytes through three gates before any of it can run: its structure (package
// wasmfile), its imports and exports, and the WebAssembly runtime's own
// validation. Anything wrong is a *host.GuestError of kind GuestRefused. Run
// makes a fresh instance, calls sandpiper_run, and throws the instance away
// whatever happened.
//
// While it runs, a guest can do one thing: call the functions of ABI.md,
// sections 3 and 7. They check every pointer, count what is used up, and hand
// the rest to host.Calls:
//
//	guest memory → [pointer checked] → text, rowset → host.Calls → the engine
//	guest memory ← [size checked]    ← rows, documents, errno ←
//
// What it promises:
//
//   - A guest reaches nothing but those functions: no files, no network, no
//     environment, no real clock, no real randomness. Two runs with the same
//     answers make the same calls.
//   - A run ends: by itself, by a trap, at a budget of [Options], or with its
//     context. Every way out is nil or a *host.GuestError that says which.
//   - Guests that cannot run for long by themselves (wasmfile.File.Straight:
//     every migration written in SQL) are interpreted; all others are compiled,
//     and what was compiled is kept in the user's cache folder.
//
// What it does not promise yet: recursion without loops is only ended by its
// own depth, and the time that compiling takes is not bounded.
//
// It is the only package that imports wazero.
package sandbox
