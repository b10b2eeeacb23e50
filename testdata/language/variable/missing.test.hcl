account {
  at = "2026-12-01T00:00:00Z"
  id = "1406926474064770"
}

run "what_nobody_gives_is_asked_for_in_the_words_of_the_files" {
  command      = plan
  expect_error = "var.owner has no default \\(who answers for the names\\)"
}
