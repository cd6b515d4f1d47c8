package sketch0

// flaws say which sentences of the mail hold as they stand.
type flaws uint8

const (
	// oneTarget: a writer waits for 0x80000002 whether the VMA is in the tree or not.
	oneTarget flaws = 1 << iota
	// keepCount: a writer takes off the bit, and leaves its own count for a
	// vma_end_write that does not exist.
	keepCount
	// fetchInc: a reader increments whatever the count is.
	fetchInc
	// finalPut: detaching is the tree's put and nothing else.
	finalPut

	asWritten = oneTarget | keepCount | fetchInc | finalPut
)

// one is what a reader adds, in every build: nothing here comes near the
// writer's bit.
const one = 1
