package host

import "context"

// A loading is a guest that is being made ready while the one before it runs.
type loading struct {
	done  chan struct{}
	guest Guest
	err   error
}

// prepare begins to load a module, once per run for those that hold several
// migrations.
func (u *run) prepare(ctx context.Context, m *module) *loading {
	l, ok := u.guests[m]
	if !ok {
		l = &loading{done: make(chan struct{})}
		u.guests[m] = l
		go func() {
			defer close(l.done)
			l.guest, l.err = u.box.Load(ctx, m.bytes, m.limits())
		}()
	}
	return l
}

// guest returns the guest of a module when it is loaded.
func (u *run) guest(ctx context.Context, m *module) (Guest, error) {
	l := u.prepare(ctx, m)
	<-l.done
	return l.guest, l.err
}

// lookAhead begins to load what the step after this one needs.
func (u *run) lookAhead(ctx context.Context, next *Step) {
	if next == nil {
		return
	}
	b := u.catalog.bodies[next.Revision.Key]
	if b.plugin() != nil && u.cfg.Worker != nil {
		return // the worker loads it
	}
	if m, _, err := b.load(); err == nil {
		u.prepare(ctx, m)
	}
}

// release frees a module that no later step needs: that of a SQL file.
func (u *run) release(b *body, m *module) {
	if b.module == nil {
		u.guests[m].close()
		delete(u.guests, m)
		b.assembled = nil
	}
}

func (u *run) closeGuests() {
	for _, l := range u.guests {
		l.close()
	}
}

func (l *loading) close() {
	if <-l.done; l.guest != nil {
		l.guest.Close()
	}
}
