package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// runGit runs git in a directory, and returns what it prints. Files of a commit can look
// like a repository of their own, whose configuration has commands for git to run: such a
// one is not taken for the repository that the directory lies in.
func runGit(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "safe.bareRepository=explicit"}, args...)...).Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok && len(e.Stderr) > 0 {
		first, _, _ := strings.Cut(strings.TrimSpace(string(e.Stderr)), "\n")
		err = fmt.Errorf("git %s: %s: %w", args[0], first, err)
	}
	return string(out), err
}

// A changedFile is one that git says is another one than it was.
type changedFile struct {
	path  string // absolute, without links in its directory
	shown string // from the top of the work tree, with slashes
}

// gitChanges are what has changed in a work tree.
type gitChanges struct {
	ref     string // since the last commit that HEAD has in common with it
	changed []changedFile
	// ignored are files that git was told to leave alone: nobody knows whether they
	// have changed.
	ignored []changedFile
	top     string // of the work tree, without links
}

// checkRef refuses what is no name of a commit, before git is asked.
func checkRef(ref string) error {
	switch {
	case ref == "":
		return errors.New("--changed-since is empty: give a commit, as origin/main")
	case strings.HasPrefix(ref, "-"):
		return fmt.Errorf("--changed-since %q: a commit does not begin with -", ref)
	}
	return nil
}

// changesSince asks git what has changed in the work tree of a directory since HEAD
// left a commit: by later commits, without a commit, and by files that git does not
// know. Of ignored files it asks below some paths only.
func changesSince(ctx context.Context, dir, ref string, ignoredIn []string) (*gitChanges, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	top, base, err := commonCommit(ctx, dir, ref)
	if err != nil {
		return nil, err
	}
	c := &gitChanges{ref: ref, top: realPath(top)}
	for _, ask := range []struct {
		into *[]changedFile
		args []string
	}{
		// Without renames, so that the former name of a file is told as well.
		{&c.changed, []string{"diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", base, "--"}},
		{&c.changed, []string{"ls-files", "-z", "--others", "--exclude-standard"}},
		{&c.ignored, append([]string{"--literal-pathspecs", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"}, c.inside(ignoredIn)...)},
	} {
		out, err := runGit(ctx, top, ask.args...)
		if err != nil {
			return nil, fmt.Errorf("--changed-since: what has changed cannot be told: %w", err)
		}
		*ask.into = append(*ask.into, c.files(out)...)
	}
	return c, nil
}

// commonCommit returns the top of a directory's work tree, and the last commit that HEAD
// and another commit have in common.
func commonCommit(ctx context.Context, dir, ref string) (top, base string, err error) {
	top, err = runGit(ctx, dir, "rev-parse", "--show-toplevel")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", "", errors.New("--changed-since asks git, which is not installed here, or not on the PATH")
	case err != nil:
		return "", "", fmt.Errorf("--changed-since asks git, and %s is in no work tree that it can read: %w", dir, err)
	}
	top = filepath.FromSlash(strings.TrimSuffix(top, "\n"))
	commit, err := runGit(ctx, top, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", "", fmt.Errorf("--changed-since %s: the repository has no such commit: fetch it, or write it as git does, origin/main say", ref)
	}
	base, err = runGit(ctx, top, "merge-base", strings.TrimSpace(commit), "HEAD")
	if err != nil {
		return "", "", fmt.Errorf("--changed-since %s: it has no commit in common with HEAD here; a clone with all of its history would tell more: fetch it", ref)
	}
	return top, strings.TrimSpace(base), nil
}

// inside returns those of some paths that lie in the work tree, from its top.
func (c *gitChanges) inside(paths []string) (inside []string) {
	for _, p := range paths {
		if rel, err := filepath.Rel(c.top, p); err == nil && filepath.IsLocal(rel) {
			inside = append(inside, rel)
		}
	}
	return inside
}

// files reads a list of git.
func (c *gitChanges) files(list string) (files []changedFile) {
	for name := range strings.SplitSeq(list, "\x00") {
		if name = strings.TrimSuffix(name, "/"); name != "" {
			files = append(files, changedFile{filepath.Join(c.top, filepath.FromSlash(name)), name})
		}
	}
	return files
}

// commitOf returns the commit that is checked out where a directory lies, and whether the
// files there are not those of the commit. The state of an account is no such file.
func commitOf(ctx context.Context, dir string) (commit string, changed bool, err error) {
	head, err := runGit(ctx, dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil {
		return "", false, err
	}
	status, err := runGit(ctx, dir, "--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain", "--", ".", ":(exclude).domainsync")
	return strings.TrimSpace(head), strings.TrimSpace(status) != "", err
}
