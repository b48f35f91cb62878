//go:build !linux || !(amd64 || arm64)

package syscalls

import (
	"context"

	"pitwall/probe/exec"
)

// Count counts nothing here: the error is an *UnsupportedError.
func Count(context.Context, exec.Command, *Marks) (Counts, error) {
	return Counts{Peak: -1}, Supported()
}

// Supported says why calls cannot be counted here.
func Supported() error {
	return &UnsupportedError{Why: "it needs Linux on amd64 or arm64"}
}
