package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"pitwall/core/unit"
)

// Progress tells a person on stderr what is going on. On a terminal the
// current step is one line that changes; elsewhere it is plain lines, one
// when a step starts and then at most one every ten seconds. All methods may
// be called from several goroutines.
type Progress struct {
	mu    sync.Mutex
	w     io.Writer
	live  bool
	now   func() time.Time
	step  string
	since time.Time // start of the step
	last  time.Time // last line printed
	shown bool      // a live line stands on the terminal
}

const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 10 * time.Second
	showAfter  = 2 * time.Second // before it, no rate and no time left
)

// Progress starts reporting on the app's stderr. Call Done at the end.
func (a *App) Progress() *Progress {
	live := IsTerminal(a.Stderr) && os.Getenv("TERM") != "dumb"
	return &Progress{w: a.Stderr, live: live, now: time.Now}
}

// Say prints a line that stays.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.w, Clean(fmt.Sprintf(format, args...)))
}

// Update says how far a step is: done of total in any unit; a total of 0 or
// less is unknown, and then only the time so far is shown. A new step name
// starts a new step.
func (p *Progress) Update(step string, done, total float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	fresh := step != p.step
	if fresh {
		p.step, p.since = step, now
	}
	every := plainEvery
	if p.live {
		every = liveEvery
	}
	if !fresh && now.Sub(p.last) < every {
		return
	}
	p.last = now
	line := Clean(step) + progressTail(now.Sub(p.since), done, total)
	if p.live {
		p.redraw(line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// Done removes the changing line. Say and Update may follow.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.step = ""
}

func (p *Progress) redraw(line string) {
	if r := []rune(line); len(r) >= width(p.w) {
		line = string(r[:width(p.w)-1])
	}
	p.erase()
	fmt.Fprint(p.w, line)
	p.shown = true
}

func (p *Progress) erase() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// progressTail is " 40 %, 12 s left" after two seconds with a known total.
func progressTail(spent time.Duration, done, total float64) string {
	share := done / total
	switch {
	case total > 0 && spent < showAfter:
		return fmt.Sprintf(" %3.0f %%", 100*min(1, share))
	case total > 0 && done > 0:
		left := spent.Seconds() * (total - done) / done
		return fmt.Sprintf(" %3.0f %%, %s left", 100*min(1, share), unit.Seconds(max(0, left)))
	case spent >= showAfter:
		return fmt.Sprintf(", %s so far", unit.Seconds(spent.Seconds()))
	}
	return ""
}
