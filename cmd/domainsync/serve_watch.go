package main

import (
	"context"
	"crypto/sha256"
	"os"
	"time"
)

// watchEvery is how often the file of the fleet is looked at. A content that two looks
// have found is taken: one that is being written is left alone until it stays.
const watchEvery = 10 * time.Second

// A fileWatch notices that a file has another content. It looks at the content, as a
// ConfigMap or a checkout changes links above it and tells nobody.
type fileWatch struct {
	path  string
	seen  [sha256.Size]byte // at the last look
	taken [sha256.Size]byte // that was read
}

// watchFile watches a file that is about to be read.
func watchFile(path string) *fileWatch {
	w := &fileWatch{path: path}
	w.take()
	return w
}

// take says that the file is about to be read as it is now.
func (w *fileWatch) take() {
	w.seen = contentOf(w.path)
	w.taken = w.seen
}

// forget has the file be read again, though it does not change.
func (w *fileWatch) forget() { w.taken = [sha256.Size]byte{} }

// hasChanged looks at the file, and reports whether it is to be read: once for each
// content.
func (w *fileWatch) hasChanged() bool {
	now := contentOf(w.path)
	stays := now == w.seen
	w.seen = now
	if !stays || now == w.taken {
		return false
	}
	w.taken = now
	return true
}

// contentOf is a hash of what a file has, or of why it cannot be read.
func contentOf(path string) [sha256.Size]byte {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return sha256.Sum256([]byte(info.Mode().String())) // opening a pipe would wait
	}
	text, err := os.ReadFile(path)
	if err != nil {
		text = []byte(err.Error())
	}
	return sha256.Sum256(text)
}

// reloads reads the file anew whenever it has changed, or somebody asks for that.
func (s *fleetServer) reloads(ctx context.Context) {
	for {
		fired, release := s.app.clock.NewTimer(watchEvery)
		select {
		case <-s.asked:
			s.watch.take()
			s.reload(ctx)
			s.renewCertificate()
		case <-fired:
			if s.watch.hasChanged() {
				s.reload(ctx)
			}
		case <-ctx.Done():
			release()
			return
		}
		release()
	}
}
