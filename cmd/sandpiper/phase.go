package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// phaseNames are what --phase takes.
var phaseNames = []string{abi.PhaseExpand.String(), abi.PhaseBackfill.String(), abi.PhaseContract.String()}

// phaseFlag adds --phase to a command, and returns what reads it.
func phaseFlag(cmd *cobra.Command) func() (*abi.Phase, error) {
	var name string
	cmd.Flags().StringVar(&name, "phase", "", "stop where a migration has a later `phase`: expand, backfill or contract\n(see sandpiper help data)")
	_ = cmd.RegisterFlagCompletionFunc("phase", cobra.FixedCompletions(phaseNames, cobra.ShellCompDirectiveNoFileComp))
	return func() (*abi.Phase, error) {
		if !cmd.Flags().Changed("phase") {
			return nil, nil
		}
		phase, ok := abi.ParsePhase(name)
		if !ok {
			return nil, usage("they are "+strings.Join(phaseNames, ", "), "--phase %q is no phase", name)
		}
		return &phase, nil
	}
}

// A pausedJSON says where a run with --phase ended.
type pausedJSON struct {
	Revision string `json:"revision"`
	Line     string `json:"line"`
	Slug     string `json:"slug"`
	Phase    string `json:"phase"`            // the last one that was asked for
	Next     string `json:"next"`             // the one that comes next
	Behind   int    `json:"behind,omitempty"` // migrations that come after it, and were not run either
}

func pausedDocument(p *host.Paused) *pausedJSON {
	if p == nil {
		return nil
	}
	return &pausedJSON{p.Revision.ID, lineName(p.Revision.Line), p.Revision.Slug, p.Phase.String(), p.Next.String(), p.Behind}
}

// printPaused says where a run with --phase ended, and how it goes on.
func printPaused(w io.Writer, p *host.Paused) {
	behind := ""
	if p.Behind > 0 {
		behind = fmt.Sprintf("; %s behind it not run", count(p.Behind, "migration"))
	}
	fmt.Fprintf(w, "paused: %s goes on with phase %s%s\n", title(p.Revision.Key.String(), p.Revision.Slug), p.Next, behind)
	fmt.Fprintf(w, "next: sandpiper upgrade --phase %s\n", p.Next)
}

// A phaseJSON is a phase of a step, and what becomes of it.
type phaseJSON struct {
	Phase string `json:"phase"`
	State string `json:"state"` // done, runs or waits
}

func phaseDocuments(phases []host.StepPhase) []phaseJSON {
	var out []phaseJSON
	for _, p := range phases {
		out = append(out, phaseJSON{p.Phase.String(), string(p.State)})
	}
	return out
}

// phaseNote says what becomes of the phases of a step, if it has any.
func phaseNote(s host.Step) string {
	if len(s.Phases) == 0 {
		return ""
	}
	var words []string
	for _, p := range s.Phases {
		words = append(words, fmt.Sprintf("%s %s", p.Phase, p.State))
	}
	return "phases: " + strings.Join(words, ", ")
}

// printWaiting prints what a plan up to a phase leaves out.
func (a *app) printWaiting(w io.Writer, plan host.Plan, upTo abi.Phase) {
	if slices.ContainsFunc(plan.Steps, func(s host.Step) bool { return len(s.Phases) == 0 }) {
		fmt.Fprintln(w, "\na migration without phases runs whole; a module says where its phases begin when it runs")
	}
	if len(plan.Waiting) > 0 {
		fmt.Fprintf(w, "\nnot run, behind phase %s:\n", upTo)
		a.printSteps(w, plan.Waiting)
	}
}
