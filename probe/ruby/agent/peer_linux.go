package agent

import (
	"net"
	"os"

	"golang.org/x/sys/unix"

	"pitwall/probe/proc"
)

// socketMode lets any user connect, for an app is often started as another
// one. Whose word is taken is up to ours.
const socketMode = 0o666

// maxForebears bounds the way from a process up to ours.
const maxForebears = 100

// ours says whether the process at the other end is of our user, root's, or a
// descendant of this process. What an app sends into the background remains
// one, under its supervisor.
func ours(c *net.UnixConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var peer *unix.Ucred
	if e := raw.Control(func(fd uintptr) { peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); e != nil || err != nil {
		return false
	}
	return peer.Uid == 0 || int(peer.Uid) == os.Geteuid() || descends(int(peer.Pid), os.Getpid())
}

func descends(pid, from int) bool {
	for range maxForebears {
		if pid == from {
			return true
		}
		s, err := proc.ReadStat(pid)
		if err != nil || s.Parent <= 1 {
			return err == nil && s.Parent == from
		}
		pid = s.Parent
	}
	return false
}
