package main

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// literals writes parameters for people, in a form near SQL's.
func literals(params []abi.Value) []string {
	var out []string
	for _, v := range params {
		out = append(out, host.Literal(v))
	}
	return out
}

// oneLine keeps a text inside a comment.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
