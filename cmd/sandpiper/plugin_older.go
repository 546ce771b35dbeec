package main

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// older says what tells that a module comes before the one that is pinned, "" if
// nothing does. A database that is at a revision which only the later one has goes
// neither up nor down with it. was is where the pinned one was: if it is there
// still, its revisions tell for certain; a version is only what the vendor says.
func (p *installed) older(was string) string {
	if old, err := openModule(was); err == nil && old.file.Digest() == p.pin.Module {
		if lost := lacks(p.module.manifest, old.manifest); len(lost) > 0 {
			return fmt.Sprintf("it lacks %s, which the module that is pinned has: a database that is there goes neither up nor down with it", strings.Join(lost, ", "))
		}
	}
	now, before := "v"+p.module.manifest.Version, "v"+p.pin.Version
	if semver.IsValid(now) && semver.IsValid(before) && semver.Compare(now, before) < 0 {
		return fmt.Sprintf("it is version %s, and %s is pinned: a database that is at a revision of the later one goes neither up nor down with it",
			p.module.manifest.Version, p.pin.Version)
	}
	return ""
}

// lacks lists the revisions that a module had before, of any dialect, and has not
// now.
func lacks(now, before abi.Manifest) (lost []string) {
	for _, r := range before.Revisions {
		there := slices.ContainsFunc(now.Revisions, func(n abi.Revision) bool { return n.Dialect == r.Dialect && n.ID == r.ID })
		if key := (chain.Key{Line: before.Line, ID: r.ID}).String(); !there && !slices.Contains(lost, key) {
			lost = append(lost, key)
		}
	}
	return lost
}
