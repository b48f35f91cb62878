package proc

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ListenQueue counts the connections that wait to be accepted on a TCP port,
// in the network namespace that pid is in; found is false when nothing
// listens there. It asks by netlink (sock_diag(7), state LISTEN only), because
// /proc/net/tcp makes the kernel walk its table of established connections.
func ListenQueue(pid, port int) (waiting int64, found bool, err error) {
	if !sameNetwork(pid) {
		return listenQueueOf(pid, port)
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		n, ok, err := listening(family, port)
		if err != nil {
			return listenQueueOf(pid, port)
		}
		waiting, found = waiting+n, found || ok
	}
	return waiting, found, nil
}

// listenQueueOf reads the same from /proc.
func listenQueueOf(pid, port int) (waiting int64, found bool, err error) {
	sockets, err := TCPSockets(pid)
	if err != nil {
		return 0, false, err
	}
	for _, s := range sockets {
		if s.State == Listening && int(s.Local.Port()) == port {
			waiting, found = waiting+s.Receive, true
		}
	}
	return waiting, found, nil
}

func sameNetwork(pid int) bool {
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return false
	}
	ours, err := os.Readlink("/proc/self/ns/net")
	return err == nil && ours == theirs
}

// inetDiagRequest is struct inet_diag_req_v2 of linux/inet_diag.h behind a
// netlink header.
type inetDiagRequest struct {
	header   unix.NlMsghdr
	family   uint8
	protocol uint8
	ext, pad uint8
	states   uint32
	id       [48]byte
}

const (
	sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY
	diagSourcePort   = 4  // struct inet_diag_msg: family, state, timer, retrans, then the port, big-endian
	diagReceiveQueue = 56 // idiag_rqueue, after the 48 bytes of idiag_id and idiag_expires
	diagLength       = 72
)

func listening(family uint8, port int) (waiting int64, found bool, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return 0, false, err
	}
	defer unix.Close(fd)
	req := inetDiagRequest{family: family, protocol: unix.IPPROTO_TCP, states: 1 << Listening}
	req.header = unix.NlMsghdr{Len: uint32(unsafe.Sizeof(req)), Type: sockDiagByFamily, Flags: unix.NLM_F_REQUEST | unix.NLM_F_DUMP, Seq: 1}
	raw := (*[unsafe.Sizeof(req)]byte)(unsafe.Pointer(&req))[:]
	if err := unix.Sendto(fd, raw, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, false, err
	}
	buffer := make([]byte, 32<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return 0, false, err
		}
		w, ok, done, err := sumListening(buffer[:n], port)
		waiting, found = waiting+w, found || ok
		if done || err != nil {
			return waiting, found, err
		}
	}
}

// sumListening adds up the answers in one datagram.
func sumListening(b []byte, port int) (waiting int64, found, done bool, err error) {
	for len(b) >= unix.NLMSG_HDRLEN {
		length := int(binary.NativeEndian.Uint32(b))
		if length < unix.NLMSG_HDRLEN || length > len(b) {
			return waiting, found, true, fmt.Errorf("netlink message of %d bytes in %d", length, len(b))
		}
		body := b[unix.NLMSG_HDRLEN:length]
		switch kind := binary.NativeEndian.Uint16(b[4:]); {
		case kind == unix.NLMSG_DONE:
			return waiting, found, true, nil
		case kind == unix.NLMSG_ERROR:
			return waiting, found, true, fmt.Errorf("netlink refuses to list sockets")
		case kind == sockDiagByFamily && len(body) >= diagLength && int(binary.BigEndian.Uint16(body[diagSourcePort:])) == port:
			waiting, found = waiting+int64(binary.NativeEndian.Uint32(body[diagReceiveQueue:])), true
		}
		b = b[min(len(b), (length+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1)):]
	}
	return waiting, found, false, nil
}
