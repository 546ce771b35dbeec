package main

import (
	"github.com/sandpiper-db/sandpiper/sdk/json"
	"github.com/sandpiper-db/sandpiper/sdk/sha256"
)

// references are the members of a schema that say which other schemas it has
// found. They are no part of what it is.
const references = "block_schema_references"

// checksum returns what the program that reads the table makes of a schema's
// fields, in Python:
//
//	text = json.dumps(((remove_keys(["block_schema_references"], fields),), {}), sort_keys=True)
//	"sha256:" + hashlib.sha256(text.encode()).hexdigest()
func checksum(fields []byte) (string, error) {
	// Python and jsonb take the last of two members with one name.
	v, err := json.Options{Repeated: json.RepeatedLast}.Parse(fields)
	if err != nil {
		return "", err
	}
	remove(v, references)
	arguments := json.Array(json.Array(v), json.Object())
	return "sha256:" + sha256.Sum(arguments.AppendPython(nil)).String(), nil
}

// remove takes a member out of an object and out of whatever is in it.
func remove(v *json.Value, name string) {
	v.Delete(name)
	for _, member := range v.Members() {
		remove(member, name)
	}
	for _, item := range v.Items() {
		remove(item, name)
	}
}
