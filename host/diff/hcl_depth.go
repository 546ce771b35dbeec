package diff

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// What the HCL library reads it reads recursively: a text that nests deeply
// enough ends the whole process, since Go cannot recover from a stack that is
// full. A schema that a person writes has a few thousand lines, and nests three
// or four deep.
const (
	maxHCL      = 2 << 20
	maxHCLDepth = 5000
)

// shallow returns an error, with its place, where the tree of a text may be deeper
// than the library can bear. It counts what is open and, in each of these, what
// stands there since the last comma or end of a line, whatever that is: an
// operator nests all that is before it.
func shallow(file string, text []byte) error {
	if len(text) > maxHCL {
		return fmt.Errorf("%s: it has %d bytes: of HCL at most %d MiB are read", file, len(text), maxHCL>>20)
	}
	tokens, _ := hclsyntax.LexConfig(text, file, hcl.InitialPos) // the parser tells of what is wrong with them
	levels, depth := []int{0}, 0
	for _, t := range tokens {
		top := &levels[len(levels)-1]
		switch t.Type {
		case hclsyntax.TokenComma, hclsyntax.TokenNewline:
			depth -= *top
			*top = 0
			continue
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			levels = append(levels, 0)
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			if len(levels) > 1 {
				depth -= *top
				levels = levels[:len(levels)-1]
				continue
			}
		}
		levels[len(levels)-1]++
		if depth++; depth > maxHCLDepth {
			return fmt.Errorf("%s:%d:%d: it nests too deeply to be read", file, t.Range.Start.Line, t.Range.Start.Column)
		}
	}
	return nil
}
