package host

import (
	"context"
	"fmt"
)

// refused are the calls of a plugin that its walls have refused.
type refused struct {
	calls int
	first error
}

// asRefused is asRefused for the answer to a call, which it counts.
func (s *session) asRefused(err error, stmt Statement) error {
	denied := asRefused(err, stmt)
	if denied != nil {
		s.noteRefused(denied)
	}
	return denied
}

func (s *session) noteRefused(denied error) {
	if s.refused.calls++; s.refused.first == nil {
		s.refused.first = denied
	}
}

// tellRefused warns of a guest that went on where it was refused, and is complete:
// it may lack what it wanted to do, or have tried what it may not.
func (s *session) tellRefused(ctx context.Context) {
	if s.refused.calls > 0 {
		s.Log(ctx, LogWarn, fmt.Sprintf("it is complete although calls of it were refused (%d), which did nothing; the first: %v", s.refused.calls, s.refused.first))
	}
}
