// Package trust says who signed a module, and whether that is enough to run it.
//
// Keys, secret keys and signatures are in minisign's formats, so that the
// minisign tool checks what Sandpiper signed, and Sandpiper what the tool signed
// (https://jedisct1.github.io/minisign/). A signature covers the bytes of the
// module, which hold its line, version, ABI and capabilities. One that was made by
// [Sign] says so once more in its trusted comment, where a person can read it
// ([Statement]); what it says there has to be so.
//
// [Check] is the verdict before anything runs. It is pure: the module, the
// signature beside it, the keys of sandpiper.toml and the line of sandpiper.lock
// go in, and who signed comes out, or an [Error] that says what to do. A
// signature that is not of the module is refused whatever else holds; no
// signature, or that of a stranger, is refused unless the lock pins the module's
// digest, which a person then has accepted; and a revoked key counts for what is
// pinned, too.
package trust
