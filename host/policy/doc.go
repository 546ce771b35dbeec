// Package policy says what a plugin may do: its grants, and the verdict on what
// a statement or a schema operation would do. It is pure: it parses no SQL and
// knows no database.
//
//	statement ─ parser or authorizer of the dialect ─ Facts ─ Judge.Check ─ *Refusal, or nil
//
// Everything is allowed by list. What no grant and no list names is refused, with
// the capability that is missing, in words that a vendor can act on.
package policy
