package testrunner_test

import (
	"testing"

	"github.com/domainsync/domainsync/executor/testrunner/runnertest"
)

// staged are files that move names in waves. The second name is signed, and gets its new
// key two days before its old one goes.
const staged = `-- main.hcl --
variable "wave" {
  type    = number
  default = 0
}

locals {
  moved = ["ns1.example.net", "ns2.example.net"]
  old   = ["ns1.example.org", "ns2.example.org"]
  key   = { for tag in [1, 2] : tag => { key_tag = tag, algorithm = 13, digest_type = 2, digest = join("", [for i in range(32) : "A${tag}"]) } }
}

guard {
  max_change_percent = 100
}

domain "example.com" {
  nameservers = var.wave >= 1 ? local.moved : local.old
}

domain "example.net" {
  nameservers = var.wave >= 2 ? local.moved : local.old
}

domain "example.org" {
  ds_records = [local.key[var.wave >= 2 ? 2 : 1]]
}
-- account.test.hcl --
account {
  at = "2026-12-01T00:00:00Z"

  domain "example.com" {
    expires     = "2029-01-01"
    nameservers = ["ns1.example.org", "ns2.example.org"]
  }
  domain "example.net" {
    expires     = "2029-01-01"
    nameservers = ["ns1.example.org", "ns2.example.org"]
  }
  domain "example.org" {
    expires     = "2029-01-01"
    nameservers = ["ns1.example.org", "ns2.example.org"]
    ds_records  = [{ key_tag = 1, algorithm = 13, digest_type = 2, digest = "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1" }]
  }
}

run "wave_one" {
  command = apply
  variables {
    wave = 1
  }
}

run "wave_two" {
  command = apply
  after   = "24h"
  variables {
    wave = 2
  }
  assert {
    condition     = length(live.domains["example.org"].ds_records) == 2
    error_message = jsonencode(live.domains["example.org"])
  }
}
`

// TestUndoOfAWave takes back the second of two waves, night by night: what the first one
// has moved stays, a key goes when the other one has been live for long enough, and the
// nights after it leave all of that as it is.
func TestUndoOfAWave(t *testing.T) {
	t.Parallel()
	const back = `
run "wave_two_comes_back" {
  command = apply
  undo    = "wave_two"
  force   = true
  nights  = 4
  after   = "24h"
  variables {
    wave = 2
  }
  assert {
    condition     = tolist(live.domains["example.net"].nameservers) == tolist(local.old) && [for r in live.domains["example.org"].ds_records : r.key_tag] == [1]
    error_message = jsonencode(live.domains)
  }
}

run "the_next_nights_leave_it" {
  command = apply
  nights  = 3
  after   = "24h"
  variables {
    wave = 2
  }
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == tolist(local.moved) && tolist(live.domains["example.net"].nameservers) == tolist(local.old) && [for r in live.domains["example.org"].ds_records : r.key_tag] == [1]
    error_message = jsonencode(live.domains)
  }
}
`
	r := runnertest.Results(t, written(t, staged+back), false)["account.test.hcl"]
	if got := ends(r); got != "wave_one pass, wave_two pass, wave_two_comes_back pass, the_next_nights_leave_it pass" {
		t.Errorf("the runs end as %s:\n%s", got, told(r))
	}
}
