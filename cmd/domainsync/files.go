package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
)

// writeFile writes a file so that it is either the old one or the whole new
// one, whatever happens meanwhile. The name "-" is standard output.
func (a *app) writeFile(name string, perm os.FileMode, write func(io.Writer) error) error {
	if name == "-" {
		return buffered(a.stdout, write)
	}
	return replaceFile(name, perm, write)
}

// replaceFile writes a file beside the old one and puts it in its place.
func replaceFile(name string, perm os.FileMode, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is there only where the rename was not reached
	if err := fill(f, perm, write); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// fill writes a file until it is durable, and closes it.
func fill(f *os.File, perm os.FileMode, write func(io.Writer) error) error {
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
