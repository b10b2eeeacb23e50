package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean names what is spelled like a name, or holds it.
func didYouMean(name string, candidates []string) string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	low := strings.ToLower(name)
	for _, c := range candidates {
		other := strings.ToLower(c)
		distance := levenshtein.Distance(low, other, nil)
		if distance <= 1+len(c)/4 || len(low) >= 4 && strings.Contains(other, low) {
			found = append(found, near{c, distance})
		}
	}
	slices.SortStableFunc(found, func(x, y near) int { return cmp.Compare(x.distance, y.distance) })
	var names []string
	for _, f := range found[:min(len(found), 3)] {
		if f.distance <= 2*found[0].distance+1 {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return "."
	}
	return ". Did you mean " + alternatives(names) + "?"
}

// alternatives lists what can be chosen: a, b or c. What stands for nothing is
// left out.
func alternatives[T ~string](values []T) string {
	var text []string
	for _, v := range values {
		if v != "" {
			text = append(text, string(v))
		}
	}
	if len(text) < 2 {
		return strings.Join(text, "")
	}
	return strings.Join(text[:len(text)-1], ", ") + " or " + text[len(text)-1]
}
