//go:build !vmasim && !(linux && (amd64 || arm64))

package atomic

// rcuFenced is set where readers must order themselves.
const rcuFenced = true

func barrierEverywhere() {}
