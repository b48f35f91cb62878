package syscalls

// nativeArch is AUDIT_ARCH_AARCH64 of the kernel's linux/audit.h.
const nativeArch = 0xc00000b7
