//go:build !linux

package worker

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }

// resident is not known without /proc: no bound is kept.
func resident(int) int64 { return 0 }

func largest(int) int64 { return -1 }
