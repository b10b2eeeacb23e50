package words_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/internal/words"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 15070: "15,070", 999999: "999,999", 1000000: "1,000,000",
		-1: "-1", -999: "-999", -1000: "-1,000", -100000: "-100,000",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := words.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
	if got := words.Number(uint64(math.MaxUint64)); got != "18,446,744,073,709,551,615" {
		t.Errorf("the largest number is written %q", got)
	}
}

// amount has words of its own, which Number does not use.
type amount int

func (a amount) String() string { return words.Number(a) + ".00" }

func TestNumberOfATypeWithWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	if got := amount(-1500).String(); got != "-1,500.00" {
		t.Errorf("the amount is written %q", got)
	}
}

// FuzzNumber holds that a number can be read back, and that its groups have
// three digits each.
func FuzzNumber(f *testing.F) {
	for _, n := range []int64{0, 1, -1, 999, 1000, -1000, 123456789, math.MinInt64} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		text := words.Number(n)
		if back, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64); err != nil || back != n {
			t.Fatalf("%d is written %q, which reads as %d (%v)", n, text, back, err)
		}
		groups := strings.Split(strings.TrimPrefix(text, "-"), ",")
		for i, group := range groups {
			if len(group) > 3 || len(group) == 0 || i > 0 && len(group) < 3 {
				t.Fatalf("%d is written %q: group %q", n, text, group)
			}
		}
	})
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 1: "1ms", 300 * time.Millisecond: "300ms", time.Second: "1s", time.Second + 1: "2s", 59 * time.Second: "59s",
		59*time.Second + 1: "1m", 10 * time.Minute: "10m", 90 * time.Minute: "1h30m", 100 * time.Minute: "1h40m",
		time.Hour: "1h", time.Hour + 10*time.Second: "1h0m10s", 25 * time.Hour: "25h", 24*time.Hour + 1: "24h0m1s",
		-90 * time.Second: "-1m30s", -time.Hour - 1: "-1h",
	} {
		if got := words.Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestDurationNeverHidesTheExcess: a plan that is older than its limit is said to be
// older, however little.
func TestDurationNeverHidesTheExcess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := time.Duration(rapid.Int64Range(1, 1000).Draw(t, "limit")) * time.Second
		over := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "over"))
		if age, most := words.Duration(limit+over), words.Duration(limit); age == most {
			t.Errorf("%s, which is more than %s, reads as %s", limit+over, limit, age)
		}
		read, err := time.ParseDuration(words.Duration(limit + over))
		if err != nil || read < limit+over || read-limit-over >= time.Second {
			t.Errorf("%s reads as %s (%v)", limit+over, read, err)
		}
	})
}

func TestCount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n     int
		thing string
		want  string
	}{
		{0, "name", "0 names"},
		{1, "name", "1 name"},
		{2, "name", "2 names"},
		{2000, "declared name", "2,000 declared names"},
		{1, "more similar error", "1 more similar error"},
		{1000, "more similar error", "1,000 more similar errors"},
		{2, "entry", "2 entries"},
		{2, "directory", "2 directories"},
		{2, "day", "2 days"},
		{2, "address", "2 addresses"},
		{2, "batch", "2 batches"},
		{2, "prefix", "2 prefixes"},
		{2, "flash", "2 flashes"},
		{-1, "name", "-1 names"},
		{2, "y", "2 ys"},
	} {
		if got := words.Count(test.n, test.thing); got != test.want {
			t.Errorf("Count(%d, %q) = %q, want %q", test.n, test.thing, got, test.want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "wait", 1: "waits", 2: "wait", 1001: "wait"} {
		if got := words.Plural(n, "waits", "wait"); got != want {
			t.Errorf("%d %s, want %s", n, got, want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shown  []string
		others int
		want   string
	}{
		{nil, 0, ""},
		{[]string{"a"}, 0, "a"},
		{[]string{"a", "b"}, 0, "a, b"},
		{[]string{"a", "b"}, -1, "a, b"},
		{[]string{"a", "b"}, 1, "a, b and 1 more"},
		{[]string{"a"}, 12000, "a and 12,000 more"},
	} {
		if got := words.List(test.shown, test.others); got != test.want {
			t.Errorf("List(%q, %d) = %q, want %q", test.shown, test.others, got, test.want)
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"", 0, ""},
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"a", 0, "…"},
		{"äöü", 3, "äöü"},
		{"äöüß", 3, "äöü…"},
		{"a\xffbcd", 3, "ab…"},
	} {
		if got := words.Truncate(test.text, test.n); got != test.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}

// FuzzTruncate holds that a text is either whole, or cut and marked.
func FuzzTruncate(f *testing.F) {
	f.Add("example.com", 3)
	f.Add("äöü", 2)
	f.Add("\xff\xfe", 1)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 0 {
			t.Skip("no text has fewer characters than none")
		}
		got := words.Truncate(text, n)
		if utf8.RuneCountInString(text) <= n {
			if got != text {
				t.Fatalf("Truncate(%q, %d) = %q", text, n, got)
			}
			return
		}
		kept, marked := strings.CutSuffix(got, "…")
		if !marked || utf8.RuneCountInString(kept) > n || !utf8.ValidString(kept) {
			t.Fatalf("Truncate(%q, %d) = %q", text, n, got)
		}
		if utf8.ValidString(text) && !strings.HasPrefix(text, kept) {
			t.Fatalf("Truncate(%q, %d) = %q, which is not how it begins", text, n, got)
		}
	})
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"it is empty": "It is empty.",
		"":            ".",
		"éa":          "Éa.",
		"\xffa":       "\xffa.",
		"1 is odd":    "1 is odd.",
		"is it odd?":  "Is it odd?",
	} {
		if got := words.Sentence(errors.New(text)); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{
		0: "< 1 s", 0.9: "< 1 s", 1: "1 s", 1.1: "2 s", 99: "99 s", 100: "2 min", 3600: "60 min", 6000: "1 h 40 min", 90000: "25 h 0 min",
	} {
		if got := words.Seconds(seconds); got != want {
			t.Errorf("%v s: got %s, want %s", seconds, got, want)
		}
	}
	if got, want := words.About(0.2)+", "+words.About(61), "less than a second, about 61 s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
