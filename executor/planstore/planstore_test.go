package planstore_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/directory"
	"github.com/domainsync/domainsync/executor/planstore"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func opened(t *testing.T) journal.Blobs {
	t.Helper()
	b, err := directory.Open(t.TempDir(), planstore.Kind)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, b journal.Blobs, text string, at time.Time) string {
	t.Helper()
	hash, err := planstore.Put(t.Context(), b, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}, at)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// TestPlansComeBackByTheirHash: the hash is that of the content, which comes back as it
// was, by all of its digits or by the first ones.
func TestPlansComeBackByTheirHash(t *testing.T) {
	t.Parallel()
	b := opened(t)
	for i := range 5 {
		text := strings.Repeat(fmt.Sprintf("plan %d\n", i), 1000*i)
		hash := put(t, b, text, now)
		if sum := sha256.Sum256([]byte(text)); hash != hex.EncodeToString(sum[:]) {
			t.Errorf("the hash %s is not that of the content", hash)
		}
		again := put(t, b, text, now.Add(time.Hour))
		for _, digits := range []string{hash, again, hash[:planstore.ShortestHash]} {
			if got, err := planstore.Get(t.Context(), b, digits, now.Add(2*time.Hour)); err != nil || string(got) != text {
				t.Errorf("%s: %d bytes, %v", digits, len(got), err)
			}
		}
	}
}

// TestWhatNamesNoPlanIsRefused: each refusal says what to do.
func TestWhatNamesNoPlanIsRefused(t *testing.T) {
	t.Parallel()
	b := opened(t)
	hash := put(t, b, "plan", now)
	other := hash[:20] + strings.Repeat("0", 44)
	if err := b.Put(t.Context(), fmt.Sprintf("%s-%d", other, now.Unix()), []byte("x")); err != nil {
		t.Fatal(err)
	}
	for digits, want := range map[string]string{
		"":                               "give at least 12",
		hash[:11]:                        "give at least 12",
		strings.ToUpper(hash):            "is no hash of a plan",
		"../../etc/passwd":               "is no hash of a plan",
		hash[:20]:                        "give all of its digits",
		strings.Repeat("1", 64):          "the state has no plan with the hash 1111",
		hash + "0":                       "the state has no plan",
		other:                            "is damaged",
		hash[:63] + flipped(hash[63:64]): "the state has no plan",
	} {
		if got, err := planstore.Get(t.Context(), b, digits, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", digits, got, err, want)
		}
	}
}

func flipped(digit string) string {
	if digit == "0" {
		return "1"
	}
	return "0"
}

// TestAnotherPlanIsNotTaken: whoever can write to the state puts no other plan in the
// place of one that was reviewed.
func TestAnotherPlanIsNotTaken(t *testing.T) {
	t.Parallel()
	b := opened(t)
	hash, other := put(t, b, "reviewed", now), put(t, b, "another", now)
	packed, _, err := b.Get(t.Context(), fmt.Sprintf("%s-%d", other, now.Unix()))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), fmt.Sprintf("%s-%d", hash, now.Unix()), packed); err != nil {
		t.Fatal(err)
	}
	if got, err := planstore.Get(t.Context(), b, hash, now); err == nil || !strings.Contains(err.Error(), "another hash") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestOldPlansGo: what was stored too long ago is deleted by whoever stores or takes one,
// and so is what is no plan.
func TestOldPlansGo(t *testing.T) {
	t.Parallel()
	b := opened(t)
	old := put(t, b, "old", now)
	if err := b.Put(t.Context(), "stray", nil); err != nil {
		t.Fatal(err)
	}
	kept := put(t, b, "kept", now.Add(planstore.Kept))
	if keys, err := b.Keys(t.Context()); err != nil || len(keys) != 2 {
		t.Errorf("%q, %v", keys, err)
	}
	_, err := planstore.Get(t.Context(), b, old, now.Add(planstore.Kept+time.Second))
	if _, unknown := errors.AsType[*planstore.UnknownError](err); !unknown {
		t.Errorf("an old plan: %v", err)
	}
	if keys, err := b.Keys(t.Context()); err != nil || len(keys) != 1 || !strings.HasPrefix(keys[0], kept) {
		t.Errorf("%q, %v", keys, err)
	}
}

// TestAPlanThatCannotBeWrittenIsNotKept: half a plan is none.
func TestAPlanThatCannotBeWrittenIsNotKept(t *testing.T) {
	t.Parallel()
	b := opened(t)
	broken := errors.New("broken")
	_, err := planstore.Put(context.Background(), b, func(w io.Writer) error {
		io.WriteString(w, "half") //nolint:errcheck // what counts is the error below
		return broken
	}, now)
	if keys, _ := b.Keys(t.Context()); !errors.Is(err, broken) || len(keys) > 0 {
		t.Errorf("%v, %q", err, keys)
	}
}
