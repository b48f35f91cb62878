//go:build !linux

package spy

// threadCPU is unknown here.
func threadCPU() int64 { return -1 }
