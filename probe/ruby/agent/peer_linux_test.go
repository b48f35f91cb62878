package agent

import (
	"os"
	"os/exec"
	"testing"
)

func TestDescends(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	for _, c := range []struct {
		pid, from int
		want      bool
	}{
		{os.Getpid(), os.Getpid(), true},
		{cmd.Process.Pid, os.Getpid(), true},
		{cmd.Process.Pid, os.Getppid(), true},
		{os.Getppid(), os.Getpid(), false},
		{1, os.Getpid(), false},
		{cmd.Process.Pid, 1 << 30, false},
		{1 << 30, os.Getpid(), false}, // gone
	} {
		if got := descends(c.pid, c.from); got != c.want {
			t.Errorf("descends(%d, %d) = %v", c.pid, c.from, got)
		}
	}
}
