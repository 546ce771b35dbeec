package chain

import (
	"fmt"
	"slices"
	"strings"
)

// phases are the phases of an upgrade, in the order in which it may have them.
var phases = []string{"expand", "backfill", "contract"}

// CheckPhase says what keeps a phase from beginning after others have, whose names
// are given; first says that nothing stands before it.
func CheckPhase(name string, before []string, first bool) error {
	at := slices.Index(phases, name)
	if at < 0 {
		return fmt.Errorf("%q is no phase: they are %s", name, strings.Join(phases, ", "))
	}
	for _, other := range before {
		if other == name {
			return fmt.Errorf("phase %s has begun before: each comes once", name)
		}
		if slices.Index(phases, other) > at {
			return fmt.Errorf("phase %s after phase %s: the order is %s", name, other, strings.Join(phases, ", "))
		}
	}
	if at == 0 && !first {
		return fmt.Errorf("phase %s below what is of it already: what stands before the first phase is of %s; put the phase above it, or leave it out", name, name)
	}
	return nil
}

// phaseMarker acts on "-- +phase …".
func (p *fileParser) phaseMarker(args []string, line int) error {
	switch {
	case len(args) != 1:
		return fmt.Errorf("write %s behind +phase", strings.Join(phases, ", "))
	case p.here().direction != Upgrade:
		return fmt.Errorf("a phase in a downgrade, which has none: it undoes the whole migration")
	case p.backfill != nil:
		return fmt.Errorf(`inside the backfill at line %d: put "-- +backfill end" above it`, p.backfill.options.Line)
	case p.autocommit != 0:
		return fmt.Errorf("inside the autocommit section at line %d: end it before", p.autocommit)
	}
	var before []string
	for _, name := range phases {
		if p.mentions[mention{p.here(), "phase " + name}] > 0 {
			before = append(before, name)
		}
	}
	if err := CheckPhase(args[0], before, !p.here().mine || len(p.loose)+len(p.upgrade) == 0); err != nil {
		return err
	}
	p.mention("phase "+args[0], line)
	p.add(Item{Kind: ItemPhase, Statement: Statement{Line: line}, Phase: args[0]})
	return nil
}
