package watch

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"pitwall/probe/clock"
	"pitwall/probe/proc"
)

// tick is the unit of CPU times in /proc: USER_HZ, 100 on every Linux that
// Pitwall builds for.
const tick = 0.01 // s

type cpuReading struct {
	at      int64
	ticks   int64
	started int64
}

func (w *Watcher) readProcess(t Target, pss bool) {
	now := clock.Now()
	if rss, err := RSS(t.PID); err == nil {
		w.Add("rss", "bytes", Labels(t), now, float64(rss))
	}
	if pss {
		if v, err := PSS(t.PID); err == nil {
			w.Add("pss", "bytes", Labels(t), now, float64(v))
		}
	}
	s, err := proc.ReadStat(t.PID)
	if err != nil {
		return
	}
	before, known := w.last[t.PID]
	if known && before.started == s.Started && now-before.at < 5*tickEvery {
		return // ticks of 10 ms: a share over less than a second is mostly rounding
	}
	w.last[t.PID] = cpuReading{now, s.CPU, s.Started}
	if known && before.started == s.Started {
		share := float64(s.CPU-before.ticks) * tick / (float64(now-before.at) / 1e9)
		w.Add("cpu", "ratio", Labels(t), now, share)
	}
}

const tickEvery = 200_000_000 // ns

// RSS is a process's resident memory in bytes.
func RSS(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0, fmt.Errorf("reading statm of %d: %q", pid, b)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// PSS is a process's proportional share of memory in bytes: pages shared by
// n processes count one nth.
func PSS(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 && fields[0] == "Pss:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("reading smaps_rollup of %d: no Pss", pid)
}

func (w *Watcher) readListenQueue(pid int) {
	if waiting, found, err := proc.ListenQueue(pid, w.opts.Port); err == nil && found {
		w.Add("listen_queue", "1", map[string]string{"process": "kernel"}, clock.Now(), float64(waiting))
	}
}

// Connection is a TCP connection of a watched process to another host.
type Connection struct {
	PID    int
	Time   int64
	Remote netip.AddrPort
}

// readConnections looks for connections beyond loopback, which a C library
// can open without Ruby knowing. The kernel's table of connections is dear to
// read, so it is read only when a process holds a socket not seen before.
func (w *Watcher) readConnections(targets []Target) {
	holders := map[uint64]int{}
	for _, t := range targets {
		inodes, err := proc.SocketInodes(t.PID)
		if err != nil {
			continue
		}
		for _, inode := range inodes {
			if !w.sockets[inode] {
				holders[inode] = t.PID
			}
		}
	}
	if len(holders) == 0 {
		return
	}
	table, err := proc.TCPSockets(targets[0].PID)
	if err != nil {
		return
	}
	for _, s := range table {
		pid, held := holders[s.Inode]
		if held && (s.State == proc.Established || s.State == proc.SynSent) && !s.Remote.Addr().IsLoopback() {
			w.opts.Outside(Connection{PID: pid, Time: clock.Now(), Remote: s.Remote})
		}
	}
	if len(w.sockets) > maxSockets {
		clear(w.sockets) // reported again, at worst
	}
	for inode := range holders {
		w.sockets[inode] = true
	}
}

const maxSockets = 100_000
