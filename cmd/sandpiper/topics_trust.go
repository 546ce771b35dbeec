package main

const trustText = `A module of somebody else's is only as good as whoever made it. Two things say who
that was: a signature beside the file, and the line of sandpiper.lock that pins it.

Keys and signatures are those of minisign, Ed25519 over the bytes of the module, which
hold its line, version, ABI and capabilities. "minisign -Vm" verifies what "sandpiper
sign" wrote, and a runner takes what "minisign -Sm" wrote.

The vendor, once:          sandpiper keygen acme
                           gives away acme.pub, on its site and not with the module
for each version:          sandpiper sign acme.wasm -k acme.key
                           ships acme.wasm and acme.wasm.minisig
The operator, once:        sandpiper trust add acme acme.pub
for each version:          sandpiper verify acme.wasm
                           sandpiper plugin add, or plugin update

The signature's trusted comment says what was signed:

  sandpiper line=acme version=1.2.0 digest=sha256:… abi=1.0 capabilities=sha256:…

It has to be so of the module. Comments that minisign writes by itself say nothing,
and count for nothing. A version is written as in a URL, "-" if there is none.

Before anything of a plugin runs:

  the signature is not of this module, or was edited    refused, always
  its key is revoked                                    refused, always
  the lock pins another module, or other grants         refused: plugin update
  the lock pins this module                             runs, signed or not
  not pinned, and signed by nobody who is trusted       refused: plugin add shows it,
                                                        and asks
When a key gets into other hands, or its owner says so:

  sandpiper trust revoke acme

The key stays in sandpiper.toml. What it signed is refused from then on, with or
without its .minisig file: the lock remembers whose key it was. Get the module signed
with another key. If it cannot be had, and you have read it, remove its .minisig file
and pin it as signed by nobody, with "sandpiper plugin update acme".

For machines: SANDPIPER_KEY_PASSWORD has the password of the key, or "keygen
--no-password" makes a key without one. "sandpiper verify --offline" in CI compares
the plugins of sandpiper.toml with sandpiper.lock, as a run does.`
