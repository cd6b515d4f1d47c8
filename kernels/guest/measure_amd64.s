#include "textflag.h"

// Each function reads the time-stamp counter, does one thing, and reads it
// again. Under instruction-counting emulation the counter advances by one for
// each instruction. No call is made in between, so that what is measured has
// no more of ours in it than the few instructions seen here.

#define START RDTSC; SHLQ $32, DX; ORQ DX, AX; MOVQ AX, R12
#define STOP  RDTSC; SHLQ $32, DX; ORQ DX, AX; SUBQ R12, AX

// func none() int64
TEXT ·none(SB), NOSPLIT, $0-8
	START
	STOP
	MOVQ AX, ret+0(FP)
	RET

// func load(p uintptr) int64
TEXT ·load(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), BX
	START
	MOVB (BX), CX
	STOP
	MOVQ AX, ret+8(FP)
	RET

// func store(p uintptr) int64
TEXT ·store(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), BX
	START
	MOVB $1, (BX)
	STOP
	MOVQ AX, ret+8(FP)
	RET

// func call(nr, a, b, c, d uintptr) (n int64, result uintptr)
TEXT ·call(SB), NOSPLIT, $0-56
	MOVQ a+8(FP), DI
	MOVQ b+16(FP), SI
	MOVQ d+32(FP), R10
	MOVQ $-1, R8
	MOVQ $0, R9
	START
	MOVQ c+24(FP), DX
	MOVQ nr+0(FP), AX
	SYSCALL
	MOVQ AX, BX
	STOP
	MOVQ AX, n+40(FP)
	MOVQ BX, result+48(FP)
	RET

// A NOP with a number, which the plugin takes for a mark.
#define MARK(n) BYTE $0x0f; BYTE $0x1f; BYTE $0x84; BYTE $0x00; BYTE $n; BYTE $'v'; BYTE $'m'; BYTE $'a'
#define BEGIN MARK(1)
#define END MARK(2)

// func countOn()
TEXT ·countOn(SB), NOSPLIT, $0-0
	MARK(3)
	RET

// func countReport()
TEXT ·countReport(SB), NOSPLIT, $0-0
	MARK(4)
	RET

// func markedLoad(p uintptr)
TEXT ·markedLoad(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), BX
	BEGIN
	MOVB (BX), CX
	END
	RET

// func markedKernelRead(p uintptr), as kernelRead
TEXT ·markedKernelRead(SB), NOSPLIT, $0-8
	MOVQ $0, DI // SIG_BLOCK
	MOVQ p+0(FP), SI
	MOVQ $0, DX
	MOVQ $8, R10
	MOVQ $14, AX // rt_sigprocmask(2)
	BEGIN
	SYSCALL
	END
	RET
