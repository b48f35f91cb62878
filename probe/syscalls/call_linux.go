//go:build amd64 || arm64

package syscalls

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/probe/exec"
)

// call takes a stop at the entry or the exit of a system call.
func (t *tracer) call(tid int, k *task) error {
	i, err := syscallInfo(tid)
	if err != nil {
		return err
	}
	switch i.op {
	case unix.PTRACE_SYSCALL_INFO_ENTRY:
		k.number, k.args = i.union[0], [6]uint64(i.union[1:7])
		k.name, k.waits = t.nameOf(i.arch, k.number), false
		t.entry(tid, k)
	case unix.PTRACE_SYSCALL_INFO_EXIT:
		t.exit(k, int64(i.union[0]))
		k.name = ""
	}
	return nil
}

// nameOf is a call's name. A program of another architecture (32 bits) has
// numbers of its own, of which we know nothing.
func (t *tracer) nameOf(arch uint32, number uint64) string {
	if arch != nativeArch {
		return fmt.Sprintf("arch_%x_%d", arch, number)
	}
	if name := t.names[number]; name != "" {
		return name
	}
	return unnamed(number)
}

func (t *tracer) count(name string) {
	t.counts.Whole.Calls[name]++
	if t.region != nil {
		t.region.Calls[name]++
	}
}

func (t *tracer) note(k *task, e Event) {
	e.PID, e.Main, e.Text = k.process, k.process == t.main, printable(e.Text)
	t.counts.Whole.note(e)
	if t.region != nil {
		t.region.note(e)
	}
}

func (t *tracer) entry(tid int, k *task) {
	if t.marked(tid, k) {
		t.counts.Whole.Calls[k.name]++
		return
	}
	t.count(k.name)
	switch k.name {
	case "connect":
		size := int(min(k.args[2], 128))
		t.note(k, Event{Kind: Connect, Text: address(memory(tid, k.args[1], size))})
	case "execve":
		k.program = text(tid, k.args[0])
	case "execveat":
		k.program = text(tid, k.args[1])
	case "write", "pwrite64", "writev", "sendto", "sendmsg":
		if int32(k.args[0]) == 1 {
			data, size := written(tid, k)
			t.note(k, Event{Kind: Output, Text: string(data[:min(len(data), mostText)]), Bytes: size})
		}
	default:
		k.waits = waits(tid, k)
		k.entered = time.Now()
	}
}

// exit takes the result of a call. The names are empty for a call that was
// entered before we looked.
func (t *tracer) exit(k *task, result int64) {
	if k.waits && (result == 0 && k.name != "futex" || k.name == "futex" && result == -int64(unix.ETIMEDOUT)) {
		t.note(k, Event{Kind: Sleep, Text: k.name, Took: time.Since(k.entered)})
	}
	if k.name == "write" || k.name == "writev" {
		t.opened(k)
	}
}

// marked says whether a write is a mark, and ends the region at its end mark;
// the region begins when the begin mark has been written.
func (t *tracer) marked(tid int, k *task) bool {
	k.program = ""
	if t.marks == nil || k.name != "write" && k.name != "writev" || int32(k.args[0]) != int32(t.marks.FD) {
		return false
	}
	data, _ := written(tid, k)
	switch {
	case t.region != nil && bytes.Contains(data, []byte(t.marks.End)):
		t.counts.Regions = append(t.counts.Regions, *t.region)
		t.region = nil
		return true
	case t.region == nil && len(t.counts.Regions) < mostRegions && bytes.Contains(data, []byte(t.marks.Begin)):
		k.program = beginning
		return true
	}
	return false
}

// beginning marks the task that is writing a begin mark.
const beginning = "\x00begin"

func (t *tracer) opened(k *task) {
	if k.program != beginning {
		return
	}
	k.program = ""
	region := newTally()
	t.region = &region
}

// mostMark is how much of a write is looked at for a mark.
const mostMark = 512

// written is the beginning of what a call writes, and how much it writes in
// all; -1 when that is not in its arguments.
func written(tid int, k *task) ([]byte, int64) {
	switch k.name {
	case "writev":
		return gathered(tid, k.args[1], k.args[2])
	case "sendmsg":
		return nil, -1
	}
	size := k.args[2]
	return memory(tid, k.args[1], int(min(size, mostMark))), int64(min(size, 1<<40))
}

// gathered reads the pieces of a writev.
func gathered(tid int, at, pieces uint64) ([]byte, int64) {
	const most = 64
	list := memory(tid, at, int(min(pieces, most))*16)
	var data []byte
	total := int64(0)
	for i := 0; i < len(list)/16; i++ {
		base, _ := word(list, 2*i)
		size, _ := word(list, 2*i+1)
		total += int64(min(size, 1<<40))
		if room := mostMark - len(data); room > 0 {
			data = append(data, memory(tid, base, int(min(size, uint64(room))))...)
		}
	}
	if pieces > most {
		total = -1
	}
	return data, total
}

// waits says whether a call has a time-out that is not zero, so that it
// sleeps when nothing else ends it.
func waits(tid int, k *task) bool {
	switch k.name {
	case "nanosleep":
		return positive(tid, k.args[0])
	case "clock_nanosleep":
		return positive(tid, k.args[2])
	case "poll":
		return int32(k.args[2]) > 0
	case "ppoll":
		return positive(tid, k.args[2])
	case "select", "pselect6":
		return positive(tid, k.args[4])
	case "epoll_wait", "epoll_pwait":
		return int32(k.args[3]) > 0
	case "epoll_pwait2", "futex":
		return positive(tid, k.args[3])
	}
	return false
}

// positive reads a struct timespec or timeval, both two 64-bit numbers here.
func positive(tid int, at uint64) bool {
	if at == 0 {
		return false
	}
	b := memory(tid, at, 16)
	whole, _ := word(b, 0)
	part, ok := word(b, 1)
	return ok && (whole|part) != 0
}

// event takes a stop that ptrace's options asked for.
func (t *tracer) event(tid int, k *task, event int) error {
	switch event {
	case unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK, unix.PTRACE_EVENT_CLONE:
		child, err := unix.PtraceGetEventMsg(tid)
		if err != nil {
			return err
		}
		t.born(k, int(child), event)
	case unix.PTRACE_EVENT_EXEC:
		t.replaced(tid, k)
	case unix.PTRACE_EVENT_EXIT:
		if tid == k.process {
			if b := readStatus(tid); b != nil {
				t.counts.Peak = max(t.counts.Peak, exec.Peak(b))
			}
		}
	}
	return nil
}

func (t *tracer) born(parent *task, child, event int) {
	process := processOf(child)
	if process == parent.process && event == unix.PTRACE_EVENT_CLONE {
		if t.tasks[child] == nil {
			t.add(child, process)
		}
		return
	}
	if t.tasks[child] == nil {
		t.add(child, child)
	}
	t.note(parent, Event{Kind: Fork, Text: fmt.Sprint(child)})
}

// replaced takes an exec that succeeded. The other threads are gone, and the
// one that called it now has the process's number.
func (t *tracer) replaced(tid int, k *task) {
	program := k.program
	if former, err := unix.PtraceGetEventMsg(tid); err == nil && int(former) != tid {
		if f := t.tasks[int(former)]; f != nil {
			program = f.program
			t.drop(int(former))
		}
	}
	if program != "" {
		t.note(k, Event{Kind: Exec, Text: program})
	}
	k.program, k.name = "", ""
}
