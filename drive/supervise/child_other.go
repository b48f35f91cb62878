//go:build !linux

package supervise

import (
	"errors"
	"syscall"
)

func becomeSubreaper() error { return errors.ErrUnsupported }

func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func descendants(int) []int { return nil }
