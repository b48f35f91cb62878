//go:build !linux

package proc

// ReadV is not to be had here: it always answers ErrUnsupported.
func (m *Memory) ReadV([]Range) error { return ErrUnsupported }
