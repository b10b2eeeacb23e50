package personal

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Masker masks personal texts for one output. Equal texts look equal, and texts
// that differ look different; so what is masked can be compared and grouped like
// what it stands for. It is safe for use by many goroutines. A nil one masks
// nothing.
type Masker struct {
	mu     sync.Mutex
	finder Finder
	masks  map[string]string // by text
	taken  map[string]int    // how many texts look alike but for a number
}

// NewMasker returns a masker that has seen nothing.
func NewMasker() *Masker { return &Masker{masks: make(map[string]string), taken: make(map[string]int)} }

// Learn makes a personal text known: [Masker.Text] finds it from then on.
func (m *Masker) Learn(field, text string) string {
	if m != nil {
		m.mu.Lock()
		m.finder.Add(field, text)
		m.mu.Unlock()
	}
	return text
}

// Mask returns what is shown of a personal text: the first character of each word,
// of an e-mail address its host as well, and a number where another text looks the
// same. Its owner recognises it, and nobody else is told it.
func (m *Masker) Mask(field, text string) string {
	if m == nil {
		return text
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finder.Add(field, text)
	return m.mask(field, text)
}

func (m *Masker) mask(field, text string) string {
	if masked, ok := m.masks[text]; ok {
		return masked
	}
	if Forgotten(text) {
		return text // it tells of nobody
	}
	form := Form(field, text)
	masked := form
	if m.taken[form]++; m.taken[form] > 1 {
		masked = fmt.Sprintf("%s (%d)", form, m.taken[form])
	}
	m.masks[text], m.masks[masked] = masked, masked // what is masked stays as it is
	return masked
}

// Text returns a text with what it tells of persons masked: what the masker has
// seen before, and every e-mail address.
func (m *Masker) Text(s string) string {
	if m == nil {
		return s
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.finder.Replace(s, m.mask)
}

// Texts masks many texts.
func (m *Masker) Texts(all []string) []string {
	if m == nil || all == nil {
		return all
	}
	masked := make([]string, len(all))
	for i, s := range all {
		masked[i] = m.Text(s)
	}
	return masked
}

// Form returns a masked text without the number that tells it from others.
func Form(field, text string) string {
	if at := strings.LastIndexByte(text, '@'); field == Email && at > 0 {
		return initial(text[:at]) + text[at:]
	}
	parts := strings.Fields(text)
	if len(parts) == 0 && text != "" {
		return "…"
	}
	for i, word := range parts {
		parts[i] = initial(word)
	}
	return strings.Join(parts, " ")
}

// initial returns the first character of a word. A combining sign has no form of
// its own and stays away.
func initial(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return ""
	}
	if r == utf8.RuneError {
		return "…"
	}
	return string(r) + "…"
}
