package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host/trust"
)

// A verifyModulesData is the data of verify for modules.
type verifyModulesData struct {
	Modules []moduleSignatureJSON `json:"modules"`
}

// A moduleSignatureJSON is who signed a module, or what is wrong with it.
type moduleSignatureJSON struct {
	File    string `json:"file"`
	Name    string `json:"name,omitempty"`
	Line    string `json:"line"`
	Version string `json:"version,omitempty"`
	Digest  string `json:"digest"`
	Signer  string `json:"signer,omitempty"`  // the name of the key in sandpiper.toml
	Key     string `json:"key,omitempty"`     // that signed it
	Comment string `json:"comment,omitempty"` // that was signed with it
	Fault   string `json:"fault,omitempty"`   // unsigned, unknown, revoked or bad
	Message string `json:"message,omitempty"`
	Next    string `json:"next,omitempty"`
}

// verifyModules says who signed modules. words are public keys; where there are
// none it is those of sandpiper.toml that count.
func (a *app) verifyModules(files, words []string) error {
	config, err := findConfig(a.flags.config, a.flags.dir)
	if err != nil {
		return err
	}
	keys, err := config.keys()
	if err == nil && len(words) > 0 {
		keys, err = givenKeys(words, keys)
	}
	if err != nil {
		return err
	}
	data := verifyModulesData{}
	bad := 0
	for _, file := range files {
		module, err := moduleSignature(file, keys)
		if err != nil {
			return err
		}
		if module.Fault != "" {
			bad++
		}
		data.Modules = append(data.Modules, module)
	}
	a.result(data, func(w io.Writer) {
		for _, m := range data.Modules {
			m.print(w)
		}
	})
	return problemsFound("verify", bad)
}

// givenKeys reads the keys of --key. One that sandpiper.toml has is called and
// trusted as it is there.
func givenKeys(words []string, known []trust.Key) (keys []trust.Key, err error) {
	for _, word := range words {
		public, err := publicKey(word)
		if err != nil {
			return nil, err
		}
		key := trust.Key{Public: public}
		for _, k := range known {
			if k.Public.String() == public.String() {
				key = k
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func moduleSignature(file string, keys []trust.Key) (moduleSignatureJSON, error) {
	m, err := openModule(file)
	if err != nil {
		return moduleSignatureJSON{}, err
	}
	text, err := signature(file)
	if err != nil {
		return moduleSignatureJSON{}, err
	}
	out := moduleSignatureJSON{File: filepath.ToSlash(file), Name: m.manifest.Name, Line: m.manifest.Line, Version: m.manifest.Version, Digest: m.file.Digest()}
	by, err := trust.Check(m.file, text, keys, nil)
	var why *trust.Error
	switch {
	case errors.As(err, &why):
		out.Fault, out.Message, out.Next = string(why.Fault), why.Msg, why.Next
	case err != nil:
		return out, err
	default:
		out.Signer, out.Key, out.Comment = by.Name, by.Key, by.Comment
	}
	return out, nil
}

// print prints it for people.
func (m moduleSignatureJSON) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n  %-7s %s, %s\n", m.File, "module", plain(title(m.Line, m.Version)), m.Digest)
	if m.Fault != "" {
		fmt.Fprintf(w, "  %-7s %s\n  %-7s %s\n", "refused", printable(m.Message), "next", m.Next)
		return
	}
	who := "with " + m.Key
	if m.Signer != "" {
		who = fmt.Sprintf("by %s, %s", plain(m.Signer), who)
	}
	fmt.Fprintf(w, "  %-7s %s\n  %-7s %s\n", "signed", who, "says", plain(m.Comment))
}
