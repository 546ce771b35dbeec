// Package sandbox runs guests: modules of WebAssembly that carry migrations.
//
// [New] makes a [Sandbox], which implements host.Sandbox. Load takes a module's
// bytes through four gates before any of it can run: its structure (package
// wasmfile), its imports and exports, the work that it would be to compile it, and
// the WebAssembly runtime's own validation. Anything wrong is a *host.GuestError
// of kind GuestRefused. What passes is metered (wasmfile.File.Meter). Run
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
//   - A run ends: by itself, by a trap, at a budget of [Options], or within 50 ms
//     of the end of its context, whatever it does: loops, recursion, work on all
//     of its memory, calls of the host. Every way out is nil or a *host.GuestError
//     that says which.
//   - What a run used is counted as fuel, and the same for the same guest that
//     gets the same answers.
//   - Guests that cannot run for long by themselves (wasmfile.File.Straight:
//     every migration written in SQL) are interpreted; all others begin so, are
//     compiled meanwhile, and are then started anew where that loses next to
//     nothing. What was compiled is kept in the user's cache folder.
//   - Compiling takes a bounded time, seconds at worst, and cannot be cut short in
//     the middle of a function, which is about half a second.
//
// Nothing else under host imports wazero.
package sandbox
