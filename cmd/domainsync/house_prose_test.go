package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// riddles are phrases that a reader has to solve. A class of one letter keeps
// each pattern from finding itself.
var riddles = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b[t]hat is so\b`), "say what is the case"},
	{regexp.MustCompile(`\b[i]s none that\b`), "say what is wrong with it"},
	{regexp.MustCompile(`\b[w]hat is both\b`), "say what happens to something that is the one and the other"},
	{regexp.MustCompile(`\b[h]ears (of|that|how)\b`), "a program does not hear: say what it reads, or what calls it"},
	{regexp.MustCompile(`\b[A]nd so on and so\b`), "say how it goes on"},
	{regexp.MustCompile(`\b[Aa]n (?:[bcdfgjklmnpqrstvwyz][a-z]\w*|h(?:ost|ash|old|and|igh|ead)\w*)\b`), "a, before a consonant"},
}

// plainWord matches a word without marks; two equal ones in a row are a slip.
var plainWord = regexp.MustCompile(`^[a-z]{2,}$`)

// unclear returns what is hard to read in a text, and what to do about it.
func unclear(text string) (found [][2]string) {
	for _, r := range riddles {
		for _, phrase := range r.pattern.FindAllString(text, -1) {
			found = append(found, [2]string{phrase, r.instead})
		}
	}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		fields := strings.Fields(paragraph)
		for i := 2; i < len(fields); i++ { // a comment may begin with a name that is the verb as well
			if fields[i] == fields[i-1] && plainWord.MatchString(fields[i]) {
				found = append(found, [2]string{fields[i] + " " + fields[i], "one word twice in a row"})
			}
		}
	}
	return found
}

// codeSpan is what a document shows as code.
var codeSpan = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

func TestHouseProseIsClear(t *testing.T) {
	t.Parallel()
	comments, documents := 0, 0
	for _, file := range tracked(t) {
		content, err := os.ReadFile(path.Join("../..", file))
		if err != nil {
			continue // removed, not committed yet
		}
		switch path.Ext(file) {
		case ".md":
			documents++
			for _, x := range unclear(codeSpan.ReplaceAllString(string(content), "CODE")) {
				t.Errorf("%s: %q: %s", file, x[0], x[1])
			}
		case ".go":
			files := token.NewFileSet()
			parsed, err := parser.ParseFile(files, file, content, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, c := range parsed.Comments {
				comments++
				for _, x := range unclear(prose(c)) {
					t.Errorf("%s: %q: %s", files.Position(c.Pos()), x[0], x[1])
				}
			}
		}
	}
	if comments == 0 || documents == 0 {
		t.Errorf("%d comments and %d documents were read", comments, documents)
	}
}

// prose returns a comment without the lines that are code: those that are
// indented.
func prose(c *ast.CommentGroup) string {
	lines := strings.Split(c.Text(), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "    ") })
	return strings.Join(lines, "\n")
}

// TestHouseProseCatches shows that the rules can find something.
func TestHouseProseCatches(t *testing.T) {
	t.Parallel()
	// Written in two halves, so that this file passes its own test.
	for _, bad := range []string{
		"a name is warned of " + "of which nothing is said", "It reports whether that " + "is so.",
		"An answer is no" + "ne that has no list.", "what is bo" + "th is live", "a run he" + "ars of it", "the task of a" + "n batch",
		"An lost" + "Answer is found", "a line ends with the\n" + "the next one",
	} {
		if len(unclear(bad)) == 0 {
			t.Errorf("%q is not found", bad)
		}
	}
	for _, good := range []string{
		"counts counts the records", "an hour", "an NS record", "an e-mail address", "a batch", "10 10", "-- --", "so that is that", "an SOA", "an x",
	} {
		if found := unclear(good); len(found) > 0 {
			t.Errorf("%q is found, and clear: %q", good, found)
		}
	}
}
