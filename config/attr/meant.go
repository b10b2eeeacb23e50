package attr

import (
	"fmt"
	"slices"
	"strings"
)

// maxMeant is how many names a question offers; longestGiven is the most bytes of
// a name that is compared with others, for files may hold any number of any length.
const (
	maxMeant     = 3
	longestGiven = 100
)

// Meant returns the names that somebody probably meant who wrote one that does not
// exist: the one with the fewest edits where two are enough, else the first of
// those that share a word with it, the most words first.
func Meant(given string, names []string) []string {
	if len(given) > longestGiven {
		return nil
	}
	best, least := "", 3 // as HCL does: more than two edits are another word
	for _, name := range names {
		if d := edits(given, name); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		return []string{best}
	}
	most, shared := 0, make(map[int][]string)
	for _, name := range names {
		n := sharedWords(given, name)
		most = max(most, n)
		shared[n] = append(shared[n], name)
	}
	if most == 0 {
		return nil
	}
	return shared[most][:min(len(shared[most]), maxMeant)]
}

// DidYouMean asks for names that were probably meant, behind a sentence: "" where
// there are none.
func DidYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	last := len(quoted) - 1
	if last == 0 {
		return " Did you mean " + quoted[0] + "?"
	}
	return " Did you mean " + strings.Join(quoted[:last], ", ") + " or " + quoted[last] + "?"
}

// notExpected says that a member is not expected, and which one was probably meant
// or which there are.
func notExpected(given string, names []string) string {
	if meant := Meant(given, names); len(meant) > 0 {
		return fmt.Sprintf("%q is not expected here.%s", given, DidYouMean(meant))
	}
	return fmt.Sprintf("%q is not expected here; there are %s.", given, strings.Join(names, ", "))
}

// shortWord is the longest word that says nothing: max, of, no, ns.
const shortWord = 3

// sharedWords counts the words of two names that are the same but for an ending.
func sharedWords(a, b string) (n int) {
	words := strings.Split(strings.ToLower(b), "_")
	for word := range strings.SplitSeq(strings.ToLower(a), "_") {
		if len(word) > shortWord && slices.ContainsFunc(words, func(other string) bool {
			return len(other) > shortWord && edits(word, other) <= len(word)/4
		}) {
			n++
		}
	}
	return n
}

// edits is the number of edits between two words (Levenshtein), without regard to
// case.
func edits(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range y {
			cost := diagonal
			if c != d {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}
