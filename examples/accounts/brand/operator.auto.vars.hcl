operator = "south"
