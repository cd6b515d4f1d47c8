package vmm

// Errno is an error of the kernel's interface. It fits an interface value
// without allocation.
type Errno uint8

const (
	_ Errno = iota
	// ENOMEM: no free range, too many mappings, or an address outside the
	// address space; also a hole in the range of Mprotect, Mremap, Madvise.
	ENOMEM
	// EINVAL: an unaligned address, a zero length, contradictory flags.
	EINVAL
	// EACCES: a protection that the mapping cannot have.
	EACCES
	// EFAULT: an address that is not mapped; the parent of both SEGV errors.
	EFAULT
	// EEXIST: MapFixedNoReplace over a mapping.
	EEXIST
	// EINTR: a killable wait was ended by a fatal signal.
	EINTR
	// EAGAIN: the operation cannot be done now; try again.
	EAGAIN
	// SEGV_MAPERR: a fault on an address that is not mapped.
	SEGV_MAPERR
	// SEGV_ACCERR: a fault that the mapping's protection forbids.
	SEGV_ACCERR
)

var errnoText = [...]string{
	ENOMEM:      "cannot allocate memory",
	EINVAL:      "invalid argument",
	EACCES:      "permission denied",
	EFAULT:      "bad address",
	EEXIST:      "file exists",
	EINTR:       "interrupted system call",
	EAGAIN:      "resource temporarily unavailable",
	SEGV_MAPERR: "address not mapped to object (SEGV_MAPERR)",
	SEGV_ACCERR: "invalid permissions for mapped object (SEGV_ACCERR)",
}

func (e Errno) Error() string { return errnoText[e] }

// Is makes errors.Is(err, EFAULT) true of both SEGV errors.
func (e Errno) Is(target error) bool {
	return target == EFAULT && (e == SEGV_MAPERR || e == SEGV_ACCERR)
}
