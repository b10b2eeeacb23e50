package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// stagedDir holds the files of an import while they are written, wholeDir the same
	// when all of them are: from then on they are put in their places, whatever dies.
	stagedDir = ".import-staged"
	wholeDir  = ".import-whole"
)

// A disk writes files. Tests make it die.
type disk struct{ beforeWrite func() error }

// Write writes the files into a directory, which is made where it is missing, and
// returns how they are called there. Files that are there are left as they are: a new
// *.hcl file gets a number then, and [Companions] are left out. Each file appears whole
// or not at all; where the program dies, [Finish] puts the others in their places, or
// none is there.
func Write(dir string, files []File) ([]string, error) { return new(disk).write(dir, files) }

// Finish puts those files in their places that an earlier [Write] has not come to, and
// returns all of that are there now; none where nothing was left.
func Finish(dir string) ([]string, error) { return new(disk).place(dir) }

// write stages all files and puts them in their places.
func (k *disk) write(dir string, files []File) ([]string, error) {
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.Name)); err == nil && filepath.Ext(f.Name) != ".hcl" && !isCompanion(f.Name) {
			return nil, &OccupiedError{filepath.Join(dir, f.Name)}
		}
	}
	staged := filepath.Join(dir, stagedDir)
	if err := errors.Join(k.may(), os.RemoveAll(staged)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(staged, 0o700); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := k.create(filepath.Join(staged, f.Name), f.Content); err != nil {
			return nil, errors.Join(err, k.may(), os.RemoveAll(staged))
		}
	}
	if err := errors.Join(k.may(), os.Rename(staged, filepath.Join(dir, wholeDir))); err != nil {
		return nil, err
	}
	return k.place(dir)
}

func (k *disk) may() error {
	if k.beforeWrite == nil {
		return nil
	}
	return k.beforeWrite()
}

// create writes a file durably, for nobody else to read: contacts are personal data.
func (k *disk) create(name string, content []byte) error {
	if err := k.may(); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// place puts all staged files in their places.
func (k *disk) place(dir string) ([]string, error) {
	whole := filepath.Join(dir, wholeDir)
	entries, err := os.ReadDir(whole)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name, err := k.placeFile(whole, dir, e.Name())
		if err != nil {
			return names, err
		}
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, errors.Join(k.may(), os.Remove(whole))
}

// placeFile puts one file in its place, and returns its name there; "" where it is not
// needed, since somebody has written one.
func (k *disk) placeFile(from, dir, name string) (string, error) {
	staged := filepath.Join(from, name)
	content, err := os.ReadFile(staged)
	if err != nil {
		return "", err
	}
	placed := name
	for n := 2; ; n++ {
		if err := k.may(); err != nil {
			return "", err
		}
		err := link(staged, filepath.Join(dir, placed))
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		there, err := os.ReadFile(filepath.Join(dir, placed))
		if err == nil && bytes.Equal(there, content) {
			break // it was put there before the program died
		}
		switch {
		case isCompanion(name):
			placed = ""
		case filepath.Ext(name) == ".hcl":
			placed = fmt.Sprintf("%s-%d.hcl", strings.TrimSuffix(name, ".hcl"), n)
			continue
		default:
			return "", &OccupiedError{filepath.Join(dir, placed)}
		}
		break
	}
	return placed, errors.Join(k.may(), ignoreMissing(os.Remove(staged)))
}

// link gives a file another name that no file has. Where the file system has no
// links, it is moved.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, there := os.Lstat(to); there == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
