package hintwire

import (
	"math/rand/v2"
	"time"
)

const (
	pollLeast   = time.Second // bounds of the hub's advice
	pollMost    = time.Minute
	backoffMost = 30 * time.Second
	askedMost   = 5 * time.Minute // the longest delay that a hub may ask for
)

// pace says when the next fetch is due.
type pace struct {
	due              time.Time // for what hints, pages and failures asked for; zero: nothing did
	notBefore        time.Time
	quiet            time.Time // when the last fetch ended, or the stream was lost
	pollIn, safetyIn time.Duration
	hinted           bool // a stream is up: no need to poll
}

// want asks for a fetch. One that is due already is never postponed.
func (p *pace) want(at time.Time) {
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
	}
}

// next is when to fetch: what was asked for, else the safety poll, or the poll if there is no stream.
func (p *pace) next() time.Time {
	at := p.quiet.Add(p.pollIn)
	if p.hinted {
		at = p.quiet.Add(p.safetyIn)
	}
	if !p.due.IsZero() && p.due.Before(at) {
		at = p.due
	}
	if at.Before(p.notBefore) {
		return p.notBefore
	}
	return at
}

// fetched starts the quiet anew.
func (p *pace) fetched(pollAfter, safetyPoll time.Duration) {
	now := time.Now()
	p.notBefore, p.quiet = now, now
	p.pollIn = stretched(min(max(pollAfter, pollLeast), pollMost))
	p.safetyIn = stretched(safetyPoll)
}

// lost notes that the stream is. A crowd that loses its streams at once does not poll at once.
func (p *pace) lost() {
	if p.hinted {
		p.hinted, p.quiet = false, time.Now()
	}
}

// stretched is up to a tenth longer, so that followers that started together drift apart.
func stretched(d time.Duration) time.Duration { return d + rand.N(d/10+1) }

// backoff has full jitter: the wait is uniform between nothing and a bound that doubles with each failure, so that a
// crowd that failed together does not come back together.
type backoff struct {
	base     time.Duration
	failures int
}

func (b *backoff) next() time.Duration {
	bound := min(b.base<<min(b.failures, 16), backoffMost)
	b.failures++
	return rand.N(bound)
}

func (b *backoff) reset() { b.failures = 0 }

// asked is a delay that a hub asks for, within reason.
func asked(delay time.Duration) time.Duration { return min(max(delay, 0), askedMost) }
