// Package words writes numbers, counted things and lists the way people read
// them, the same in every message: "1 name", "15,070 names", "a, b and 3 more".
//
// It knows texts alone. Who writes text from outside escapes it first.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// integer is any type of whole numbers.
type integer interface {
	~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64
}

// Number writes a whole number with a comma before each three digits: 15,070.
func Number[N integer](n N) string {
	sign, digits := "", strconv.FormatUint(uint64(n), 10)
	if n < 0 {
		sign, digits = "-", strconv.FormatInt(int64(n), 10)[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count writes how many there are of a thing, which is given in the singular:
// "1 name", "2,000 names", "0 entries".
func Count[N integer](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Number(n) + " " + plural(thing)
}

// Duration writes how long something took, is old or is off: "25h", "1h30m",
// "40s". It is rounded up to whole seconds, below one second to milliseconds, so
// that what is longer than a limit never reads as if it were not.
func Duration(d time.Duration) string {
	unit := time.Second
	if d.Abs() < time.Second {
		unit = time.Millisecond
	}
	if rest := d % unit; rest > 0 {
		d += unit - rest
	} else {
		d -= rest
	}
	text := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if short := strings.TrimSuffix(text, zero); strings.HasSuffix(short, "h") || strings.HasSuffix(short, "m") {
			text = short
		}
	}
	return text
}

// Plural chooses the form that fits the number n, for verbs and pronouns:
// Plural(n, "waits", "wait").
func Plural[N integer](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// plural returns the plural of a noun, or of a phrase that ends with one.
func plural(noun string) string {
	before := ""
	if at := len(noun) - 1; at > 0 {
		before = noun[at-1 : at]
	}
	switch {
	case strings.HasSuffix(noun, "y") && before != "" && !strings.Contains("aeiou", before):
		return noun[:len(noun)-1] + "ies" // entry, registry
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"):
		return noun + "es" // address, batch
	}
	return noun + "s"
}

// List writes the texts that are shown, and how many others there are: "a, b",
// or "a, b and 3 more".
func List(shown []string, others int) string {
	list := strings.Join(shown, ", ")
	if others > 0 {
		list += " and " + Number(others) + " more"
	}
	return list
}

// Truncate cuts a text to its first n characters. A text that was cut ends
// with "…".
func Truncate(text string, n int) string {
	for at := range text {
		if n == 0 {
			return strings.ToValidUTF8(text[:at], "") + "…"
		}
		n--
	}
	return text
}

// Capitalize writes the first letter as a capital.
func Capitalize(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// Sentence writes an error as a sentence.
func Sentence(err error) string { return Ended(Capitalize(err.Error())) }

// Ended ends a text with a full stop, unless it is a question.
func Ended(text string) string {
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// Seconds writes a time that is given in seconds, rounded up: "12 s", "5 min".
func Seconds(seconds float64) string {
	switch {
	case seconds < 1:
		return "< 1 s"
	case seconds < 100:
		return fmt.Sprintf("%.0f s", math.Ceil(seconds))
	case seconds < 100*60:
		return fmt.Sprintf("%.0f min", math.Ceil(seconds/60))
	}
	minutes := int(math.Ceil(seconds / 60))
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// About writes a time that is given in seconds in a sentence: "about 12 s".
func About(seconds float64) string {
	if seconds < 1 {
		return "less than a second"
	}
	return "about " + Seconds(seconds)
}
