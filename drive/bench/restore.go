package bench

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"pitwall/core/spec"
)

// restoreLimit is how long a command may take to put the state back.
const restoreLimit = 5 * time.Minute

// restoreWith runs a command that puts the state back, while the services
// still run.
func restoreWith(ctx context.Context, command, dir string, env []string) error {
	words, err := spec.Words(command)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, restoreLimit)
	defer cancel()
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir, c.Env, c.WaitDelay = dir, env, time.Second
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("restore: %w: %s", err, strings.TrimSpace(string(out[max(0, len(out)-2000):])))
	}
	return nil
}

// last keeps the last value of every variable, sorted by name.
func last(env []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, pair := range slices.Backward(env) {
		if name, _, _ := strings.Cut(pair, "="); !seen[name] {
			seen[name] = true
			out = append(out, pair)
		}
	}
	slices.Sort(out)
	return out
}
