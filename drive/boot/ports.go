package boot

import (
	"fmt"
	"net"
	"os"

	"pitwall/core/spec"
	"pitwall/probe/proc"
)

// choosePorts finds a free port for each unit that asks for one, and sees
// that the fixed ones are free.
func choosePorts(units []spec.Unit) (map[string]int, error) {
	ports := map[string]int{}
	for _, u := range units {
		switch {
		case u.Port == spec.Auto:
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, fmt.Errorf("finding a free port: %w", err)
			}
			defer l.Close() // after all are chosen, so that no two get the same
			ports[u.Name] = l.Addr().(*net.TCPAddr).Port
		case u.Port > 0:
			if holder := portHolder(int(u.Port)); holder != "" {
				return nil, &Error{Unit: u.Name, Err: fmt.Errorf("port %d is taken by %s", u.Port, holder),
					Hint: fmt.Sprintf("stop it, or say \"port: auto\" for %s in pitwall.yml", u.Name)}
			}
			ports[u.Name] = int(u.Port)
		}
	}
	return ports, nil
}

// portHolder names the process that listens on a port; empty when it is free.
func portHolder(port int) string {
	sockets, err := proc.TCPSockets(os.Getpid())
	if err != nil {
		return ""
	}
	for _, s := range sockets {
		if s.State == proc.Listening && int(s.Local.Port()) == port {
			return holderOf(s.Inode)
		}
	}
	return ""
}

func holderOf(inode uint64) string {
	for _, pid := range proc.Processes() {
		inodes, err := proc.SocketInodes(pid)
		if err != nil {
			continue // another user's: its name stays unknown
		}
		for _, i := range inodes {
			if i == inode {
				return fmt.Sprintf("pid %d (%s)", pid, proc.CommandLine(pid))
			}
		}
	}
	return "a process that we may not see"
}
