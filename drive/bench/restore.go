package bench

import (
	"context"
	"fmt"
	"time"

	"pitwall/core/spec"
	"pitwall/probe/exec"
)

// restoreLimit is how long a command may take to put the state back.
const restoreLimit = 5 * time.Minute

// restoreWith runs a command that puts the state back, while the services
// still run. Of what it writes only the end is kept, and what it leaves
// running is ended.
func restoreWith(ctx context.Context, command, dir string, env []string) error {
	words, err := spec.Words(command)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	w, err := exec.NewWarden("")
	if err != nil {
		return err
	}
	defer w.Close()
	o, err := exec.Run(ctx, exec.Command{Args: words, Dir: dir, Env: env, Keep: true, Limit: restoreLimit, Warden: w})
	switch {
	case err != nil:
		return fmt.Errorf("restore: %w", err)
	case o.Exit == 0 && !o.TimedOut:
		return nil
	}
	return fmt.Errorf("restore: %s", ended(o))
}
