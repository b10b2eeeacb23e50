package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes a file so that it is either the old one or the whole new
// one, whatever happens meanwhile, and only this user can read it. The name "-" is
// standard output.
func (a *app) writeFile(name string, write func(io.Writer) error) error {
	if name == "-" {
		return buffered(a.stdout, write)
	}
	return replaceFile(name, 0o600, write)
}

// replaceFile writes a file beside the old one and puts it in its place.
func replaceFile(name string, perm os.FileMode, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	f, err := temporaryBeside(name)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is there only where the rename was not reached
	if err := writeDurably(f, perm, write); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// temporaryBeside makes a file, of mode 0600, in the directory of another.
func temporaryBeside(name string) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		e.Path = name // nobody knows the other
	}
	return f, err
}

// canWrite says beforehand whether a file can be written. What is to stand in
// it may take long to read, or cannot be had again. The name "" is none.
func canWrite(name string) error {
	if name == "" || name == "-" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory: name a file", name)
	}
	f, err := temporaryBeside(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeDurably writes a file until it is durable, and closes it.
func writeDurably(f *os.File, perm os.FileMode, write func(io.Writer) error) error {
	defer f.Close() //nolint:errcheck // the close that counts is below
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if err := buffered(f, write); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
