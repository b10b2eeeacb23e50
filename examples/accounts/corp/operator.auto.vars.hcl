operator = "north"
