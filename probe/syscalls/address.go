package syscalls

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// address families of sockaddr(3type), the same on all of Linux's machines.
const (
	familyUnix    = 1
	familyIPv4    = 2
	familyIPv6    = 10
	familyNetlink = 16
)

// address makes text of a struct sockaddr: "127.0.0.1:5432", "[::1]:80",
// "unix:/run/x", "unix:@abstract", "family 40". Empty when it is cut off.
func address(b []byte) string {
	if len(b) < 2 {
		return ""
	}
	switch family := binary.NativeEndian.Uint16(b); family {
	case familyUnix:
		return "unix:" + unixPath(b[2:])
	case familyIPv4:
		if len(b) < 8 {
			return ""
		}
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])).String()
	case familyIPv6:
		if len(b) < 24 {
			return ""
		}
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])).Unmap(), binary.BigEndian.Uint16(b[2:])).String()
	case familyNetlink:
		return "netlink"
	default:
		return fmt.Sprintf("family %d", family)
	}
}

// unixPath reads sun_path: a path ends at its zero byte, an abstract name
// begins with one and ends where the address does (unix(7)).
func unixPath(b []byte) string {
	if len(b) == 0 {
		return "(unnamed)"
	}
	if b[0] == 0 {
		return "@" + printable(string(b[1:]))
	}
	path, _, _ := strings.Cut(string(b), "\x00")
	return printable(path)
}

// printable keeps hostile names from the terminal.
func printable(s string) string {
	s = s[:min(len(s), mostText)]
	q := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}
