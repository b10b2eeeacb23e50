package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// listBytes is the most that a list of names may hold: a million long names.
const listBytes = 256 << 20

// readList reads a list of names, one a line. Blanks around a name, empty lines,
// lines that begin with "#" and the byte order mark are no part of it; lines end
// as on any system. Text that is not UTF-8 is refused with its place: a name
// that was read wrongly would be asked for, and could be bought.
func readList(r io.Reader, source string) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, listBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	if len(data) > listBytes {
		return nil, fmt.Errorf("%s is larger than %d MB: a list of names has one name a line", source, listBytes>>20)
	}
	if wide(data) {
		return nil, fmt.Errorf("%s is text in UTF-16: save it as UTF-8", source)
	}
	text := lineEnds.Replace(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	var names []string
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		if !utf8.ValidString(line) {
			return nil, fmt.Errorf("%s:%d: this is no UTF-8: save the list as UTF-8", source, n)
		}
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	return names, nil
}

// lineEnds makes line ends of Windows and old Macs those of Unix.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// wide reports whether text is in UTF-16: it begins with its byte order mark, or
// every other byte of its begin is zero.
func wide(data []byte) bool {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return true
	}
	return len(data) >= 2 && (data[0] == 0) != (data[1] == 0)
}
