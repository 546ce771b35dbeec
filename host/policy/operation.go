package policy

import "github.com/sandpiper-db/sandpiper/sdk/schema"

// Operation gives the verdict on a schema operation, as data and before it is
// rendered: nil if it is allowed. SQL inside it, such as a default, is for the
// dialect to judge when it compiles it.
func (j *Judge) Operation(q schema.Request) *Refusal {
	return nil
}
