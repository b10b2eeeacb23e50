package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/domainsync/domainsync/internal/textfile"
)

// listBytes is the most that a list of names may hold: a million long names.
const listBytes = 256 << 20

// readList reads a list of names, one a line. Blanks around a name, empty lines,
// lines that begin with "#" and the byte order mark are no part of it; lines end
// as on any system; see [textfile.Decode] for how text is encoded.
func readList(r io.Reader, source string) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, listBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	if len(data) > listBytes {
		return nil, fmt.Errorf("%s is larger than %d MB: a list of names has one name a line", source, listBytes>>20)
	}
	text, err := textfile.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	var names []string
	for line := range strings.Lines(string(textfile.UnixLines(text))) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	return names, nil
}
