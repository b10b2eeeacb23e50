// Package seedtest says from which seed tests draw that draw at random.
package seedtest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// First returns the seed from which a test draws: the number in the environment
// variable TEST_SEED, as make sets it, and any other where there is none. A test
// says which seed it has.
func First(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("TEST_SEED")
	if text == "" {
		return rand.Uint64N(1e9) //nolint:gosec // it draws cases, not secrets
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("TEST_SEED: %v", err)
	}
	return seed
}
