package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/trust"
)

// A signData is the data of sign.
type signData struct {
	File      string `json:"file"`
	Signature string `json:"signature"` // its file
	Key       string `json:"key"`       // the public one
	Statement string `json:"statement"`
	Changed   bool   `json:"changed"` // the file was written
}

func newSign(a *app) *cobra.Command {
	var keyFile string
	var force bool
	cmd := &cobra.Command{
		Use:   "sign FILE.wasm -k NAME.key",
		Short: "Sign a module, for those who run it as a plugin",
		Long: `Writes FILE.wasm.minisig, to ship beside the module. It is a signature of minisign
("minisign -Vm FILE.wasm -P KEY" verifies it) of all bytes of the module; its trusted
comment says line, version, digest, ABI and the digest of the capabilities once more,
where people read it. The same module and key make the same file. A module that no
runner would load is not signed.

The password of the key is asked for at the terminal, or is in
SANDPIPER_KEY_PASSWORD.`,
		Example: `  sandpiper sign acme.wasm -k acme.key
  sandpiper verify acme.wasm --key acme.pub`,
		Args: arguments(1, 1, "one FILE.wasm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if keyFile == "" {
				return usage("`sandpiper keygen` makes one", "sign needs -k, the file of a secret key")
			}
			return a.sign(cmd.Context(), args[0], keyFile, force)
		},
		ValidArgsFunction: completeModules,
	}
	f := cmd.Flags()
	f.StringVarP(&keyFile, "key", "k", "", "the `file` of the secret key")
	f.BoolVar(&force, "force", false, "write over a signature that is there")
	_ = cmd.MarkFlagFilename("key", "key")
	return cmd
}

func completeModules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"wasm"}, cobra.ShellCompDirectiveFilterFileExt
}

// sign signs a module. Whatever can be wrong is found before it asks for the
// password.
func (a *app) sign(ctx context.Context, name, keyFile string, force bool) error {
	m, err := openModule(name)
	if err != nil {
		return err
	}
	if err := m.checkCode(); err != nil {
		return err
	}
	was, err := signature(name)
	if err != nil && !force {
		return err
	}
	// Whether it is this signature that is there already is only known with the key.
	if err := author.MayWrite(name+trust.Extension, force || was != nil); err != nil {
		return authoring(err)
	}
	key, err := a.secretKey(ctx, keyFile)
	if err != nil {
		return err
	}
	text, err := trust.Sign(m.file, key)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	data := signData{File: filepath.ToSlash(name), Signature: filepath.ToSlash(name + trust.Extension), Key: key.Public().String(), Changed: !bytes.Equal(was, text)}
	if data.Statement, err = trust.Statement(m.file); err != nil {
		return err
	}
	if data.Changed {
		if err := author.WriteFile(name+trust.Extension, text, force); err != nil {
			return authoring(err)
		}
	}
	a.result(data, func(w io.Writer) {
		if !data.Changed {
			fmt.Fprintf(w, "%s is there already: nothing to do\n", data.Signature)
			return
		}
		fmt.Fprintf(w, "wrote %s\n  key   %s\n  says  %s\n", data.Signature, data.Key, data.Statement)
	})
	return nil
}

// secretKey reads a secret key, and asks for its password if it has one.
func (a *app) secretKey(ctx context.Context, file string) (trust.SecretKey, error) {
	text, err := readBounded(file, trust.MaxKeyFile)
	if err != nil {
		return trust.SecretKey{}, usage("", "the key cannot be read: %w", err)
	}
	password := ""
	if trust.Encrypted(text) {
		if password, err = a.password(ctx, file, false); err != nil {
			return trust.SecretKey{}, err
		}
	}
	key, err := trust.ParseSecretKey(text, password)
	switch {
	case errors.Is(err, trust.ErrPassword):
		return key, usage("nothing was signed; where the password is right, the key is damaged", "%s: %w", file, err)
	case err != nil:
		return key, usage("nothing was signed", "%s: %w", file, err)
	}
	return key, nil
}
