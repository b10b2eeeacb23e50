package main

import (
	"os"
	"path/filepath"
	"strings"
)

// mostLinks bounds how many links are followed from one to the next.
const mostLinks = 40

// absolutePath returns a path from the root of the file system. Where the working directory
// is gone it stays as it is.
func absolutePath(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return filepath.Clean(path)
}

// realPath returns the path of a file without links, as far as the file is there.
func realPath(path string) string {
	path = absolutePath(path)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(realPath(parent), filepath.Base(path))
}

// placesOf returns where a change alters what a path leads to: the path itself, each
// link that it leads over, and the file. None needs to be there.
func placesOf(path string) []string {
	path = absolutePath(path)
	places := []string{path}
	for range mostLinks {
		path = filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path))
		places = append(places, path)
		next, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = filepath.Clean(next)
	}
	return places
}

// within reports whether a path is a directory or lies below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// hasHiddenStep reports whether a path from a directory has a step that begins with a dot.
func hasHiddenStep(rel string) bool {
	for step := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if strings.HasPrefix(step, ".") && step != "." {
			return true
		}
	}
	return false
}
