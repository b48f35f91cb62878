package lap

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	core "pitwall/core/lap"
	"pitwall/drive/boot"
	"pitwall/probe/proc"
)

// ErrNoPuma says that no Puma runs here.
var ErrNoPuma = errors.New("no running Puma was found")

// FindPuma is the pid of the one Puma on this machine, its master where it is
// a cluster. Several are an error that lists them.
func FindPuma() (int, error) {
	var found []int
	for _, pid := range proc.Processes() {
		title := proc.CommandLine(pid)
		if strings.HasPrefix(title, "puma ") && strings.Contains(title, "[") {
			found = append(found, pid)
		}
	}
	switch len(found) {
	case 0:
		return 0, ErrNoPuma
	case 1:
		return found[0], nil
	}
	text := ""
	for _, pid := range found {
		text += fmt.Sprintf("\n  %d %s", pid, proc.CommandLine(pid))
	}
	return 0, fmt.Errorf("several Pumas run here:%s", text)
}

// attach finds the processes of an app that runs already. Nothing is loaded
// into it, so how it is set up stays mostly unknown. Should it end, the lap is
// cancelled with the reason.
func (t *turn) attach(ctx context.Context, cancel context.CancelCauseFunc) error {
	if err := supported(); err != nil {
		return err
	}
	first, err := proc.ReadStat(t.o.Attach)
	if err != nil || first.State == 'Z' {
		return fmt.Errorf("attaching to process %d: %w", t.o.Attach, proc.ErrGone)
	}
	t.background.Go(func() {
		for now := first; err == nil && now.Started == first.Started && now.State != 'Z'; now, err = proc.ReadStat(t.o.Attach) {
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
		cancel(fmt.Errorf("the app died: process %d: %w", t.o.Attach, proc.ErrGone))
	})
	t.ev.Processes = boot.Tree(t.o.Attach, t.web())
	t.ev.Setup = core.Setup{Facts: map[string]string{}, Hosts: []core.Host{}, Rows: map[string]int64{}}
	t.note("attached: nothing was loaded into the app, so statements, objects per request and queue time are unknown")
	if t.o.Drive {
		address, err := t.listening()
		if err != nil {
			return err
		}
		t.address = address
	}
	return t.settle()
}

// listening is where the attached app takes requests: the address in
// pitwall.yml if it is a fixed one, else a port that one of its processes
// listens on.
func (t *turn) listening() (string, error) {
	if u := t.o.Spec.Web(); u != nil && u.Address != "" && !strings.Contains(u.Address, "{") {
		return u.Address, nil
	}
	port := t.listenPort()
	if !port.IsValid() {
		return "", fmt.Errorf("process %d listens on no TCP port that we can see: give its address in pitwall.yml", t.o.Attach)
	}
	host := port.Addr()
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !host.IsLoopback() {
		return "", fmt.Errorf("process %d listens on %s, not on loopback: give its address in pitwall.yml", t.o.Attach, port)
	}
	return "http://" + netip.AddrPortFrom(host, port.Port()).String(), nil
}

// listenPort is where the app's processes listen; invalid when nowhere.
func (t *turn) listenPort() netip.AddrPort {
	for _, p := range t.ev.Processes {
		inodes, err := proc.SocketInodes(p.PID)
		if err != nil {
			continue
		}
		mine := map[uint64]bool{}
		for _, i := range inodes {
			mine[i] = true
		}
		sockets, err := proc.TCPSockets(p.PID)
		if err != nil {
			continue
		}
		for _, s := range sockets {
			if s.State == proc.Listening && mine[s.Inode] {
				return s.Local
			}
		}
	}
	return netip.AddrPort{}
}
