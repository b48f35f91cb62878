package run

// Conditions are what of a machine makes times of the same work differ, or
// keeps them from differing where they should. Unknown texts are empty,
// unknown numbers Unread.
type Conditions struct {
	Turbo         string `json:"turbo"`          // "on", "off": the clock rises when few cores work and it is cool
	SMT           string `json:"smt"`            // "on", "off": two threads share a core
	Randomisation int    `json:"randomisation"`  // of memory layouts, kernel.randomize_va_space: 0 off, 2 full
	Virtual       string `json:"virtual"`        // "yes", "no", or the hypervisor's name
	HotStops      int64  `json:"thermal_events"` // times since boot that a processor slowed down for heat
}
