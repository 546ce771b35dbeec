package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/report"
)

// A recording is what a run leaves behind for people to read later: a page, the
// record that it is made of, or both.
type recording struct {
	page, file author.Kept
	recorder   *report.Recorder // nil: nobody asked
}

func (r *recording) flags(f *pflag.FlagSet) {
	r.page.Mark, r.file.Mark = report.PageMark, report.Mark
	f.StringVar(&r.page.Name, "report", "", "write what the run did to a `file`, as a page")
	f.StringVar(&r.file.Name, "record", "", "write what the run did to a `file`, as JSON")
}

// check sees that the files can be written, before anything runs.
func (r *recording) check(f *pflag.FlagSet) error {
	for _, c := range []struct {
		flag string
		kept author.Kept
		what string
	}{{"report", r.page, "report"}, {"record", r.file, "record of a run"}} {
		switch {
		case !f.Changed(c.flag):
		case c.kept.Name == "" || c.kept.Name == "-":
			return usage("", "--%s names no file", c.flag)
		default:
			if err := keepable(c.kept.Check(), c.what, ""); err != nil {
				return err
			}
		}
	}
	return apart(f, "dump", "report", "record")
}

// apart refuses flags that name one file: the second would find what the first has
// written, and it is not its own.
func apart(f *pflag.FlagSet, flags ...string) error {
	named := map[string]string{}
	for _, flag := range flags {
		if !f.Changed(flag) {
			continue
		}
		name := filepath.Clean(f.Lookup(flag).Value.String())
		if other := named[name]; other != "" {
			return usage("", "--%s and --%s name the same file, %s: each writes one of its own", other, flag, name)
		}
		named[name] = flag
	}
	return nil
}

// begin has a run recorded, if anybody asked.
func (r *recording) begin(cfg *host.Config, db host.Database, command, target string) {
	if r.page.Name == "" && r.file.Name == "" {
		return
	}
	r.recorder = report.NewRecorder(db, command, target, nil)
	cfg.Results, cfg.OnEvent = true, r.recorder.Event
}

// chainWithin is how long the ledger may take to say what of the chain is applied.
const chainWithin = 5 * time.Second

// end writes what was asked for, whatever became of the run, which ended with err.
func (r *recording) end(ctx context.Context, a *app, runner *host.Runner, result host.Result, err error) error {
	if r.recorder == nil {
		return err
	}
	var failed *report.Failure
	if err != nil {
		f := explain(err)
		failed = &report.Failure{
			Head: f.head, Message: f.Message, Where: f.place(), SQL: f.SQL, Hint: f.Hint, State: f.State, Next: f.Next,
			Outcome: map[string]report.Outcome{kindLocked: report.GaveUp, kindInterrupted: report.Stopped}[f.Kind],
		}
	}
	record := r.recorder.End(result, failed)
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), chainWithin)
	defer cancel()
	drawChain(within, runner, record)

	files, unwritten := r.write(record)
	if unwritten != nil && err == nil {
		done := "the database is as it should be"
		if n := len(result.Applied); n > 0 {
			done = count(n, "migration") + " applied"
		}
		return &statusError{exitFailed, kindOther, "", fmt.Errorf("%s, but the record of the run is not written: %w", done, unwritten)}
	}
	if unwritten != nil {
		fmt.Fprintf(a.stderr, "warning: the record of the run is not written: %s\n", printable(unwritten.Error()))
	}
	if err != nil {
		for _, name := range files {
			a.say("wrote %s", name)
		}
		return err
	}
	data, _ := a.data.(runData)
	data.Files = files
	a.result(data, func(w io.Writer) {
		for _, name := range files {
			if !a.flags.quiet {
				fmt.Fprintf(w, "wrote %s\n", printable(name))
			}
		}
	})
	return nil
}

// write writes the files.
func (r *recording) write(record *report.Record) (files []string, err error) {
	if r.file.Name != "" {
		if _, err = r.file.Write(record.JSON()); err == nil {
			files = append(files, r.file.Name)
		}
	}
	if r.page.Name == "" {
		return files, err
	}
	page, unmade := record.HTML()
	if unmade == nil {
		_, unmade = r.page.Write(page)
	}
	if unmade == nil {
		files = append(files, r.page.Name)
	}
	return files, errors.Join(err, unmade)
}

// drawChain adds the chain to a record. Where the ledger does not answer, the picture
// says nothing of what is applied.
func drawChain(ctx context.Context, runner *host.Runner, record *report.Record) {
	var applied func(chain.Key) bool
	if ledger, err := runner.Ledger(ctx); err == nil {
		applied = func(k chain.Key) bool { _, ok := ledger.Applied[k]; return ok }
	}
	record.Draw(runner.Graph(), applied)
}
