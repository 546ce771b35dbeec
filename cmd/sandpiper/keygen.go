package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

// A keygenData is the data of keygen.
type keygenData struct {
	Secret    string `json:"secret"` // files
	Public    string `json:"public"`
	Key       string `json:"key"` // the public one
	ID        string `json:"id"`
	Encrypted bool   `json:"encrypted"`
}

func newKeygen(a *app) *cobra.Command {
	var noPassword, force bool
	cmd := &cobra.Command{
		Use:   "keygen [NAME]",
		Short: "Make a key to sign modules with",
		Long: `Makes a key: NAME.key, which signs and is to be kept secret, and NAME.pub, which is
given away ("sandpiper" if NAME is left out). Both are files of minisign, which can
use them as well. The secret key is encrypted with a password, from the terminal or
from SANDPIPER_KEY_PASSWORD; deriving the key from it takes seconds and 1 GiB of
memory, here and in "sandpiper sign". --no-password leaves it as it is, for machines
that keep secrets themselves.`,
		Example: `  sandpiper keygen acme
  SANDPIPER_KEY_PASSWORD=… sandpiper keygen acme`,
		Args: arguments(0, 1, "one NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := argument(args, "sandpiper")
			secret, public := name+".key", name+".pub"
			for _, file := range []string{secret, public} {
				if err := author.MayWrite(file, force); err != nil {
					return keyThere(err)
				}
			}
			password := ""
			if !noPassword {
				var err error
				if password, err = a.password(cmd.Context(), secret, true); err != nil {
					return err
				}
				if password == "" {
					return usage("give it one, or say --no-password", "an empty password protects nothing")
				}
			}
			key, err := trust.GenerateKey()
			if err != nil {
				return err
			}
			text, err := key.File(password)
			if err != nil {
				return err
			}
			if err := author.WriteKeys(secret, text, public, key.Public().File(), force); err != nil {
				return keyThere(err)
			}
			data := keygenData{filepath.ToSlash(secret), filepath.ToSlash(public), key.Public().String(), key.Public().ID(), password != ""}
			a.result(data, func(w io.Writer) {
				fmt.Fprintf(w, "wrote %s: keep it secret, and out of version control\nwrote %s: give it away; the key is %s\n", data.Secret, data.Public, data.Key)
			})
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&noPassword, "no-password", false, "do not encrypt the secret key")
	f.BoolVar(&force, "force", false, "write over keys that are there, which are lost")
	return cmd
}

// keyThere says what to do where a key is there already.
func keyThere(err error) error {
	var exists *author.ExistsError
	if errors.As(err, &exists) && exists.What == "" {
		return usage("give the new one another NAME; with --force the key that is there is lost", "%w", err)
	}
	return authoring(err)
}
