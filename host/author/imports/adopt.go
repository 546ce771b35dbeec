package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// An Adoption is where a tool's table says that a database is.
type Adoption struct {
	Recorded
	Target  string   // the revision to stamp
	Unknown []string // recorded versions that no migration has, all older than Target's
}

// Adopt stamps the database with what another tool has recorded in it, and runs
// nothing. Where tool is "" the table is looked for. A database that has a place
// in the chain already is not moved.
func Adopt(ctx context.Context, r *host.Runner, tool string) (Adoption, host.Result, error) {
	rec, err := ReadRecorded(ctx, r, tool)
	if err != nil {
		return Adoption{}, host.Result{}, err
	}
	a, err := rec.resolve(r.Graph())
	if err != nil {
		return a, host.Result{}, err
	}
	ledger, err := r.Ledger(ctx)
	if err != nil {
		return a, host.Result{}, err
	}
	if heads := ledger.Heads[chain.DefaultLine]; len(heads) > 0 && !slices.Equal(heads, []string{a.Target}) {
		return a, host.Result{}, fmt.Errorf("the database is at %s already: it was adopted before, and %s is behind; nothing was changed",
			strings.Join(heads, ", "), rec.Table)
	}
	result, err := r.Stamp(ctx, chain.DefaultLine+"@"+a.Target)
	return a, result, err
}

// resolve finds the revision that stands for everything that is recorded.
func (rec Recorded) resolve(g *chain.Graph) (Adoption, error) {
	a := Adoption{Recorded: rec}
	upTo := rec.Heads
	if rec.UpTo != "" {
		upTo = append(slices.Clone(upTo), rec.UpTo)
	}
	versions := slices.Concat(rec.Versions, upTo)
	if len(versions) == 0 {
		return a, fmt.Errorf("%s records nothing as applied: there is nothing to adopt; run `sandpiper upgrade`", rec.Table)
	}
	var recorded []chain.Key
	version := map[chain.Key]string{}
	for _, v := range versions {
		key := rec.key(v)
		if _, ok := g.Revision(key); !ok {
			a.Unknown = append(a.Unknown, v)
			continue
		}
		recorded, version[key] = append(recorded, key), v
	}
	if len(recorded) == 0 {
		return a, fmt.Errorf("%s records %s, and no migration here is it: import the folder that %s ran, and stamp then",
			rec.Table, some(a.Unknown), rec.Tool)
	}
	all := g.Ancestors(recorded...)
	newest := all[len(all)-1]
	if len(g.Ancestors(newest)) != len(all) {
		return a, fmt.Errorf("%s is at several revisions that are not on one line: upgrade it to one head with %s first", rec.Table, rec.Tool)
	}
	if err := rec.ahead(a.Unknown, version[newest]); err != nil {
		return a, err
	}
	applied := map[chain.Key]bool{}
	for _, k := range recorded {
		applied[k] = true
		if slices.Contains(upTo, version[k]) {
			for _, below := range g.Ancestors(k) {
				applied[below] = true
			}
		}
	}
	for _, k := range all {
		if !applied[k] {
			missing, _ := g.Revision(k)
			return a, fmt.Errorf("%s does not have %s (%s), which comes before %s: apply it with %s first, or stamp the revision before it",
				rec.Table, k, missing.Source, version[newest], rec.Tool)
		}
	}
	a.Target = newest.ID
	return a, nil
}

// key is the revision that a version has become.
func (rec Recorded) key(version string) chain.Key {
	return chain.Key{Line: chain.DefaultLine, ID: ID(rec.Tool, version)}
}

// ahead refuses a database that is ahead of the migrations: the next upgrade
// would run on a schema that nobody has written it for.
func (rec Recorded) ahead(unknown []string, newest string) error {
	t, err := toolOf(rec.Tool)
	if err != nil {
		return err
	}
	compare := t.compare
	if compare == nil {
		compare = strings.Compare
	}
	for _, v := range unknown {
		alone := slices.Contains(rec.Heads, v) || v == rec.UpTo && len(rec.Versions) == 0
		if alone || !strings.HasPrefix(v, "R__") && compare(v, newest) > 0 {
			return fmt.Errorf("the database is ahead of the migrations: %s records %s, which none of them is; import the folder that %s ran, and stamp then",
				rec.Table, v, rec.Tool)
		}
	}
	return nil
}

// some writes a list that may be long.
func some(versions []string) string {
	const most = 5
	if len(versions) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(versions[:most], ", "), len(versions)-most)
	}
	return strings.Join(versions, ", ")
}
