package proc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Mapping is one line of /proc/PID/maps: memory from Start up to End.
type Mapping struct {
	Start, End uint64
	Perm       string // "r-xp"
	Offset     uint64 // in the file
	Device     string // "fe:00"
	Inode      uint64 // 0 for memory without a file
	Path       string // as the process sees it; "[heap]"; empty for anonymous memory
	Deleted    bool   // the file was unlinked or replaced
}

// Readable tells whether the process itself may read it.
func (m Mapping) Readable() bool { return strings.HasPrefix(m.Perm, "r") }

// Maps reads the memory map of a process. A process that ended is ErrGone;
// one that may not be looked at is a *PermissionError.
func Maps(pid int) ([]Mapping, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, whyNot(pid, err)
	}
	defer f.Close()
	maps, err := ParseMaps(f)
	if err != nil {
		return nil, fmt.Errorf("reading memory map of process %d: %w", pid, whyNot(pid, err))
	}
	return maps, nil
}

// whyNot gives the errors of /proc their meaning.
func whyNot(pid int, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return fmt.Errorf("process %d: %w", pid, ErrGone)
	case errors.Is(err, fs.ErrPermission):
		return explain(pid, err)
	}
	return err
}

// maxMappings is far over the kernel's own default limit of 65,530.
const maxMappings = 1 << 20

// ParseMaps reads the format of /proc/PID/maps, see proc_pid_maps(5).
func ParseMaps(r io.Reader) ([]Mapping, error) {
	var out []Mapping
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		if n > maxMappings {
			return nil, fmt.Errorf("more than %d mappings", maxMappings)
		}
		m, err := parseMapping(sc.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, m)
	}
	return out, sc.Err()
}

func parseMapping(line string) (m Mapping, err error) {
	var fields [5]string
	rest := line
	for i := range fields {
		rest = strings.TrimLeft(rest, " ")
		fields[i], rest, _ = strings.Cut(rest, " ")
		if fields[i] == "" {
			return m, fmt.Errorf("%d of 5 fields", i)
		}
	}
	start, end, ok := strings.Cut(fields[0], "-")
	if !ok {
		return m, fmt.Errorf("no range in %q", fields[0])
	}
	m.Perm, m.Device = fields[1], fields[3]
	for _, f := range []struct {
		text string
		base int
		into *uint64
	}{{start, 16, &m.Start}, {end, 16, &m.End}, {fields[2], 16, &m.Offset}, {fields[4], 10, &m.Inode}} {
		if *f.into, err = strconv.ParseUint(f.text, f.base, 64); err != nil {
			return m, err
		}
	}
	if m.End < m.Start {
		return m, fmt.Errorf("range %q ends before it starts", fields[0])
	}
	m.Path, m.Deleted = strings.CutSuffix(strings.TrimLeft(rest, " "), " (deleted)")
	return m, nil
}
