package main

import (
	"errors"
	"fmt"
	"testing"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 2}, 2},
		{[]int{2, 1}, 1},
		{[]int{1, 3}, 3},
		{[]int{2, 3}, 3},
		{[]int{3, 4}, 4},
		{[]int{4, 1}, 4},
		{[]int{4, 5, 3, 1, 2}, 5},
		{[]int{6}, 6},
	} {
		if got := exitCode(test.codes...); got != test.want {
			t.Errorf("exitCode(%v) = %d, want %d", test.codes, got, test.want)
		}
	}
}

func TestExitErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err     error
		code    int
		message string
	}{
		{nil, 0, ""},
		{ended(), 0, ""},
		{ended(0, 2), 2, ""},
		{errors.New("broken"), 1, "broken"},
		{failed(exitGuard, "refused by %s", "x"), 3, "refused by x"},
		{fmt.Errorf("open: %w", failed(exitHeld, "held")), 6, "open: held"},
	} {
		if got := codeOf(test.err); got != test.code {
			t.Errorf("codeOf(%v) = %d, want %d", test.err, got, test.code)
		}
		if got := message(test.err); got != test.message {
			t.Errorf("message(%v) = %q, want %q", test.err, got, test.message)
		}
	}
}
