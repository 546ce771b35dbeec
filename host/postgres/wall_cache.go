package postgres

import (
	"container/list"
	"sync"

	"github.com/sandpiper-db/sandpiper/host/policy"
)

// The bounds of the verdicts that are kept.
const (
	maxVerdicts    = 1000
	maxVerdictText = 4 << 20 // bytes of their statements, as they came
)

// A verdict is what was found of a statement.
type verdict struct {
	checked
	err     error
	foreign map[string]bool // what the judge was told of names when it was found
}

// holds reports whether names are still whose they were.
func (v verdict) holds(j *policy.Judge) bool {
	for name, was := range v.foreign {
		if j.Foreign(name) != was {
			return false
		}
	}
	return true
}

// verdicts are the verdicts on the statements that were seen last. They are of one
// wall, and so of one plugin with its grants.
type verdicts struct {
	mu     sync.Mutex
	byText map[string]*list.Element
	order  list.List // of *keptVerdict, the newest first
	bytes  int
}

type keptVerdict struct {
	text string
	verdict
}

func (c *verdicts) get(text string) (verdict, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byText[text]
	if !ok {
		return verdict{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*keptVerdict).verdict, true
}

func (c *verdicts) put(text string, v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byText == nil {
		c.byText = map[string]*list.Element{}
	}
	if e, ok := c.byText[text]; ok {
		e.Value.(*keptVerdict).verdict = v
		return
	}
	c.byText[text] = c.order.PushFront(&keptVerdict{text, v})
	c.bytes += len(text)
	for len(c.byText) > maxVerdicts || c.bytes > maxVerdictText {
		oldest := c.order.Remove(c.order.Back()).(*keptVerdict)
		delete(c.byText, oldest.text)
		c.bytes -= len(oldest.text)
	}
}
