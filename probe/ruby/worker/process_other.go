//go:build !linux

package worker

import "syscall"

// maxrssUnit is what the kernel counts resident sets in: bytes on macOS.
const maxrssUnit = 1

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// resident is not known without /proc: no bound is kept.
func resident(int) int64 { return 0 }

func largest(int) int64 { return -1 }

func signalName(s syscall.Signal) string { return s.String() }
