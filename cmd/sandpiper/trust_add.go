package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author/configfile"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

func newTrustAdd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "add NAME KEY|FILE.pub",
		Short: "Trust a key",
		Long: `Writes [trust.NAME] with a public key of minisign into sandpiper.toml: the key itself
(RWQ…), or a file with it. Get it from a place that whoever could change the module
cannot change, such as the vendor's site, and not from beside the module. A NAME has
one key; of a vendor with a new one both are trusted, by two names, until the old one
is revoked.`,
		Example: `  sandpiper trust add alice alice.pub
  sandpiper trust add acme RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3`,
		Args: arguments(2, 2, "NAME and KEY|FILE.pub"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			if !chain.ValidLine(name) {
				return usage("write letters, digits and, inside, . / - and _", "%q is not a name", name)
			}
			key, err := publicKey(args[1])
			if err != nil {
				return err
			}
			file, changed, err := a.editTrust(cmd.Context(), name, func(config configFile, keys []trust.Key) ([]configfile.Pair, error) {
				for _, k := range keys {
					same := k.Public.String() == key.String()
					switch {
					case same && k.Revoked:
						return nil, usage(fmt.Sprintf("where it was revoked by mistake, take `revoked = true` out of [trust.%s] of %s", k.Name, config.path), "that key is revoked: it was %s's", k.Name)
					case same && k.Name != name:
						return nil, usage("", "that key is trusted already, as %s", k.Name)
					case !same && k.Name == name:
						return nil, usage(fmt.Sprintf("give the new key another name; `sandpiper trust revoke %s` ends the old one", name), "%s has another key: %s", name, k.Public)
					}
				}
				return []configfile.Pair{{Key: "key", Value: key.String()}}, nil
			})
			if err != nil {
				return err
			}
			data := trustData{file, changed, []keyJSON{{Name: name, Key: key.String(), ID: key.ID()}}}
			a.result(data, func(w io.Writer) {
				if !changed {
					fmt.Fprintf(w, "%s is trusted already: nothing to do\n", name)
					return
				}
				fmt.Fprintf(w, "wrote %s: what is signed with %s is %s's\n", file, key, name)
			})
			return nil
		},
	}
}
