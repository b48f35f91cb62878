//go:build !linux

package proc

import "errors"

// ListenQueue works on Linux only.
func ListenQueue(int, int) (waiting int64, found bool, err error) {
	return 0, false, errors.ErrUnsupported
}
