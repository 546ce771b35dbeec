package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	// A call lives for milliseconds, or waits for the database: collecting
	// garbage at every 4 MiB is a fifth of the time that reading a thousand
	// migrations takes. One that still works after a while moves rows, for which it
	// needs no more memory than any program. GOGC still has its way.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
		time.AfterFunc(lavish, func() { debug.SetGCPercent(100) })
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// lavish is for how long memory matters less than time.
const lavish = 300 * time.Millisecond

// run is one call of the command line. It returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{Writer: stdout}
	a := &app{stdin: stdin, stdout: out, stderr: stderr}
	ctx, stop := a.interrupts(context.Background())
	defer stop()
	root := newRoot(a)
	root.SetArgs(negativeTargets(root, args))
	// Flags are read in order: without this, a mistake before --json would be
	// reported in the other form.
	options, _, _ := cutDashes(args)
	a.flags.json = slices.Contains(options, "--json")

	cmd, err := root.ExecuteContextC(ctx)
	a.command = strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), root.Name()), " ")
	return a.delivered(a.finish(err), out.err)
}

var negative = regexp.MustCompile(`^-[0-9]+$`)

// negativeTargets moves targets such as -1 behind a "--", where they are not
// taken for flags, so that "downgrade -1 --yes" works as it does in Alembic. The
// value of a flag stays where it is.
func negativeTargets(root *cobra.Command, args []string) []string {
	if len(args) > 0 && strings.HasPrefix(args[0], "__complete") {
		return args
	}
	options, rest, dashes := cutDashes(args)
	cmd, _, err := root.Find(options)
	if err != nil {
		return args // it is told by whoever reads the arguments next
	}
	var kept, targets []string
	for i, arg := range options {
		if negative.MatchString(arg) && (i == 0 || !wantsValue(cmd, options[i-1])) {
			targets = append(targets, arg)
		} else {
			kept = append(kept, arg)
		}
	}
	if len(targets) == 0 && !dashes {
		return args
	}
	return slices.Concat(kept, []string{"--"}, targets, rest)
}

// wantsValue reports whether an argument is a flag whose value comes next.
func wantsValue(cmd *cobra.Command, arg string) bool {
	var flag *pflag.Flag
	if name, long := strings.CutPrefix(arg, "--"); long {
		flag = cmp.Or(cmd.Flags().Lookup(name), cmd.InheritedFlags().Lookup(name))
	} else if len(arg) > 1 && arg[0] == '-' {
		letter := arg[len(arg)-1:] // of several in one argument, the last has the value
		flag = cmp.Or(cmd.Flags().ShorthandLookup(letter), cmd.InheritedFlags().ShorthandLookup(letter))
	}
	return flag != nil && flag.NoOptDefVal == ""
}

// cutDashes cuts the arguments at the first "--".
func cutDashes(args []string) (before, after []string, found bool) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:], true
	}
	return args, nil, false
}
