package boot

import (
	"path/filepath"
	"regexp"
	"strings"

	"pitwall/core/lap"
	"pitwall/probe/proc"
)

// Processes lists the processes of the app's own units (not of its services):
// each unit's, and its descendants'.
func (a *App) Processes() []lap.Process {
	all := []lap.Process{}
	for _, u := range a.Spec.Processes {
		all = append(all, Tree(a.pids[u.Name], u.Name)...)
	}
	return all
}

// PID of a unit, 0 when it was not started.
func (a *App) PID(unit string) int { return a.pids[unit] }

var worker = regexp.MustCompile(`^(?:puma: cluster worker (\d+):|unicorn.* worker\[(\d+)\])`)

// Tree lists a process and its descendants with the part each plays: name for
// the first, "name worker N" for the workers of a Puma or Unicorn cluster.
func Tree(pid int, name string) []lap.Process {
	found := []lap.Process{}
	for _, p := range append([]int{pid}, proc.Descendants(pid)...) {
		s, err := proc.ReadStat(p)
		if err != nil || s.State == 'Z' {
			continue
		}
		title := proc.CommandLine(p)
		found = append(found, lap.Process{PID: p, Started: s.Started, Role: role(name, title, p == pid), Command: withoutFlags(title)})
	}
	return found
}

// withoutFlags keeps a command line up to its first flag: the process list is
// stored, and a flag's value may be a secret.
func withoutFlags(title string) string {
	kept, _, _ := strings.Cut(title, " -")
	return kept
}

func role(unit, title string, first bool) string {
	if m := worker.FindStringSubmatch(title); m != nil {
		return unit + " worker " + m[1] + m[2]
	}
	if first {
		return unit
	}
	program, _, _ := strings.Cut(title, " ")
	return unit + " " + strings.TrimSuffix(filepath.Base(program), ":")
}

// Serving keeps the processes that can run the app's code for requests: the
// workers of a cluster where there are any, else all.
func Serving(all []lap.Process, unit string) []lap.Process {
	var workers, rest []lap.Process
	for _, p := range all {
		switch {
		case strings.HasPrefix(p.Role, unit+" worker "):
			workers = append(workers, p)
		case p.Role == unit || strings.HasPrefix(p.Role, unit+" "):
			rest = append(rest, p)
		}
	}
	if len(workers) > 0 {
		return workers
	}
	return rest
}
