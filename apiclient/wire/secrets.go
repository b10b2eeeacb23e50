package wire

import (
	"regexp"
	"strings"
)

// secretNames are the members that the table calls secret, in lower case.
var secretNames = make(map[string]bool)

func init() {
	for _, o := range table {
		for _, f := range append(o.Request.All(), o.Response.All()...) {
			if f.Secret {
				secretNames[strings.ToLower(f.Name)] = true
			}
		}
	}
}

// looksSecret matches members of the protocol, and those of operations that
// the table does not know.
var looksSecret = regexp.MustCompile(`(?i)passw|secret|signature$|securitytoken|authorizationcode|accesskey`)

// Secret reports whether a value is not to be kept, logged or shown unasked, by
// the name of its parameter or member in any letter case, such as Token or
// Keys.1.SecretKey.
func Secret(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if secretNames[strings.ToLower(part)] || looksSecret.MatchString(part) {
			return true
		}
	}
	return false
}
