// Package machine says what machine this is and how it is doing: the facts
// that a stored figure depends on, and whether times can be measured here.
// What the platform does not tell stays unknown.
package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"

	"pitwall/core/run"
)

// Facts describes this machine.
func Facts() run.Machine {
	m := run.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), MemoryBytes: run.Unread}
	m.Hostname, _ = os.Hostname()
	describe(&m, "/")
	m.Fingerprint = fingerprint(m)
	return m
}

// Read is the machine's state now.
func Read() run.Reading { return read("/") }

// Conditions are what makes times differ on this machine.
func Conditions() run.Conditions { return conditions("/") }

// memoryStep rounds memory for the fingerprint: what the kernel reports
// changes a little from boot to boot.
const memoryStep = 64 << 20

// fingerprint is a digest of what does not change by itself. The host's name
// is left out: containers get a new one at every start.
func fingerprint(m run.Machine) string {
	memory := (m.MemoryBytes + memoryStep/2) / memoryStep
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%d\n%d\n%s\n", m.OS, m.Kernel, m.Arch, m.CPU, m.Cores, memory, m.Container))
	return hex.EncodeToString(sum[:])
}
