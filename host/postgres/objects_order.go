package postgres

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// A node is an object among those that it needs.
type node struct {
	described

	// late has the statements that add what the object can also be given
	// later, by key: a default, a check. without writes the object lacking them.
	late    map[string]string
	without func(keys map[string]bool) string
	put     map[string]bool // the keys of late that are left out
	after   []string        // what was left out of others until this is there

	comments []comment

	needs  map[*node][]string // the keys of its parts that need it; the object's own is "" in it
	needed []*node
	open   int // how many of needs are not there yet
	place  int // in the order of names
	at     int // in the order of creation, from 1
}

// A comment is a comment on an object or on a part of it.
type comment struct {
	key string
	sql string
}

// rank is the order of objects that do not need each other.
var rank = []host.ObjectKind{
	host.ObjectExtension, host.ObjectType, host.ObjectSequence, host.ObjectFunction, host.ObjectTable, host.ObjectIndex,
	host.ObjectForeignKey, host.ObjectStatistics, host.ObjectView, host.ObjectMaterializedView, host.ObjectRule,
	host.ObjectTrigger, host.ObjectPolicy, host.ObjectOther,
}

// inOrder sorts objects by kind and name, but each after those that it needs.
// Where a default or a check closes a circle (a table whose default calls a
// function of its own row), it is left out of its table and follows what it
// needs. Of any other circle one object is not written.
func inOrder(nodes []*node, dependencies []dependency) []*node {
	slices.SortFunc(nodes, func(a, b *node) int {
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Kind), slices.Index(rank, b.Kind)),
			cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name))
	})
	connect(nodes, dependencies)
	var ready queue
	for i, n := range nodes {
		n.place, n.open = i, len(n.needs)
		if n.open == 0 {
			heap.Push(&ready, n)
		}
	}
	sorted := make([]*node, 0, len(nodes))
	for len(sorted) < len(nodes) {
		if len(ready) == 0 {
			heap.Push(&ready, breakCircle(nodes))
		}
		n := heap.Pop(&ready).(*node)
		sorted = append(sorted, n)
		n.at = len(sorted)
		for _, user := range n.needed {
			if user.open--; user.open == 0 && user.at == 0 {
				heap.Push(&ready, user)
			}
		}
	}
	for _, n := range sorted {
		n.catchUp()
	}
	return sorted
}

// connect fills in what needs what. What has no node of its own belongs to one
// (deptype i, or e for what an extension brought).
//
// https://www.postgresql.org/docs/current/catalog-pg-depend.html
func connect(nodes []*node, dependencies []dependency) {
	of, part := map[string]*node{}, map[string]string{} // by key
	for _, n := range nodes {
		n.needs = map[*node][]string{}
		of[n.Key] = n
		for _, key := range n.Also {
			of[key] = n
		}
		for key := range n.late {
			part[key] = key
		}
	}
	delete(of, "") // of columns without a default and constraints without an index
	belongs := map[string]string{}
	for _, d := range dependencies {
		if d.Type == "i" || d.Type == "e" {
			belongs[d.Key] = d.On
		}
	}
	find := func(key string) *node {
		for range 10 { // parts of parts; what goes on for longer goes in a circle
			if n := of[key]; n != nil || key == "" {
				return n
			}
			key = belongs[key]
		}
		return nil
	}
	for _, d := range dependencies {
		user, on := find(d.Key), find(d.On)
		if user == nil || on == nil || user == on || user.Kind == host.ObjectSequence {
			continue // a sequence is there before its owner
		}
		if _, ok := user.needs[on]; !ok {
			on.needed = append(on.needed, user)
		}
		user.needs[on] = append(user.needs[on], part[d.Key])
	}
}

// breakCircle returns the object to create although something that it needs is
// not there: one that can be given it later, or else one that is not written.
func breakCircle(nodes []*node) *node {
	var inCircle *node
	for _, n := range nodes {
		switch {
		case n.at > 0:
		case n.postpone():
			return n
		case inCircle == nil && n.reaches(n, map[*node]bool{}):
			inCircle = n
		}
	}
	inCircle.SQL = ""
	return inCircle
}

// reaches reports whether the object needs another one that is not there yet, be
// it through others.
func (n *node) reaches(other *node, seen map[*node]bool) bool {
	for on := range n.needs {
		if on == other {
			return true
		}
		if on.at == 0 && !seen[on] {
			seen[on] = true
			if on.reaches(other, seen) {
				return true
			}
		}
	}
	return false
}

// postpone leaves out of an object what needs something that is not there yet,
// and reports whether that was all.
func (n *node) postpone() bool {
	keys := map[string]bool{}
	for on, parts := range n.needs {
		if on.at > 0 {
			continue
		}
		if slices.Contains(parts, "") {
			return false
		}
		for _, key := range parts {
			keys[key] = true
		}
	}
	n.SQL, n.put = n.without(keys), keys
	return true
}

// catchUp adds what was left out of an object to the one that it waited for.
func (n *node) catchUp() {
	byText := func(a, b string) int { return cmp.Compare(n.late[a], n.late[b]) } // a key is not the same elsewhere
	for _, key := range slices.SortedFunc(maps.Keys(n.put), byText) {
		last := n
		for on, parts := range n.needs {
			if on.at > last.at && slices.Contains(parts, key) {
				last = on
			}
		}
		last.after = append(last.after, n.late[key])
		for _, c := range n.comments {
			if c.key == key {
				last.after = append(last.after, c.sql)
			}
		}
	}
}

// text is all the SQL of an object.
func (n *node) text() string {
	if n.SQL == "" {
		return ""
	}
	all := []string{n.SQL}
	for _, c := range n.comments {
		if !n.put[c.key] {
			all = append(all, c.sql)
		}
	}
	return strings.Join(append(all, n.after...), "\n")
}

// A queue is a heap of nodes by their place.
type queue []*node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].place < q[j].place }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(n any)        { *q = append(*q, n.(*node)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	*q = (*q)[:last]
	return n
}
