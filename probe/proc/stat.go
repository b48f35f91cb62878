package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Stat is what /proc/PID/stat says of a process.
type Stat struct {
	PID     int
	Parent  int
	Command string // the kernel's short name
	State   byte   // R, S, D, Z, ...
	CPU     int64  // user plus system time, clock ticks of 10 ms
	Started int64  // ticks since boot: with the pid it names a process for good
	Threads int
}

// ReadStat reads one process. A process that is gone is an error that wraps
// os.ErrNotExist.
func ReadStat(pid int) (Stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Stat{}, err
	}
	return parseStat(b)
}

func parseStat(b []byte) (Stat, error) {
	open, shut := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || shut < open {
		return Stat{}, fmt.Errorf("reading stat: no command in %q", clip(b))
	}
	fields := strings.Fields(string(b[shut+1:]))
	if len(fields) < 20 {
		return Stat{}, fmt.Errorf("reading stat: %d fields", len(fields))
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:open])))
	if err != nil {
		return Stat{}, fmt.Errorf("reading stat: %w", err)
	}
	s := Stat{PID: pid, Command: string(b[open+1 : shut]), State: fields[0][0]}
	for _, f := range []struct {
		at   int
		into func(int64)
	}{
		{1, func(v int64) { s.Parent = int(v) }},
		{11, func(v int64) { s.CPU = v }},
		{12, func(v int64) { s.CPU += v }},
		{17, func(v int64) { s.Threads = int(v) }},
		{19, func(v int64) { s.Started = v }},
	} {
		v, err := strconv.ParseInt(fields[f.at], 10, 64)
		if err != nil {
			return Stat{}, fmt.Errorf("reading stat: field %d: %w", f.at+3, err)
		}
		f.into(v)
	}
	return s, nil
}

func clip(b []byte) []byte { return b[:min(len(b), 80)] }

// Processes lists the pids that /proc shows.
func Processes() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Descendants lists the children of pid, theirs, and so on, parents first;
// pid itself is left out. What was born or died meanwhile may be missed.
func Descendants(pid int) []int {
	children := listedChildren
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		children = scannedChildren()
	}
	found := children(pid)
	for i := 0; i < len(found) && i < maxDescendants; i++ {
		found = append(found, children(found[i])...)
	}
	return found
}

const maxDescendants = 100_000

// listedChildren asks the kernel, which keeps a list for each thread where it
// is built with CONFIG_PROC_CHILDREN.
func listedChildren(pid int) []int {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	threads, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []int
	for _, t := range threads {
		b, err := os.ReadFile(dir + "/" + t.Name() + "/children")
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(b)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

// scannedChildren reads every process's parent once.
func scannedChildren() func(int) []int {
	children := map[int][]int{}
	for _, p := range Processes() {
		if s, err := ReadStat(p); err == nil {
			children[s.Parent] = append(children[s.Parent], p)
		}
	}
	return func(pid int) []int { return append([]int{}, children[pid]...) }
}

// CommandLine is a process's arguments joined by spaces, or its title where
// it has set one. Empty when it is gone or a kernel thread.
func CommandLine(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " "))
}
