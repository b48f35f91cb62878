package boot

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/drive/supervise"
)

// A readiness command may leave something behind that holds its output open:
// the look is over all the same when the command is.
func TestReadinessCommandThatLeavesAChildBehind(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dir := t.TempDir()
	u := supervise.Unit{Name: "web", Args: []string{"sh", "-c", "sleep 30 & echo $! > pid"}, Dir: dir, Env: os.Environ()}
	done := make(chan error, 1)
	go func() { done <- succeeds(ctx, u) }()
	select {
	case <-done:
	case <-ctx.Done():
		t.Error("waited for the child")
	}
	killPID(t, dir+"/pid")
}

func killPID(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	syscall.Kill(pid, syscall.SIGKILL)
}
