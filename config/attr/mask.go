package attr

import (
	"strings"
	"unicode/utf8"
)

// Mask returns the beginning of a text; of an e-mail address the host as well.
func Mask(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	masked := string(first) + "***"
	if at := strings.LastIndexByte(text, '@'); at > 0 {
		masked += text[at:]
	}
	return masked
}
