#include "textflag.h"

// func Read() uint64
//
// RDTSC alone may be executed before what stands in front of it; LFENCE waits
// until all of that is done (Intel SDM 2B, RDTSC; AMD APM 3, RDTSC).
TEXT ·Read(SB), NOSPLIT, $0-8
	LFENCE
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET
