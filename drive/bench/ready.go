package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitwall/core/spec"
	"pitwall/probe/exec"
)

// Ready runs what a benchmark file wants done in each version's directory
// before anything is timed: dependencies, assets. A cancelled context ends it
// with its error, and nothing of a task is left running, not even
// should we be killed.
func Ready(ctx context.Context, tasks []spec.Task, versions []Version, said func(string)) error {
	if len(tasks) == 0 {
		return nil
	}
	w, err := exec.NewWarden("")
	if err != nil {
		return err
	}
	defer w.Close()
	done := map[string]bool{}
	for _, v := range versions {
		if done[v.Dir] {
			continue
		}
		done[v.Dir] = true
		for _, task := range tasks {
			said(fmt.Sprintf("%s: %s", v.Name, task.Name))
			if err := ready(ctx, task, v, w); err != nil {
				return fmt.Errorf("preparing %s: %s: %w", v.Name, task.Name, err)
			}
		}
	}
	return nil
}

func ready(ctx context.Context, task spec.Task, v Version, w *exec.Warden) error {
	words, err := spec.Words(task.Command)
	if err != nil {
		return err
	}
	env := overlay(overlay(os.Environ(), task.Env), v.Env)
	o, err := exec.Run(ctx, exec.Command{Args: words, Dir: filepath.Join(v.Dir, task.Dir), Env: env, Keep: true, Limit: task.Limit(), Warden: w})
	switch {
	case err != nil:
		return err
	case o.TimedOut:
		return fmt.Errorf("not done after %s", task.Limit())
	case o.Exit == 0:
		return nil
	}
	return errors.New(ended(o))
}

// ended says how a command ended that should not have, and what it said last.
func ended(o exec.Outcome) string {
	said := append(o.Stdout.Lines(wordsOfFailure), o.Stderr.Lines(wordsOfFailure)...)
	if len(said) == 0 {
		return o.How()
	}
	return o.How() + ": " + strings.Join(said, "\n")
}
