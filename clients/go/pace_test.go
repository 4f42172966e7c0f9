package hintwire

import (
	"testing"
	"time"
)

func TestAFetchThatIsDueIsNeverPostponed(t *testing.T) {
	p, now := pace{}, time.Now()
	p.want(now.Add(time.Second))
	p.want(now.Add(time.Hour))
	if at := p.due; !at.Equal(now.Add(time.Second)) {
		t.Fatalf("due in %v", at.Sub(now))
	}
}

func TestNoFetchBeginsBeforeTheBackOffIsOver(t *testing.T) {
	p, now := pace{}, time.Now()
	p.notBefore = now.Add(time.Minute)
	p.want(now)
	if p.next().Before(p.notBefore) {
		t.Fatal("it begins before")
	}
}

func TestAStreamLengthensTheTimeBetweenPollsAndItsLossBeginsItAnew(t *testing.T) {
	p := pace{}
	p.fetched(0, time.Hour)
	if in := time.Until(p.next()); in > 2*pollLeast {
		t.Fatalf("without a stream it polls in %v", in)
	}
	p.hinted = true
	if in := time.Until(p.next()); in < time.Hour-time.Minute {
		t.Fatalf("with a stream it polls in %v", in)
	}
	p.quiet = time.Now().Add(-time.Minute)
	p.lost()
	if p.next().Before(time.Now()) {
		t.Fatal("a crowd that loses its streams polls at once")
	}
}

func TestTheHubsAdviceIsBroughtWithinBounds(t *testing.T) {
	p := pace{}
	p.fetched(time.Hour, time.Hour)
	if in := time.Until(p.next()); in > pollMost+pollMost/9 {
		t.Fatalf("it polls in %v", in)
	}
}

func TestBackOffGrowsToItsMostAndStartsAgain(t *testing.T) {
	b := backoff{base: 200 * time.Millisecond}
	longest := time.Duration(0)
	for range 200 {
		wait := b.next()
		longest = max(longest, wait)
		if wait < 0 || wait > backoffMost {
			t.Fatalf("waits %v", wait)
		}
	}
	if longest < backoffMost/2 {
		t.Fatalf("never waits longer than %v", longest)
	}
	b.reset()
	if wait := b.next(); wait > b.base {
		t.Fatalf("waits %v after a success", wait)
	}
}
