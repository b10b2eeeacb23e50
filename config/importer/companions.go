package importer

import "slices"

// Companions are the files that a new directory gets beside its configuration, where
// nobody has written them: what not to commit, and what the directory is.
func Companions() []File {
	return []File{
		{Name: ".gitignore", Content: []byte(ignoredByGit)},
		{Name: "README.md", Content: []byte(readmeText)},
	}
}

func isCompanion(name string) bool {
	return slices.ContainsFunc(Companions(), func(f File) bool { return f.Name == name })
}

const ignoredByGit = `# What runs leave here: their state, and imports that have not ended.
.domainsync/
.import*

# Saved plans, snapshots and reports: they tell of persons, and are old tomorrow.
*.plan
plan.json
live.json
report.json

# Credentials.
.env
*.pem
*.key
`

const readmeText = "# Domains\n\n" +
	"The `*.hcl` files of this directory declare what the domains of one registrar account are to be, for [domainsync](https://github.com/domainsync/domainsync): `domainsync plan` shows what differs, `domainsync apply` changes it.\n\n" +
	"Commit the files, and what they read. Do not commit the state (`.domainsync`), saved plans, snapshots, reports and credentials: `.gitignore` leaves them out. Contacts are personal data: keep the repository private.\n"
