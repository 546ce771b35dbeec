#!/bin/sh
# Assembles every .wat in this folder with wat2wasm (package wabt), and writes
# down what was made of what, so that a test notices a .wasm that is out of date.
set -eu
cd "$(dirname "$0")"
rm -f ./*.wasm
for wat in *.wat; do
	# shellcheck disable=SC2046 # flags are words
	wat2wasm $(sed -n 's/^;; flags: //p' "$wat") "$wat" -o "${wat%.wat}.wasm"
done
sha256sum ./*.wat ./*.wasm | sed 's|\./||' >SHA256SUMS
