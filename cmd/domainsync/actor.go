package main

import (
	"net/url"
	"os"

	"github.com/domainsync/domainsync/executor/journal"
)

// A runner is a CI as it tells in the environment of a job which run that is of.
type runner struct {
	name   string
	mark   string // the variable that only this runner sets
	number string // the variable that holds the number of the run
	person string // that holds who has triggered it; "": none does
	link   string // its address, with variables as $NAME
}

// runners are those whose runs are told by name and with a link.
var runners = []runner{
	{"GitHub Actions", "GITHUB_ACTIONS", "GITHUB_RUN_ID", "GITHUB_ACTOR", "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"},
	{"GitLab CI", "GITLAB_CI", "CI_JOB_ID", "GITLAB_USER_LOGIN", "$CI_JOB_URL"},
	{"Buildkite", "BUILDKITE", "BUILDKITE_BUILD_NUMBER", "BUILDKITE_BUILD_CREATOR", "$BUILDKITE_BUILD_URL"},
	{"CircleCI", "CIRCLECI", "CIRCLE_BUILD_NUM", "CIRCLE_USERNAME", "$CIRCLE_BUILD_URL"},
	{"Jenkins", "JENKINS_URL", "BUILD_NUMBER", "", "$BUILD_URL"},
}

// actor is who runs the program: a person at a machine, a run of a CI, or a fleet's job.
func (a *app) actor() journal.Actor {
	if a.by != "" {
		return journal.Actor{By: a.by}
	}
	for _, r := range runners {
		if a.getenv(r.mark) != "" {
			return r.actor(a.getenv)
		}
	}
	return journal.Actor{By: a.operator()}
}

func (r runner) actor(getenv func(string) string) journal.Actor {
	by := r.name
	if number := getenv(r.number); number != "" {
		by += " run " + number
	}
	if r.person != "" && getenv(r.person) != "" {
		by = getenv(r.person) + ", " + by
	}
	whole := true
	link := os.Expand(r.link, func(variable string) string {
		value := getenv(variable)
		whole = whole && value != ""
		return value
	})
	if !whole {
		return journal.Actor{By: by}
	}
	return journal.Actor{By: by, Link: pageAddress(link)}
}

// pageAddress returns the address of a page without what may be a secret in it; "" where
// a browser would open no page there.
func pageAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
