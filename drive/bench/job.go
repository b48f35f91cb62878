package bench

import (
	"fmt"
	"strings"
	"time"

	"pitwall/core/spec"
	"pitwall/drive/pairs"
)

// NewJob measures the job class of a benchmark in the versions of apps: single
// performs, each unit timed for length; or, with drain:, a queue of them that
// a fresh Sidekiq works off. Errors of NewJob name what is wrong with the
// benchmark.
func NewJob(apps *Apps, file *spec.Bench, b spec.Benchmark, length time.Duration) (pairs.Subject, error) {
	unit := jobUnit(apps.Spec)
	if unit == nil {
		return nil, fmt.Errorf("%s: pitwall.yml names no process to take the environment of jobs from", b.Name)
	}
	if b.Drain != nil {
		if b.Drain.Jobs < 1 || b.Drain.Jobs > mostJobs || b.Drain.Concurrency < 0 {
			return nil, fmt.Errorf("%s: drain: of %d jobs at concurrency %d", b.Name, b.Drain.Jobs, b.Drain.Concurrency)
		}
		return &drain{apps: apps, file: file, benchmark: b, unit: *unit, jobs: map[int]*recorded{}}, nil
	}
	return nil, fmt.Errorf("%s: perform", b.Name)
}

// jobUnit is the process that runs jobs: the one whose name or command says
// so, else the web process; nil when there is none.
func jobUnit(s *spec.Spec) *spec.Unit {
	for _, word := range []string{"sidekiq", "job", "worker"} {
		for i, u := range s.Processes {
			if strings.Contains(u.Command, word) || strings.Contains(u.Name, word) {
				return &s.Processes[i]
			}
		}
	}
	return s.Web()
}
