account {
  live = "live.json"
}

run "an_apply_buys_and_sets_up" {
  command = apply
  market  = { prices = { com = { register = 10.5, renew = 11, redeem = 90, transfer = 10.5 } } }

  assert {
    condition     = simulator.spent == 31.5 && length(simulator.purchases) == 3
    error_message = "${length(simulator.purchases)} orders cost ${simulator.spent} USD."
  }
  assert {
    condition = alltrue([
      for name in ["campaign-example.com", "launch-example.com", "teaser-example.com"] :
      live.domains[name].transfer_lock == "OPEN" && contains(live.domains[name].nameservers, "ns1.example.net")
    ])
    error_message = "Some new name is not set up."
  }
}
