package capacity

import (
	"math"

	"pitwall/core/lap"
	"pitwall/core/stat"
)

// App is what is known of an app's processes.
type App struct {
	Workers  int            // web processes; 0 unknown
	Threads  int            // of each; 0 unknown
	Cores    int            // of the machine; 0 unknown
	GVL      *stat.Estimate // seconds a request holds the lock; nil unknown
	Released *stat.Estimate // seconds a request is out of it; nil unknown
	Rate     float64        // arrivals per second in production; 0 unknown
	Service  *stat.Estimate // mean service time of a request in seconds, nil unknown
}

// Describe applies the GVL law and Little's law to an app. It is nil when
// neither has its figures.
func Describe(a App) *lap.Capacity {
	c := &lap.Capacity{
		Workers: a.Workers, Threads: a.Threads, Cores: a.Cores,
		GVLSeconds: a.GVL, FreeSeconds: a.Released,
		Curve: []lap.ThreadPoint{}, Text: []string{},
	}
	law, ok := a.law()
	if ok {
		c.Curve = curve(law, a.Threads)
		c.Enough = law.Threads(0.95)
		c.Text = append(c.Text, threadText(law, a.Threads)...)
		c.Text = append(c.Text, coreText(law, a)...)
	}
	if c.Needed = needed(a); c.Needed != nil {
		c.Text = append(c.Text, neededText(*c.Needed, a))
	}
	if !ok && c.Needed == nil {
		return nil
	}
	return c
}

func (a App) law() (Law, bool) {
	if a.GVL == nil || a.Released == nil {
		return Law{}, false
	}
	l := Law{GVL: a.GVL.Point, Released: math.Max(0, a.Released.Point)}
	return l, l.Valid()
}
