package main

const pluginsText = `A plugin is a module of somebody else's, with a line of its own. It can do what it
is granted and nothing else: its code is checked and metered, each statement that it
sends is judged, and on PostgreSQL it runs as a role of its own. It runs in a process
of its own, which has limits of memory, time and files and is killed when its time is
over; only with sqlite::memory: it runs in that of the call. What is in versions/, and
a module that --dir names, is the project's own and is not limited.

The operator:

  sandpiper inspect acme.wasm            what is in it; nothing runs
  sandpiper trust add alice alice.pub    whose signatures are trusted
  sandpiper plugin add acme.wasm         shows what it asks for, asks, and writes
                                         [plugins.acme] and a line of sandpiper.lock
  sandpiper upgrade                      runs it with the rest; or acme@head alone
  sandpiper plugin list                  what is granted, and what is asked beyond
  sandpiper plugin update acme           takes a new file; shows what more it asks
  sandpiper audit                        what plugins did here, and whether the
                                         modules at hand are those that ran
  sandpiper downgrade acme@base          undoes it, and then
  sandpiper plugin remove acme           takes it out; --purge drops what it owns

  [plugins.acme]
  module = "plugins/acme.wasm"           # relative to the file
  owns = ["acme_*"]                      # tables and views it may make, and then do
                                         # anything with: names, or prefixes and *
  uses = [{table = "flow_run", verbs = ["select"], columns = ["id", "name"]}]
                                         # select, insert, update, delete; all columns
                                         # if none are named
  functions = ["similarity"]             # beyond those that all may call
  shared = true                          # its tables beside those of others; without
                                         # it, it has a schema on PostgreSQL
  rows = 1000000                         # limits of one migration: rows written,
  seconds = 300                          # time, fuel (about instructions), and the
  fuel = 100000000000                    # memory of the module
  memory_mib = 64
  role = "acme_role"                     # PostgreSQL: an existing role to run it as,
  without_role = true                    # or none, where the server gives no roles
                                         # (also --without-role)

It reads what is granted by statements, and not by a view: like a foreign key to a
table that is not the plugin's, a view of one would keep that table from being
changed, and is refused.

Grant less by editing this and running "sandpiper plugin update acme": sandpiper.lock
pins module and grants together, and a run refuses what is not pinned. A plugin that
is granted less than it asks for runs until it needs the rest; the error then says
which grant was missing for which statement. Where two plugins own patterns that a
name fits, the longer one has it.

  [trust.alice]
  key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

The vendor:

  [capabilities]                         # in the sandpiper.toml beside versions/, with
  owns = ["acme_*"]                      # the keys of [plugins.acme]; in Go: sdk.Ask

  sandpiper build . --line acme --version 1.2.0 -o acme.wasm
  sandpiper sign acme.wasm -k acme.key   writes acme.wasm.minisig, to ship beside it

Ask for little: the operator reads all of it. A new version that asks for no more is
taken without a question.`
