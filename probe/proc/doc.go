// Package proc looks at processes from outside, through /proc and
// process_vm_readv: their times and sockets, their memory map, the symbols of
// the files they run, and their memory. Nothing is stopped or written to. A
// read that came short is an error, and a refusal says what would lift it.
package proc
