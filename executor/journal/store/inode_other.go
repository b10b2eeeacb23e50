//go:build !unix

package store

import "io/fs"

// inode says that files have no number here that is easily read.
func inode(fs.FileInfo) (number uint64, ok bool) { return 0, false }
