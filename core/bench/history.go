package bench

import "time"

// Line is one line of the append-only history file in the app's repository:
// one benchmark of one run at one commit. The file is the record.
type Line struct {
	Format    int                  `json:"v"` // 1
	Time      time.Time            `json:"time"`
	Revision  string               `json:"revision"`
	Run       string               `json:"run"` // id in the store of whoever ran it
	Benchmark string               `json:"benchmark"`
	File      string               `json:"file"`
	Machine   string               `json:"machine"` // fingerprint
	CPU       string               `json:"cpu"`
	Ruby      string               `json:"ruby"`
	Env       map[string]string    `json:"env,omitempty"` // allow-listed only
	Values    map[Metric][]float64 `json:"values"`        // one number a process
}
