package seedtest_test

import (
	"testing"

	"github.com/domainsync/domainsync/internal/seedtest"
)

func TestFirst(t *testing.T) {
	t.Setenv("TEST_SEED", "7")
	if got := seedtest.First(t); got != 7 {
		t.Errorf("First is %d where TEST_SEED is 7", got)
	}
	t.Setenv("TEST_SEED", "")
	if a, b, c := seedtest.First(t), seedtest.First(t), seedtest.First(t); a == b && b == c {
		t.Errorf("First is %d three times where TEST_SEED is empty", a)
	}
}
