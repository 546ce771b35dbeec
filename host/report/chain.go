package report

import (
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/draw"
)

// How much of a long chain is drawn.
const (
	maxDrawn = 60
	around   = 4 // revisions before the first one of the record, and after the last one
)

// Draw adds the picture of the chain to a record: of a long one what is around the
// record's revisions. applied says what the database has.
func (r *Record) Draw(g *chain.Graph, applied func(chain.Key) bool) {
	if g.Len() == 0 {
		return
	}
	in := map[chain.Key]bool{}
	for _, m := range r.Migrations {
		in[chain.Key{Line: m.Line, ID: m.Revision}] = true
	}
	var all []chain.Revision
	first, last := -1, -1
	for rev := range g.All() {
		if in[chain.Key{Line: lineName(rev.Line), ID: rev.ID}] {
			if first < 0 {
				first = len(all)
			}
			last = len(all)
		}
		all = append(all, rev)
	}
	if len(all) > maxDrawn {
		if first < 0 {
			first, last = len(all), len(all)-1
		}
		to := min(last+1+around, len(all))
		from := max(min(first-around, to-maxDrawn/2), to-maxDrawn, 0)
		all = all[from:to]
	}
	picture := draw.Of(g, all, applied)
	r.Chain = &picture
}
