package vmmtest

import "testing"

func TestDumb(t *testing.T) { Run(t, Dumb) }
