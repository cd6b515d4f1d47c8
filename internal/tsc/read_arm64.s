#include "textflag.h"

// func Read() uint64
//
// ISB keeps the counter from being read before what stands in front of it is
// done (Arm ARM, D11.1.2).
TEXT ·Read(SB), NOSPLIT, $0-8
	ISB  $15
	MRS  CNTVCT_EL0, R0
	MOVD R0, ret+0(FP)
	RET
