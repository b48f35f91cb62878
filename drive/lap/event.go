package lap

import "time"

// Event is something that a person who waits would like to know.
type Event struct {
	Stage string        // "boot", "warm-up", "drive", ...
	Text  string        // one line
	Done  time.Duration // of Total; both 0 where there is no telling
	Total time.Duration
}

// Sink takes events. It must be quick.
type Sink func(Event)
