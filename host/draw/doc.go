// Package draw draws revisions: as lines of text as `git log --graph` does, as
// DOT, as Mermaid and as SVG.
//
//	chain.Graph ─ Of ─→ Picture ─ Text, DOT, Mermaid, SVG ─→ bytes
//
// A Picture is what is drawn, whatever the form: the chosen revisions, what they
// revise and depend on, what the database has of them, and, where the choice
// leaves some out, how many there are before and after it. A layout gives each
// branch a column; text and SVG share it.
//
// What the package promises: it is pure, the same picture gives the same bytes,
// and nothing that a name holds is taken for markup or steers a terminal. The
// SVG loads nothing from anywhere.
package draw
