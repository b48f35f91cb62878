package interchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ipsEntry is an entry of benchmark-ips: lib/benchmark/ips/job.rb,
// save_held_results of 2.14 and the held file of 2.10; and report.rb, data, of
// json!.
type ipsEntry struct {
	Item    any       `json:"item"` // a label is anything with to_s
	Samples []float64 `json:"samples"`

	Name   any      `json:"name"`
	IPS    *float64 `json:"ips"`
	Mean   *float64 `json:"central_tendency"`
	SD     *float64 `json:"stddev"`
	Micros float64  `json:"microseconds"`
	Iters  float64  `json:"iterations"`
	Cycles float64  `json:"cycles"`
}

// ips reads the array of save! and json!.
func (f *File) ips(text []byte) error {
	var entries []ipsEntry
	if err := json.Unmarshal(text, &entries); err != nil {
		return err
	}
	for _, e := range entries {
		if err := f.ipsEntry(e); err != nil {
			return err
		}
	}
	return nil
}

// ipsLines reads what hold! of older versions wrote: lines of one entry each.
func (f *File) ipsLines(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	for d.More() {
		var e ipsEntry
		if err := d.Decode(&e); err != nil {
			return err
		}
		if err := f.ipsEntry(e); err != nil {
			return err
		}
		if len(f.Benchmarks) > maxBenchmarks {
			return fmt.Errorf("over %d entries", maxBenchmarks)
		}
	}
	return nil
}

func (f *File) ipsEntry(e ipsEntry) error {
	b := Benchmark{Metric: "rate", Unit: "1/s", Better: Higher}
	switch {
	case e.Item != nil && e.Samples != nil:
		b.Name = fmt.Sprint(e.Item)
		b.Sittings = oneProcess(e.Samples)
	case e.Name != nil && (e.IPS != nil || e.Mean != nil):
		b.Name = fmt.Sprint(e.Name)
		b.Summary = &Summary{SD: -1}
		switch {
		case e.Mean != nil:
			b.Summary.Mean = *e.Mean
		default:
			b.Summary.Mean = *e.IPS
		}
		if e.SD != nil {
			b.Summary.SD = *e.SD
		}
		if n := e.Iters / e.Cycles; e.Cycles > 0 && n >= 1 && n < 1e9 {
			b.Summary.N = int(n) // each sample is a batch of that many cycles
		}
	default:
		return errors.New("an entry has neither item and samples (hold!, save!) nor name and ips (json!)")
	}
	if b.Summary != nil && len(f.Benchmarks) == 0 {
		f.note("json! writes a mean and a rounded standard deviation and drops the samples: nothing can be judged from it. save! keeps them")
	}
	f.add(b)
	return nil
}
