package proc

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Image is an ELF file that a process has mapped: its symbols by their
// addresses in that process. Close it when the symbols are known.
type Image struct {
	Path string // as the process sees it
	Arch string // "amd64" or "arm64"
	Bias uint64 // what the process adds to the file's addresses

	file    *elf.File
	symbols map[string]elf.Symbol
}

// Symbol is a named place in a process.
type Symbol struct {
	Addr uint64
	Size uint64 // bytes; 0 where the file does not say
}

// ReplacedError says that a mapped file is no longer what lies under its
// name (a package upgrade, mostly), and that the mapped one is out of reach.
type ReplacedError struct {
	PID  int
	Path string
}

func (e *ReplacedError) Error() string {
	return fmt.Sprintf("process %d: %s was replaced on disk since it started; restart the process, or run as root", e.PID, e.Path)
}

// OpenImage opens the file of the given mappings' path in process pid, by
// way of /proc/PID/root, so that it works across containers.
func OpenImage(pid int, path string, maps []Mapping) (*Image, error) {
	first, ok := firstOf(path, maps)
	if !ok {
		return nil, fmt.Errorf("process %d: %s is not mapped", pid, path)
	}
	name, err := locate(pid, first)
	if err != nil {
		return nil, err
	}
	f, err := elf.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening %s of process %d: %w", path, pid, whyNot(pid, err))
	}
	img := &Image{Path: path, file: f, symbols: map[string]elf.Symbol{}}
	if err := img.load(first); err != nil {
		f.Close()
		return nil, fmt.Errorf("opening %s of process %d: %w", path, pid, err)
	}
	return img, nil
}

func firstOf(path string, maps []Mapping) (Mapping, bool) {
	for _, m := range maps {
		if m.Path == path && m.Inode != 0 {
			return m, true
		}
	}
	return Mapping{}, false
}

// locate finds a name under which the mapped file itself can be opened. The
// kernel marks a file that was replaced as deleted, so a name without that
// mark is trusted. (Inode numbers are not compared there: overlay file systems
// show other ones in the map.)
func locate(pid int, m Mapping) (string, error) {
	byName, byRange := fmt.Sprintf("/proc/%d/root%s", pid, m.Path), fmt.Sprintf("/proc/%d/map_files/%x-%x", pid, m.Start, m.End)
	switch {
	case !m.Deleted && exists(byName):
		return byName, nil
	case !m.Deleted && hasInode(m.Path, m.Inode): // a chroot below our root: the map shows our name for it
		return m.Path, nil
	case exists(byRange):
		return byRange, nil
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
		return "", whyNot(pid, err)
	}
	return "", &ReplacedError{PID: pid, Path: m.Path}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func hasInode(path string, inode uint64) bool {
	st, err := os.Stat(path)
	if err != nil {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && sys.Ino == inode
}

// load computes the bias from the mapping with the lowest address, and reads
// the symbols of .dynsym and, where it was not stripped, .symtab.
func (img *Image) load(first Mapping) error {
	switch img.file.Machine {
	case elf.EM_X86_64:
		img.Arch = "amd64"
	case elf.EM_AARCH64:
		img.Arch = "arm64"
	default:
		return fmt.Errorf("machine %s is not supported", img.file.Machine)
	}
	found := false
	for _, p := range img.file.Progs {
		if p.Type == elf.PT_LOAD && first.Offset >= p.Off&^0xfff && first.Offset < p.Off+p.Filesz {
			img.Bias = first.Start - (p.Vaddr - p.Off + first.Offset)
			found = true
			break
		}
	}
	if !found {
		return errors.New("no segment matches its mapping")
	}
	for _, read := range []func() ([]elf.Symbol, error){img.file.Symbols, img.file.DynamicSymbols} {
		syms, err := read()
		if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
			return err
		}
		for _, s := range syms {
			if s.Section != elf.SHN_UNDEF && s.Value != 0 {
				img.symbols[s.Name] = s
			}
		}
	}
	return nil
}

// Symbol finds a variable or function by name. Thread-local variables have
// no address of their own and are not found.
func (img *Image) Symbol(name string) (Symbol, bool) {
	s, ok := img.symbols[name]
	if !ok || elf.ST_TYPE(s.Info) == elf.STT_TLS {
		return Symbol{}, false
	}
	return Symbol{Addr: img.Bias + s.Value, Size: s.Size}, true
}

// Initialised tells whether addr is in the image's writable data that the
// file gives a value (.data): neither .bss nor what is read-only once
// relocated, the global offset table among it.
func (img *Image) Initialised(addr uint64) bool {
	v := addr - img.Bias
	in := false
	for _, p := range img.file.Progs {
		switch {
		case p.Type == elf.PT_LOAD && p.Flags&elf.PF_W != 0 && v >= p.Vaddr && v < p.Vaddr+p.Filesz:
			in = true
		case p.Type == elf.PT_GNU_RELRO && v >= p.Vaddr && v < p.Vaddr+p.Memsz:
			return false
		}
	}
	return in
}

// Close lets go of the file.
func (img *Image) Close() error { return img.file.Close() }
