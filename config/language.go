package config

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

//go:generate go run ./internal/reference ../docs/language.md

// BlockDoc describes a block of the language to users.
type BlockDoc struct {
	Type    string
	Labels  []string
	Summary string
	// Arguments are those that are no attributes of the table.
	Arguments []ArgumentDoc
	// Attributes are those of the table that can stand in the block.
	Attributes []*attr.Attribute
	Notes      string
	Example    string // a whole configuration
}

// ArgumentDoc describes an argument of a block.
type ArgumentDoc struct {
	Name     string
	Required bool
	Type     string
	Default  string
	Summary  string
}

// Language describes all blocks, in the order in which people meet them.
func Language() []BlockDoc { return language }

var language = []BlockDoc{
	{
		Type: "domain", Labels: []string{"name"}, Summary: "What is wanted of one name.",
		Arguments: settingDocs(), Attributes: attr.OfNames(),
		Notes: "A name is written in Unicode or with `xn--`, in any letter case, without a host: the registrable name, one label below a suffix of the Public Suffix List, those of its private section such as `uk.com` included. Declared twice it is an error that shows both places.",
		Example: `domain "example.com" {
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
}`,
	},
	{
		Type: "domains", Labels: []string{"label"}, Summary: "What is wanted of many names.",
		Arguments: append([]ArgumentDoc{{
			"names", true, "list or map", "", "Names as texts, objects with a `name`, or a map by name. Not empty.",
		}}, settingDocs()...), Attributes: attr.OfNames(),
		Notes: "Arguments may refer to `each.name` and `each.value`, the element of `names`: for a list of texts both are the name. What does not is computed once.",
		Example: `locals {
  parked = [
    { name = "example.net", provider = "north" },
    { name = "example.org", provider = "south" },
  ]
}

domains "parked" {
  names       = local.parked
  nameservers = [for n in [1, 2] : "ns${n}.${each.value.provider}.example"]
}`,
	},
	{
		Type: "template", Labels: []string{"name"}, Summary: "Values that blocks have in common.",
		Arguments: settingDocs(), Attributes: attr.OfNames(),
		Notes: "A block's own arguments win over its template's, one by one and whole; `null` leaves alone what the template declares of that argument (`nameservers` and `alidns` count as one). What cannot stand in one block displaces each other: `nameservers` and `alidns`; `lapse` and each of `renewal`, `registration` and `redemption`; `auto_renew = true` and each of `renewal` and `lapse`. A template may have a template.",
		Example: `template "protected" {
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true
}

domain "example.com" {
  template = template.protected
}`,
	},
	{
		Type: "contact", Labels: []string{"name"}, Summary: "Somebody who stands behind names: `contact.NAME` in `registrant`, `admin`, `billing` and `tech`.",
		Arguments: contactDocs(),
		Notes:     "Only what is declared is compared with the account. A `zh` block holds `organization`, `name`, `province`, `city` and `address` in Chinese, for the China site.",
		Example: `contact "legal" {
  type               = "enterprise"
  organization       = "Example Ltd"
  name               = "Ada Example"
  email              = "hostmaster@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000000"
}

domain "example.com" {
  admin = contact.legal
}`,
	},
	{
		Type: attr.RegistrantProfile, Labels: []string{"name"},
		Summary:   "A contact that the account keeps: `registrant_profile.NAME` in `registrant`, `admin`, `billing` and `tech`.",
		Arguments: append(profileDocs(), contactDocs()...),
		Notes:     "A profile is found by its `id`, else by its name and e-mail address, and made where the account has none; to change its name or address, give the id. A `zh` block is that of a contact. A name whose contact is a profile that is yet to be made gets it in the same apply, when its number is known.",
		Example: `registrant_profile "legal" {
  name    = "Ada Example"
  email   = "hostmaster@example.com"
  city    = "London"
  default = true
}

domain "example.com" {
  tech = registrant_profile.legal
}`,
	},
	{
		Type: "hold", Labels: []string{"label"}, Summary: "Nothing of these names is changed, until a day or for good.",
		Arguments: []ArgumentDoc{
			{"names", true, "list(string)", "", "The names."},
			{"attributes", false, "list(string)", "all", "The attributes that are held. `nameservers` holds `alidns` as well and the other way round, and so do `renewal` and `lapse`."},
			{"until", false, "string", "for good", "A date such as `2026-12-01`, or a time such as `2026-12-01T12:00:00Z`."},
			{"reason", false, "string", "", "Why, for those who read the plan. A hold that is for good needs one."},
		},
		Notes: "What a rule blocks of these names is held as well: until then it is known, and no reason for an exit code. Where single attributes are held, what needs these waits with them. A plan warns of a hold that has ended: take it out.",
		Example: `domain "example.com" {
  transfer_lock = true
}

hold "incident-42" {
  names  = ["example.com"]
  until  = "2026-12-01"
  reason = "nameservers moved by hand"
}`,
	},
	{
		Type: "released", Labels: []string{"label"}, Summary: "These names have left the files on purpose.",
		Arguments: []ArgumentDoc{
			{"names", true, "list(string)", "", "The names, which no domain or domains block declares any more."},
			{"reason", true, "string", "", "Why, for those who read the files."},
		},
		Notes: "They do not count against `max_released`, and that nothing keeps them any more makes no run red. Nothing of them is changed: they are unmanaged. A plan says which of them the account no longer holds, so that they can be taken out.",
		Example: `domain "example.com" {}

released "sold-2026" {
  names  = ["example.net"]
  reason = "sold to Example Ltd"
}`,
	},
	{
		Type: acceptBlock, Labels: []string{"label"}, Summary: "These warnings of the files are known, and not told.",
		Arguments: []ArgumentDoc{
			{"warning", true, "string", "", "The title of the warnings, as `domainsync validate --warnings` shows it."},
			{"names", true, "list(string)", "", "What they are about: names of domains; of a warning that is about no name the label of its block, a file or a variable."},
			{"reason", true, "string", "", "Why, for those who read the files."},
		},
		Notes: "The same warning about something else is told, and so is a block that accepts what is not there any more. Errors cannot be accepted, and neither can what a plan tells of the account: see `--accept`.",
		Example: `domain "example.com" {
  temporary_unlock = true
}

accept "no-lock-yet" {
  warning = "temporary_unlock without update_lock"
  names   = ["example.com"]
  reason  = "the lock comes with the next transfer"
}`,
	},
	{
		Type: checkBlock, Labels: []string{"name"}, Summary: "What must be true, always: of what the files declare, of a plan, and of what is live.",
		Arguments: []ArgumentDoc{
			{"severity", false, "string", "`\"error\"`", "`error`: what does not hold makes the files wrong, or refuses the plan (exit code 1). `warning`: it is told."},
			{"assert", true, "blocks", "", "What must be true: one block or several, each with an `error_message` and either a `condition` or `names`."},
			{"assert.condition", false, "bool", "", "What must be true."},
			{"assert.names", false, "list(string)", "", "In place of a condition: the names of which it is not true. There must be none; messages tell the first ten."},
			{"assert.error_message", true, "string", "", "What to tell whoever reads that it is not true; after names it goes on: \"has no owner\"."},
		},
		Notes: "Expressions refer to variables, locals and `portfolio`, what the files come to ([schema](portfolio.schema.json)): `validate`, `plan` and `apply` judge these, as part of the files. Those that refer to `plan` ([schema](plan.schema.json)) or `live`, too, are judged by `plan`, and by `apply` before anything is sent, of what it will do. `live` looks like a file of `snapshot`, but for `live.domains`, which has the names as keys, as `portfolio.domains` has. In `portfolio.domains`, what is not declared of a name is `null`. In `plan`, a list that JSON leaves out is empty, a text `\"\"`, a number 0.\n\nWhat a check of `live` looks at is read for it, of all names of the account. What could not be read is not known (nor is `live.domains` with a `--target` of single names), and a check that looks at it does not pass: it *cannot be decided*, and that counts as not to hold. A saved plan goes by what was decided when it was made, where the files are the same. Checks of `plan` and `live` read no files: put what they need into locals. A library may have checks.",
		Example: `template "corp" {
  transfer_lock = true
  labels        = { owner = "web" }
}

domain "example.com" {
  template = template.corp
}

check "every name has an owner and a lock" {
  assert {
    names         = [for name, d in portfolio.domains : name if lookup(d.labels, "owner", "") == ""]
    error_message = "has no owner: give it a label"
  }
  assert {
    names         = [for name, d in portfolio.domains : name if d.transfer_lock != true]
    error_message = "is not locked against transfers"
  }
}

check "few names change at once" {
  severity = "warning"
  assert {
    condition     = plan.summary.changed <= 100
    error_message = "${plan.summary.changed} names change in one plan."
  }
}`,
	},
	{
		Type: "account", Summary: "Which account the files describe, and what the account itself has.",
		Arguments: []ArgumentDoc{
			{"id", false, "string", "any account", "The number of the account: credentials of another one are refused."},
			{"endpoint", false, "string", "`https://domain-intl.aliyuncs.com`", "The address of the service, below aliyuncs.com. `--endpoint` on the command line may name any other."},
			{"profile", false, "string", "the default chain", "The profile of the service's credentials file."},
			{"unmanaged", false, "string", "`\"report\"`", "What to do about names of the account that no file declares: `ignore`, `report` or `error`."},
			{"absent_lists", false, "string", "`\"unknown\"`", "What an answer of the service tells that lacks its list: `unknown`, or `none` where the service leaves out lists that are empty. It is not shown that it does: by default, what such an answer would tell is not known, is said once, and changes nothing."},
		},
		Attributes: accountArguments(),
		Example: `account {
  id        = "1406926474064770"
  unmanaged = "error"
}

domain "example.com" {}`,
	},
	{
		Type: "limits", Summary: "How fast the service is called.",
		Arguments: []ArgumentDoc{
			{"default_qps", false, "number", "10", "Calls a second of each operation."},
			{"qps", false, "map(number)", "`{ CheckDomain = 10 }`", "Calls a second of single operations."},
			{"batch_size", false, "number", "1000", "Names in one call, 1 to 1000."},
			{"batch_profiles", false, "bool", "`false`", "Names get the contact of a registrant profile many at a time, by an operation that not all sites of the service have."},
		},
		Notes: "Where the service answers that calls come too fast, they slow down by themselves.",
		Example: `limits {
  default_qps = 20
  qps         = { QueryDomainByDomainName = 50 }
}`,
	},
	{
		Type: "refresh", Summary: "How the account is read.",
		Arguments: []ArgumentDoc{
			{"page_size", false, "number", "200", "Entries in a page of the lists for which the service states no most (names, tasks, transfers), 1 to 5000."},
			{"max_age", false, "duration", "`\"720h\"`", "After how long a name is read again even where neither the change log nor the list of names tells that it has changed; from `\"1h\"` to a year."},
		},
		Notes: "A larger page takes fewer calls. Where the service refuses a page as too large, ask for less.\n\nWhat was read of a name is kept in the state and not read again while nothing tells that it has changed. What an apply would change rests on nothing from before: that is read in any case. A change that neither the list nor the change log tells is seen after `max_age` at the latest. `--refresh full` reads everything.",
		Example: `refresh {
  page_size = 500
  max_age   = "336h"
}`,
	},
	{
		Type: "retention", Summary: "After how long the state forgets what nothing needs any more. Without it, it forgets nothing by itself.",
		Arguments: []ArgumentDoc{
			{"personal", false, "duration", "for ever", "How long after its end a run keeps what it tells of persons, from `\"1h\"` on; then it is forgotten as by `state forget --before`."},
			{"runs", false, "duration", "for ever", "How long after its end a run is kept, from `\"8952h\"` (a year and a week) on; then it is forgotten as by `runs prune`, and so are pauses and approvals that ended as long ago."},
		},
		Notes: "`apply` forgets at its end, after everything else. Where that fails, the log warns, and the next run tries again. The last run stays, and so does one of which something is not known. What was read of names is kept by `refresh { max_age }`.",
		Example: `retention {
  personal = "2160h"
  runs     = "17520h"
}`,
	},
	{
		Type: "guard", Summary: "Refuses what a plan changes beyond what its owner expects, before the first write (exit code 3).",
		Arguments: guardDocs(),
		Notes:     "A guard that counts more than its limit refuses what it counts, and what needs that: `max_delegations` the changes of delegations, `max_registrant_changes` those of registrants, `max_change_percent` and `max_released` all changes of names. What keeps a name or buys it is neither counted nor refused, for the budget bounds it: names are renewed whatever a guard says.",
		Example: `guard {
  max_change_percent = 10
  max_delegations    = 500
}`,
	},
	{
		Type: "alarm", Summary: "From when on a name that nothing keeps makes runs red (exit code 4).",
		Arguments: []ArgumentDoc{
			{"expiry_days", false, "number", "30", "Days before its end from which such a name has to be seen to: a ticket. From 1 to 366."},
			{"page_days", false, "number", "7, or `expiry_days` where that is less", "Days before its end from which it wakes somebody: a page. At most `expiry_days`."},
		},
		Notes: "A name is *endangered* where nothing that the run verified keeps it beyond these days, whatever the reason; [threats.md](threats.md) lists the reasons. `expiry_alarm_days` of a domain or template states other days for some names. A renewal that begins later than the alarm leaves a name endangered until then: keep `min_days_left` at `expiry_days` or more.",
		Example: `alarm {
  expiry_days = 45
  page_days   = 10
}`,
	},
	{
		Type: "drift", Summary: "What a run does with what somebody else has changed in the account, by the hazard of changing it back.",
		Arguments: driftDocs(),
		Notes:     "A drift is a live value that is not what this state knew, while the files declare what they declared at the last apply. Where both have changed it is an edit, and where the state has no record of the name it is neither. `\"revert\"` makes the change as any other: guards, budget and approvals hold for it. `\"report\"` shows it as *held* and makes nothing of it, until the files declare what is live or something new, or the word is taken out.",
		Example: `drift {
  delegation = "report"
  lock       = "revert"
}`,
	},
	{
		Type: "budget", Summary: "What may be spent. Without it nothing is bought.",
		Arguments: []ArgumentDoc{
			{"amount", true, "number", "", "The most that is spent, with at most two decimals."},
			{"currency", false, "string", "`\"USD\"`", "Three letters (ISO 4217), for prices too."},
			{"per", false, "string", "`\"month\"`", "`month`, counted from the journal over all runs, and in the month in which the journal begins from the orders of others, too, or `run`: what one apply spends. Months are those of the calendar in UTC."},
			{"per_month_max", false, "number", "", "The most that all runs of a month spend together. `per = \"run\"` needs it, and nothing else takes it."},
		},
		Notes: "The nearest expiry comes first; what does not fit is deferred, and the plan shows it. A plan says which is the first month of the next 90 days whose renewals cost more than its budget has. A price that nobody states counts as infinite.",
		Example: `budget {
  amount = 1000
}`,
	},
	{
		Type: "prices", Summary: "Prices for a year by suffix, where the service states none: the suffix is the argument, `co_uk` stands for co.uk.",
		Notes: "Each is an object with `register`, `renew`, `redeem` and `transfer`, which `transfers in order` pays. What a renewal costs that is not stated, the service is asked where it can tell.",
		Example: `prices {
  com   = { register = 10.5, renew = 11, redeem = 90 }
  co_uk = { renew = 8 }
}`,
	},
	{
		Type: "variable", Labels: []string{"name"}, Summary: "A value from outside: `var.NAME`.",
		Arguments: []ArgumentDoc{
			{"type", false, "type", "any", "`string`, `number`, `bool`, `list(string)`, `object({ … })` and so on."},
			{"default", false, "any", "", "Without one the variable must be given."},
			{"description", false, "string", "", "What it is for."},
			{"nullable", false, "bool", "`true`", "`false`: null stands for the default."},
			{"sensitive", false, "bool", "`false`", "`true`: nothing shows the value, or what depends on it."},
		},
		Notes: "The value is the last one that is given, in the order of Terraform: `default`; the environment variable `DOMAINSYNC_VAR_NAME`; the files `*.auto.vars.hcl` of the directory, in the order of their names; `--var` and `--var-file`, in the order of the command line. A file has arguments, `ns_group = [\"ns1.example.net\"]`. On the command line and in the environment a text, number or bool is written as it is, any other value as in a file. A file `*.vars.hcl` is no part of the configuration. A name that no variable has is an error of `--var` and of `*.auto.vars.hcl`, a warning of `--var-file`, which may be for many directories, and passed over in the environment.\n\nA `validation` block has a `condition` over variables, and the `error_message` that is told where it is false; there may be several.\n\nA sensitive value may decide, and is declared nowhere: a plan, the state and the service have to know what is declared. Locals and validations may depend on it. Where something that depends on it may be seen, `nonsensitive(…)` says so: `nonsensitive(var.wave_key == \"\" ? 0 : 1)`. What tells of persons needs no such word: it is masked in all that is printed.",
		Example: `variable "ns_group" {
  type    = list(string)
  default = ["ns1.example.net", "ns2.example.net"]
}

domain "example.com" {
  nameservers = var.ns_group
}`,
	},
	{
		Type: "library", Summary: "Another directory, whose templates, contacts, locals and variables this one uses as its own: `template.NAME`, `contact.NAME`, `local.NAME`, `var.NAME`.",
		Arguments: []ArgumentDoc{
			{"source", true, "string", "", "The directory, as a path from the directory of the file. It lies below `--root`, which only the command line and `DOMAINSYNC_ROOT` set; by default that is the directory of the configuration."},
		},
		Notes: "A library has `template`, `contact`, `locals`, `variable`, `check` and `library` blocks: no names and no settings. A name is declared once in a directory and all its libraries. A library refers to what it declares itself and to what its own libraries declare, not to the directory that uses it; what differs from one directory to the other is a variable, which each directory sets. `file`, `fileset` and `templatefile` read below the library there. A library is read without following links.",
		Example: `library {
  source = "../common"
}

domain "example.com" {
  template = template.protected
}`,
	},
	{
		Type: "locals", Summary: "Values with names: `local.NAME`. Any argument will do.",
		Notes: "What expressions can call is listed under [Functions](#functions). Prefer `[for … if …]` to a conditional over large lists.",
		Example: `locals {
  operators = ["ns1.example.net", "ns2.example.net"]
}

domain "example.com" {
  nameservers = local.operators
}`,
	},
}

// Functions returns what expressions can call, each with its parameters.
func Functions() []string {
	all := library(nil, nil)
	calls := make([]string, 0, len(all))
	for _, name := range sortedKeys(all) {
		var params []string
		for _, p := range all[name].Params() {
			params = append(params, p.Name)
		}
		if p := all[name].VarParam(); p != nil {
			params = append(params, p.Name+"…")
		}
		calls = append(calls, name+"("+strings.Join(params, ", ")+")")
	}
	return calls
}

// accountArguments are the attributes of the account that its block declares.
func accountArguments() []*attr.Attribute {
	return slices.DeleteFunc(slices.Clone(attr.OfAccount()), func(a *attr.Attribute) bool { return a.Blocks })
}

func profileDocs() []ArgumentDoc {
	return []ArgumentDoc{
		{"id", false, "number", "found by name and email", "The number of the profile in the account."},
		{"registries", false, "string", "as it is", "The registries that it is for: `common` or `cnnic`."},
		{"default", false, "bool", "as it is", "`true` makes it the default of the account; one profile at most."},
		{"delete", false, "bool", "`false`", "`true` deletes the profile."},
	}
}

func settingDocs() []ArgumentDoc {
	return []ArgumentDoc{
		{"template", false, "template", "none", "The values that the block begins with: `template.NAME`."},
		{"temporary_unlock", false, "bool", "`false`", "With `update_lock = true`: the lock may be opened for a change that it blocks, and is closed again, whatever happens."},
		{"keep_ds", false, "bool", "`false`", "The nameservers of a signed name may change while its DS records stay: the new ones serve the same keys."},
		{"ds_hold", false, "duration", "`\"48h\"`", "How long a new DS record must have been live before an old one goes."},
		{"critical", false, "bool", "`false`", "The name is read again after a day at the latest, whatever `max_age` the refresh block states."},
		{"labels", false, "map(string)", "none", "What people call the name by, such as `{ owner = \"web\", cost_centre = \"4711\" }`: for reports, notices and checks. The service knows nothing of them. A key is an identifier; `null` and `\"\"`, as a table has them, are no label."},
		{"expiry_alarm_days", false, "number", "`expiry_days` of the alarm block", "Days before its end from which the name makes runs red where nothing keeps it. `0` says that somebody else looks after its end; a plan counts these names."},
	}
}

func driftDocs() (docs []ArgumentDoc) {
	words := map[attr.Hazard]string{
		attr.None: "What no mistake can harm by.", attr.LockHazard: "A protection that somebody opened, and that is closed again.",
		attr.UnlockHazard: "A protection that somebody closed, and that is opened again for good.", attr.ContactHazard: "Contacts other than the registrant.",
		attr.Delegation: "Nameservers, DS records and hosts.", attr.Identity: "Who holds a name, or is seen to.",
		attr.Money: "Automatic renewal. What is ordered comes due by time, and is no drift.",
	}
	for _, h := range driftHazards() {
		docs = append(docs, ArgumentDoc{string(h), false, "string", "`\"revert\"`", words[h]})
	}
	return docs
}

func guardDocs() []ArgumentDoc {
	return []ArgumentDoc{
		{"max_change_percent", false, "number", "30", "Names that change, of the managed ones; not under 10 names."},
		{"max_delegations", false, "number", "no limit", "Names whose nameservers, DS records or glue change, dependants of a glue host included."},
		{"max_registrant_changes", false, "number", "0", "Names that get another registrant."},
		{"registrant_transfer_prohibition", false, "bool", "not stated", "Whether a new registrant keeps a name from being transferred out for 60 days. It must be stated before a registrant changes."},
		{"max_released", false, "number", "the larger of 10 and 1 % of the names", "Names that were declared at the last apply, are not now, and are still in the account."},
		{"max_failures", false, "number", "50", "Failed changes after which an apply sends nothing more."},
		{"stop_all", false, "bool", "`false`", "`true`: a guard that refuses anything refuses the whole plan, renewals included."},
	}
}

func contactDocs() []ArgumentDoc {
	return []ArgumentDoc{
		{"type", false, "string", "as it is", "`individual` or `enterprise`."},
		{"organization", false, "string", "as it is", "The holder; of a person the person's name."},
		{"name", false, "string", "as it is", "The contact person."},
		{"email", false, "string", "as it is", "The e-mail address; a registrant's must be verified in the account."},
		{"country", false, "string", "as it is", "Two letters that ISO 3166-1 assigns; the United Kingdom is `GB`."},
		{"province", false, "string", "as it is", "The province or state."},
		{"city", false, "string", "as it is", "The city."},
		{"address", false, "string", "as it is", "Street and number."},
		{"postal_code", false, "string", "as it is", "The postal code."},
		{"phone_country_code", false, "string", "as it is", "The calling code of the country, in digits."},
		{"phone", false, "string", "as it is", "The phone number in digits, without the calling code."},
		{"phone_extension", false, "string", "as it is", "The extension, in digits."},
	}
}
