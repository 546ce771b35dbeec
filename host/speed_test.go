package host_test

import (
	"math"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

func TestSpeedIsSmoothed(t *testing.T) {
	var p host.Speed
	if _, ok := p.Left(100); ok || p.Rate() != 0 {
		t.Errorf("without a look the rate is %v", p.Rate())
	}
	p.See(0, 5000) // a resumed backfill: what was done before does not count
	for s := 1; s <= 60; s++ {
		p.See(time.Duration(s)*time.Second, 5000+int64(s)*100)
	}
	if math.Abs(p.Rate()-100) > 0.01 {
		t.Errorf("100 rows a second are %v", p.Rate())
	}
	if left, ok := p.Left(12000); !ok || left.Round(time.Second) != 10*time.Second {
		t.Errorf("1000 rows at 100 a second take %s (%t)", left, ok)
	}
	if _, ok := p.Left(11000); ok {
		t.Error("there is time left of what is done")
	}

	p.See(61*time.Second, 11000) // a pause
	if rate := p.Rate(); rate >= 100 || rate < 90 {
		t.Errorf("after a second's pause the rate is %v", rate)
	}
	for s := 62; s <= 152; s++ {
		p.See(time.Duration(s)*time.Second, 11000+int64(s-61)*10)
	}
	if rate := p.Rate(); rate < 10 || rate > 14 {
		t.Errorf("90 s at 10 rows a second leave a rate of %v", rate)
	}

	was := p.Rate()
	p.See(time.Second, 400) // another run's clock
	if p.Rate() != was {
		t.Errorf("a look that is behind changed the rate to %v", p.Rate())
	}
	p.See(2*time.Second, 400)
	if p.Rate() >= was {
		t.Error("the clock did not begin anew")
	}
}
