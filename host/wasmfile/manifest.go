package wasmfile

import (
	"fmt"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Manifest returns what the module says of itself (ABI.md, section 6.3). It
// returns ErrNoManifest if there is none, and an *ABIError if the module is made
// for a newer version of the ABI, whose manifest may say things that this host
// does not know.
func (f *File) Manifest() (abi.Manifest, error) {
	if err := f.checkVersion(); err != nil {
		return abi.Manifest{}, err
	}
	found := f.Custom(abi.ManifestSection)
	switch len(found) {
	case 0:
		return abi.Manifest{}, ErrNoManifest
	case 1:
	default:
		return abi.Manifest{}, fmt.Errorf("the module has %d manifests; exactly one is allowed", len(found))
	}
	m, err := abi.DecodeManifest(found[0])
	if err != nil {
		return abi.Manifest{}, err
	}
	if newer(m.ABI, abi.Version) {
		return abi.Manifest{}, &ABIError{Needs: m.ABI, Has: abi.Version}
	}
	return *m, nil
}

// AppendManifest returns the module with the manifest as its last section. A
// manifest that the module had before is replaced.
func AppendManifest(module []byte, m abi.Manifest) ([]byte, error) {
	f, err := Open(module)
	if err != nil {
		return nil, err
	}
	document, err := manifestDocument(m)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(module)+len(document)+64), magic...)
	for _, s := range f.sections {
		if s.id != sectionCustom || s.name != abi.ManifestSection {
			out = append(out, f.b[s.start:s.tail]...)
		}
	}
	return appendManifest(out, document), nil
}

// manifestDocument validates a manifest and writes it.
func manifestDocument(m abi.Manifest) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	document := abi.AppendManifest(nil, &m)
	if len(document) > abi.MaxManifest {
		return nil, fmt.Errorf("a manifest of %d bytes is more than the limit of %d", len(document), abi.MaxManifest)
	}
	return document, nil
}

func appendManifest(module, document []byte) []byte {
	return appendSection(module, sectionCustom, append(appendName(nil, abi.ManifestSection), document...))
}
