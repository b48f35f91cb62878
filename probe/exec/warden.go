package exec

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Warden is a process that outlives us should we be killed with SIGKILL, and
// then kills what our commands left: a death signal reaches a command's own
// process and none of its children. It is a shell that reads from a pipe of
// which only we hold the other end. Our pipe tells it nothing while commands
// run, and it takes no processor time. One serves any number of commands. A
// nil one guards nothing.
type Warden struct {
	prefix string // of the marks of all its commands
	cmd    *exec.Cmd
	life   *os.File

	mu    sync.Mutex
	slots [mostGroups]int // groups; 0: free
	table []byte          // the same as lines of slotBytes, in memory that is the warden's file: a write would be a system call beside what is timed
}

// lastWill is the warden's program. It kills the groups that are listed on
// descriptor 4, then whatever has the mark $1 in its environment, as long as
// something is found (a fork can be missed, hence the second look), and
// removes what $2 names. Without /proc only the groups are known.
const lastWill = `trap "" HUP INT TERM
read -r x <&3 && exit 0
while read -r g; do [ -n "$g" ] && kill -9 -"$g"; done <&4
none=0 tries=0
while [ $none -lt 2 ] && [ $tries -lt 100 ]; do
	none=$((none+1)) tries=$((tries+1))
	for f in $(grep -lF -e "$1" /proc/[0-9]*/environ); do
		p=${f#/proc/}
		kill -9 "${p%/environ}" && none=0
	done
	sleep 0.05
done
[ -n "$2" ] && rm -rf "$2"`

const (
	mostGroups = 16 // at one time; those beyond are known by their marks alone
	slotBytes  = 8  // the longest pid, 4194304 (proc(5), pid_max), and a line's end: one store of a processor, never half done
)

// NewWarden starts a warden. remove is a directory that goes with us; empty
// for none. Close it.
func NewWarden(remove string) (*Warden, error) {
	w := &Warden{prefix: random(markBytes)}
	if err := w.start(remove); err != nil {
		return nil, fmt.Errorf("starting a warden: %w", err)
	}
	return w, nil
}

func (w *Warden) start(remove string) error {
	groups, err := unnamed()
	if err != nil {
		return err
	}
	defer groups.Close()
	if _, err := groups.WriteAt([]byte(strings.Repeat(slot(0), mostGroups)), 0); err != nil {
		return err
	}
	r, life, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	w.cmd = exec.Command("/bin/sh", "-c", lastWill, "pitwall-guard", Marker+"="+w.prefix, remove)
	w.cmd.Dir, w.cmd.Env = "/", []string{"PATH=/usr/bin:/bin"}
	w.cmd.ExtraFiles = []*os.File{r, groups}
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of the terminal's Ctrl-C
	if w.table, err = unix.Mmap(int(groups.Fd()), 0, mostGroups*slotBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		life.Close()
		return err
	}
	if err := w.cmd.Start(); err != nil {
		life.Close()
		_ = unix.Munmap(w.table)
		return err
	}
	w.life = life
	return nil
}

// Close tells the warden that nothing is left to be guarded. What it should
// have removed stays. It may be called once.
func (w *Warden) Close() {
	if w == nil {
		return
	}
	_, _ = w.life.WriteString("done\n") // it may have been killed
	w.life.Close()
	_ = w.cmd.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = unix.Munmap(w.table)
	w.table = nil
}

const markBytes = 8 // of each half

// mark is a new one for a command: a half that all commands of a warden share,
// and a half of its own.
func (w *Warden) mark() string {
	prefix := random(markBytes)
	if w != nil {
		prefix = w.prefix
	}
	return Marker + "=" + prefix + random(markBytes)
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}

// hold adds a group to those that die with us.
func (w *Warden) hold(group int) { w.swap(0, group) }

// drop takes it away: its number will soon be another's.
func (w *Warden) drop(group int) { w.swap(group, 0) }

func (w *Warden) swap(old, new int) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.slots[:], old); i >= 0 && w.table != nil {
		w.slots[i] = new
		copy(w.table[i*slotBytes:(i+1)*slotBytes], slot(new))
	}
}

// slot is a group's line, blank for 0.
func slot(group int) string {
	text := ""
	if group > 0 {
		text = strconv.Itoa(group)
	}
	return text + strings.Repeat(" ", max(0, slotBytes-1-len(text))) + "\n"
}
