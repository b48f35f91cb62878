package syscalls

// nativeArch is AUDIT_ARCH_X86_64 of the kernel's linux/audit.h.
const nativeArch = 0xc000003e
