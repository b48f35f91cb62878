package spy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"pitwall/probe/proc"
)

// site is where a process keeps what leads to everything else.
type site struct {
	version string // "3.1.7"
	arch    string
	object  string // the file Ruby is in

	vmVariable uint64 // address of ruby_current_vm_ptr
	symbols    uint64 // address of ruby_global_symbols; 0 when unknown
	decoded    decoded
	notes      []string
}

// find locates Ruby in a process: in libruby if one is mapped, else in the
// program itself.
func find(pid int, mem reader) (site, error) {
	maps, err := proc.Maps(pid)
	if err != nil {
		return site{}, err
	}
	var reason error
	for _, name := range candidates(pid, maps) {
		img, err := proc.OpenImage(pid, name, maps)
		if err != nil {
			var replaced *proc.ReplacedError
			if errors.As(err, &replaced) || errors.Is(err, proc.ErrGone) {
				return site{}, err
			}
			reason = cmp.Or(reason, err) // the likeliest file's
			continue
		}
		s, err := survey(pid, img, mem)
		img.Close()
		if err == nil {
			return s, nil
		}
		reason = cmp.Or(reason, err)
	}
	if reason == nil {
		reason = errors.New("it maps no file")
	}
	var not *NotRubyError
	if errors.As(reason, &not) {
		return site{}, not
	}
	return site{}, &NotRubyError{PID: pid, Reason: reason.Error()}
}

// candidates are the files Ruby may be in, the likeliest first.
func candidates(pid int, maps []proc.Mapping) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range maps {
		base := path.Base(m.Path)
		if strings.HasPrefix(base, "libruby") && strings.Contains(base, ".so") && !seen[m.Path] {
			seen[m.Path] = true
			out = append(out, m.Path)
		}
	}
	if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil {
		out = append(out, strings.TrimSuffix(exe, " (deleted)"))
	}
	return out
}

// survey takes from an image what the walk needs. Builds whose symbols were
// stripped (Debian's from 3.3 on) still export a few functions whose code
// says where things are.
func survey(pid int, img *proc.Image, mem reader) (site, error) {
	v, ok := img.Symbol("ruby_version")
	if !ok {
		return site{}, &NotRubyError{PID: pid, Reason: img.Path + " has no ruby_version"}
	}
	version, err := cString(mem, v.Addr)
	if err != nil {
		return site{}, fmt.Errorf("reading ruby_version: %w", err)
	}
	s := site{version: version, arch: img.Arch, object: img.Path, decoded: decode(img, mem)}
	if sym, ok := img.Symbol("ruby_current_vm_ptr"); ok {
		s.vmVariable = sym.Addr
	} else if s.vmVariable = s.decoded.vmVariable; s.vmVariable != 0 {
		s.notes = append(s.notes, "VM pointer found in the code of rb_during_gc: the build hides its symbol")
	} else {
		return site{}, &NotRubyError{PID: pid, Reason: "Ruby " + version + " in " + img.Path + " hides its VM pointer, and the code of rb_during_gc does not tell it either"}
	}
	if sym, ok := img.Symbol("ruby_global_symbols"); ok {
		s.symbols = sym.Addr
	} else {
		s.symbols = s.decoded.symbols
	}
	if s.symbols == 0 {
		s.notes = append(s.notes, "no symbol table: C functions have no names")
	}
	return s, nil
}

// maxVersion is longer than any version of MRI.
const maxVersion = 16

func cString(mem reader, addr uint64) (string, error) {
	b, err := mem.bytes(addr, maxVersion)
	if err != nil {
		return "", err
	}
	end := bytes.IndexByte(b, 0)
	if end < 0 {
		return "", fmt.Errorf("%q has no end", b)
	}
	return string(b[:end]), nil
}
