package sdk

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// A Phase is a part of a migration that an operator may stop after, so that
// programs old and new can run until the next one (ABI.md, section 9).
type Phase = abi.Phase

// The phases, in the order in which a migration may have them.
const (
	PhaseExpand   = abi.PhaseExpand   // what old and new programs can both live with
	PhaseBackfill = abi.PhaseBackfill // the data
	PhaseContract = abi.PhaseContract // what only new programs can live with
)

// Phase begins a phase: what ran before it is committed. Where the operator has
// asked to stop before it (upgrade --phase), it returns an error, which the
// migration returns; a later run goes on from here. As before a section, nothing
// may be queried before it but in sections and backfills.
func (tx *Tx) Phase(p Phase) error {
	err := tx.unflushed("a phase")
	if err == nil {
		err = tx.backend.Phase(p)
	}
	if err != nil {
		tx.owe(&err)
	}
	return err
}
