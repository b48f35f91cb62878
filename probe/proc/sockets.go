package proc

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Socket is a row of /proc/PID/net/tcp or tcp6.
type Socket struct {
	Local, Remote netip.AddrPort
	State         int   // 1 established, 2 SYN sent, 10 listening, as in linux/tcp.h
	Receive       int64 // bytes unread; of a listening socket: connections waiting to be accepted
	Inode         uint64
}

// States of a TCP socket that callers ask for.
const (
	Established = 1
	SynSent     = 2
	Listening   = 10
)

// TCPSockets lists the TCP sockets of the network namespace that pid is in.
func TCPSockets(pid int) ([]Socket, error) {
	var all []Socket
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if os.IsNotExist(err) && table == "tcp6" {
			continue // the kernel has no IPv6
		}
		if err != nil {
			return nil, err
		}
		found, err := parseSockets(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("reading net/%s of %d: %w", table, pid, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

func parseSockets(r io.Reader) ([]Socket, error) {
	var found []Socket
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			continue // the heading
		}
		s, err := parseSocket(strings.Fields(lines.Text()))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		found = append(found, s)
	}
	return found, lines.Err()
}

func parseSocket(f []string) (s Socket, err error) {
	if len(f) < 10 {
		return s, fmt.Errorf("%d fields", len(f))
	}
	if s.Local, err = parseAddress(f[1]); err != nil {
		return s, err
	}
	if s.Remote, err = parseAddress(f[2]); err != nil {
		return s, err
	}
	state, err := strconv.ParseInt(f[3], 16, 32)
	if err != nil {
		return s, err
	}
	_, receive, _ := strings.Cut(f[4], ":")
	if s.Receive, err = strconv.ParseInt(receive, 16, 64); err != nil {
		return s, err
	}
	s.State = int(state)
	s.Inode, err = strconv.ParseUint(f[9], 10, 64)
	return s, err
}

// parseAddress reads the kernel's form: the address as 32-bit words in host
// byte order, then the port. Pitwall builds for little-endian machines only.
func parseAddress(text string) (netip.AddrPort, error) {
	address, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(address)
	if err != nil || len(b) != 4 && len(b) != 16 {
		return netip.AddrPort{}, fmt.Errorf("address %q", text)
	}
	p, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("port of %q", text)
	}
	for i := 0; i < len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.LittleEndian.Uint32(b[i:]))
	}
	ip, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip.Unmap(), uint16(p)), nil
}

// SocketInodes lists the inodes of the sockets that a process holds.
func SocketInodes(pid int) ([]uint64, error) {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(4096)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var inodes []uint64
	for _, name := range names {
		target, err := os.Readlink(dir.Name() + "/" + name)
		if err != nil {
			continue // closed meanwhile
		}
		number, ok := strings.CutPrefix(target, "socket:[")
		if !ok {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); err == nil {
			inodes = append(inodes, inode)
		}
	}
	return inodes, nil
}
