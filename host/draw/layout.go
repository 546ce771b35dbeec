package draw

import "slices"

// A place is where a node stands, and the columns around it. An edge keeps to
// one column from the node it leaves to the node it arrives at.
type place struct {
	column int
	in     []int // columns of the edges that arrive, ascending; the first is column
	out    []int // column of each edge that leaves, in the order of next; the first is column
}

// layout gives nodes places, one below the other in their order. next are the
// edges from each node to nodes below it. It returns the number of columns too.
//
// A node stands in the leftmost column of those that arrive, and its first edge
// goes on there; each other edge takes the next free column to the right. So a
// branch stays in its column for as long as it lives.
func layout(next [][]int) (places []place, columns int) {
	const free = -1
	var lanes []int // which node each column leads to
	take := func(from, to int) int {
		for c := from; c < len(lanes); c++ {
			if lanes[c] == free {
				lanes[c] = to
				return c
			}
		}
		lanes = append(lanes, to)
		return len(lanes) - 1
	}
	places = make([]place, len(next))
	for i, edges := range next {
		p := &places[i]
		for c, to := range lanes {
			if to == i {
				p.in = append(p.in, c)
				lanes[c] = free
			}
		}
		if len(p.in) > 0 {
			p.column = p.in[0]
			lanes[p.column] = i
		} else {
			p.column = take(0, i)
		}
		for n, to := range edges {
			if n == 0 {
				p.out = append(p.out, p.column)
			} else {
				p.out = append(p.out, take(p.column+1, to))
			}
		}
		lanes[p.column] = free
		if len(edges) > 0 {
			lanes[p.column] = edges[0]
		}
		columns = max(columns, len(lanes))
	}
	return places, columns
}

// upwards returns the edges of a picture that is drawn newest first, by
// position from the newest: from each node to its parents.
func (p Picture) upwards() [][]int {
	last := len(p.Nodes) - 1
	next := make([][]int, len(p.Nodes))
	for i, n := range p.Nodes {
		for _, parent := range n.Parents {
			next[last-i] = append(next[last-i], last-parent)
		}
	}
	return next
}

// downwards returns the edges of a picture that is drawn oldest first: from
// each node to its children.
func (p Picture) downwards() [][]int {
	next := make([][]int, len(p.Nodes))
	for i, n := range p.Nodes {
		for _, parent := range n.Parents {
			next[parent] = append(next[parent], i)
		}
	}
	for _, list := range next {
		slices.Sort(list)
	}
	return next
}
