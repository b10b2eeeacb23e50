package store

import (
	"fmt"
	"os"
)

// PlaceOf names a file so that one which is put back has another name, as far as its file
// system gives numbers; "": it gives none.
func PlaceOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	number, ok := inode(info)
	if !ok {
		return "", nil
	}
	return fmt.Sprintf("file %d", number), nil
}
