//go:build !unix

package sandbox

import (
	"errors"

	"github.com/tetratelabs/wazero/experimental"
)

func reserve(_, _ uint64) (experimental.LinearMemory, error) { return nil, errors.ErrUnsupported }
