package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"pitwall/analyze/bench"
)

const (
	shortestLap = 10 * time.Second
	longestLap  = 24 * time.Hour
	mostRate    = 1e6
	mostHz      = 1000
)

// check refuses what cannot be before anything is started. A flag that was
// not given is 0, which stands for the default or for off.
func (f *lapFlags) check() error {
	help := "pitwall help lap"
	switch {
	case f.time != 0 && f.time < shortestLap:
		return usagef("pitwall lap --time 60s", "a lap of %s is too short to measure anything", f.time)
	case f.time > longestLap:
		return usagef("pitwall lap --time 60s", "a lap of %s is longer than a day", f.time)
	case !within(f.rate, 0, mostRate):
		return usagef(help, "--rate is requests a second up to a million, not %v", f.rate)
	case !within(f.share, 0, 1):
		return usagef(help, "--share is a part of what the app sustains, from 0 to 1, not %v", f.share)
	case !within(f.hz, 0, mostHz):
		return usagef(help, "--sampler-hz is snapshots a second from 0 to %d, not %v", mostHz, f.hz)
	case f.attach < 0:
		return usagef("pitwall lap --attach PID", "--attach is the pid of a process, not %d", f.attach)
	case f.attach != 0 && f.puma:
		return usagef(help, "--attach and --puma both say what to attach to: give one")
	case f.drive && f.attach == 0 && !f.puma:
		return usagef("pitwall lap --puma --drive", "--drive is for an app that is attached to")
	case f.against != "" && (f.attach != 0 || f.puma):
		return usagef(help, "--against boots both versions: it cannot attach to a running app")
	case f.boots < bench.LeastPairs:
		return usagef("pitwall lap --against HEAD", "--boots is boots of each version, at least %d, not %d", bench.LeastPairs, f.boots)
	case f.boots > bench.LeastPairs && f.against == "":
		return usagef("pitwall lap --against HEAD --boots "+strconv.Itoa(f.boots), "--boots is for a comparison: --against says with what")
	case f.wait && f.force:
		return usagef(help, "--wait waits for another lap and --force does not: give one")
	}
	return f.checkReport()
}

// within is false of NaN.
func within(v, low, high float64) bool { return v >= low && v <= high }

// checkReport sees now, and not after minutes of measuring, that the report's
// file can be made.
func (f *lapFlags) checkReport() error {
	if f.report == "" {
		return nil
	}
	if info, err := os.Stat(f.report); err == nil && !info.Mode().IsRegular() {
		return usagef("pitwall lap -o report.html", "%s is no file that a report could replace", f.report)
	}
	probe, err := os.CreateTemp(filepath.Dir(f.report), ".pitwall-*")
	if err != nil {
		return &ExitError{Code: Usage, Err: fmt.Errorf("the report cannot be written to %s: %w", f.report, cause(err)), Hint: "pitwall lap -o report.html"}
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// cause leaves out the name of the file that was only tried.
func cause(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}
