package main

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// plain is a text of a stranger's within a line of ours: quoted where it holds
// what could pass for more than itself, such as a line break, a control character,
// or one that turns the direction of writing.
func plain(s string) string {
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// unsigned stands for the signer of a module that nobody signed.
const unsigned = "nobody"

// grantsWords is what the ledger has of a plugin's grants, in words.
func grantsWords(document string) string {
	if document == "" {
		return ""
	}
	c, err := abi.DecodeCapabilities([]byte(document))
	if err != nil {
		return plain(document)
	}
	return policy.Brief(*c)
}
