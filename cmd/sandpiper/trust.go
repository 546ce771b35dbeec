package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// A trustData is the data of trust add, list and revoke.
type trustData struct {
	File    string    `json:"file,omitempty"`    // where it was written
	Changed bool      `json:"changed,omitempty"` // it was written
	Keys    []keyJSON `json:"keys"`
}

type keyJSON struct {
	Name    string   `json:"name"`
	Key     string   `json:"key"`
	ID      string   `json:"id"`
	Revoked bool     `json:"revoked"`
	Plugins []string `json:"plugins,omitempty"` // that sandpiper.lock pins as signed with it
}

func newTrust(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Say whose signatures are trusted",
		Long: `Keeps the keys in [trust.NAME] of sandpiper.toml: a plugin that is signed with one of
them may be added, and updated, as what its signer made. See "sandpiper help trust".`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("trust takes add, list or revoke, and not %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.group(cmd, "add, list or revoke") },
	}
	for _, sub := range []*cobra.Command{newTrustAdd(a), newTrustList(a), newTrustRevoke(a)} {
		sub.Flags().SortFlags = false
		cmd.AddCommand(sub)
	}
	return cmd
}

// trusted reads the keys of the project, and which plugins are signed with them.
func (a *app) trusted() (trustData, error) {
	set, config, err := a.projectSettings()
	if err != nil {
		return trustData{}, err
	}
	keys, err := config.keys()
	if err != nil {
		return trustData{}, err
	}
	folder := set.lockFolder()
	if err := folder.ReadLock(); err != nil {
		return trustData{}, err
	}
	data := trustData{Keys: []keyJSON{}}
	for _, k := range keys {
		key := keyJSON{Name: k.Name, Key: k.Public.String(), ID: k.Public.ID(), Revoked: k.Revoked}
		for _, p := range folder.Lock.Plugins() {
			if p.Signer == key.Key {
				key.Plugins = append(key.Plugins, p.Line)
			}
		}
		data.Keys = append(data.Keys, key)
	}
	return data, nil
}
